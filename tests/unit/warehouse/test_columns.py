"""From Python values to COPY text: exact, and refused with the field's name where Postgres could not hold them."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientnest.errors import BadInput
from clientnest.warehouse.columns import capture_times, clean, instants, real_numbers, texts, whole_numbers


def _row(index: int) -> str:
    return f"post {index}"


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_every_bigint_passes_exactly(values: list[int | None]) -> None:
    assert whole_numbers("likes", values, _row).to_list() == values


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**30, 12.5, float("nan"), float("inf"), "12"])
def test_what_is_no_bigint_is_refused_by_field_and_row(value: object) -> None:
    with pytest.raises(BadInput, match=r"likes of post 2 is"):
        whole_numbers("likes", [1, None, value], _row)


def test_a_whole_float_counts_as_an_integer() -> None:
    assert whole_numbers("likes", [1, 12.0, None], _row).to_list() == [1, 12, None]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400, "0.5"])
def test_what_is_no_finite_number_is_refused_by_field_and_row(value: object) -> None:
    with pytest.raises(BadInput, match=r"engagement_rate of post 1 is"):
        real_numbers("engagement_rate", [0.5, value], _row)


@given(
    st.lists(st.none() | st.text(st.characters(codec=None) | st.sampled_from('\x00\ud800\udfff,"\n\r\\.')), min_size=1)
)
def test_text_survives_the_csv_and_only_nul_and_half_surrogates_do_not(values: list[str | None]) -> None:
    series = texts("text", values)
    assert series.to_list() == [None if value is None else clean(value) for value in values]
    buffer = io.BytesIO()
    # A number first, as in every COPY of ours: a line never starts with text.
    pl.DataFrame([pl.Series("n", range(len(values))), series]).write_csv(buffer, include_header=False, null_value="")
    written = buffer.getvalue().decode()
    read = [row[1] for row in csv.reader(io.StringIO(written, newline=""))]
    assert read == [value or "" for value in series.to_list()]
    assert written.count(',""') >= series.to_list().count(""), "an empty text is quoted, none is not"


@given(st.text(st.characters(codec=None)))
def test_cleaned_text_is_utf8_without_nul_and_clean_text_is_untouched(value: str) -> None:
    cleaned = clean(value)
    assert "\x00" not in cleaned.encode().decode()
    assert clean(cleaned) == cleaned
    if "\x00" not in value and not any(0xD800 <= ord(character) < 0xE000 for character in value):
        assert cleaned == value


@given(st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()), min_size=1))  # noqa: DTZ001
def test_instants_keep_their_microsecond_in_any_zone(values: list[datetime]) -> None:
    written = instants("published_at", values, _row).to_list()
    assert [datetime.fromisoformat(text) for text in written] == [value.astimezone(UTC) for value in values]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (datetime(2026, 1, 1), "without a time zone"),  # noqa: DTZ001 -- what is refused
        (datetime.now(UTC) + timedelta(days=3), "lies in the future"),
        (datetime(1999, 12, 31, 23, 59, tzinfo=UTC), "before any network"),
    ],
)
def test_an_impossible_capture_time_is_refused(value: datetime, reason: str) -> None:
    with pytest.raises(BadInput, match=f"captured_at of post 1 is .*{reason}"):
        capture_times([datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=2))), value], _row)
