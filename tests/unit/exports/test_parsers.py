"""The parsers of single values, over values nobody thought of."""

import csv
import io
import math
import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from clientnest.exports import UnreadableExport, values
from clientnest.exports.dates import DateReader, Moment, PartialDate, order_shown
from clientnest.exports.idtimes import X_EPOCH_MS, linkedin_time, tiktok_time, x_time
from clientnest.exports.months import LANGUAGES, meanings, names_of
from clientnest.exports.names import period_in_name
from clientnest.exports.values import BadValue
from tests.unit.exports.files import Read, table, write

_ONE_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
_UNHURRIED = settings(deadline=None)
_cells = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.datetimes(),
    st.dates(),
    st.timedeltas(),
)


def _between(first: str, last: str) -> st.SearchStrategy[datetime]:
    return st.datetimes(datetime.fromisoformat(first), datetime.fromisoformat(last))


@_UNHURRIED
@given(st.integers(-(2**53), 2**53))
def test_counts_survive_however_they_are_written(number: int) -> None:
    for written in (str(number), f"{number}.0", f"{number:,}", f"{number:,}".replace(",", " "), f" {number} ", number):
        assert values.count(written) == number
    for written in (f"{number:,}".replace(",", "."), f"{number},0", str(number)):
        assert values.count(written, decimal_comma=True) == number


@_UNHURRIED
@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_numbers_survive_with_point_and_with_comma(number: float) -> None:
    assume(abs(number) < 1e15)
    written = f"{number:.6f}"
    assert values.number(written) == pytest.approx(number, abs=1e-6)
    assert values.number(written.replace(".", ","), decimal_comma=True) == pytest.approx(number, abs=1e-6)
    assert values.ratio(written + "%") == pytest.approx(number / 100, abs=1e-6)


@pytest.mark.parametrize(
    ("written", "decimal_comma", "number"),
    [
        ("1,234", False, 1234), ("1,234", True, 1.234), ("12,5", False, 12.5), ("1.234,5", False, 1234.5),
        ("1,234.5", True, 1234.5), ("1,234,567", True, 1_234_567), ("0,009", False, 0.009), ("0.0093", True, 0.0093),
        ("1'234", False, 1234), ("−5", False, -5), ("1e-05", False, 1e-05), ("+7", False, 7),
    ],
)  # fmt: skip
def test_what_a_comma_means(written: str, decimal_comma: bool, number: float) -> None:
    assert values.number(written, decimal_comma=decimal_comma) == pytest.approx(number)


@_UNHURRIED
@given(_cells)
def test_parsers_of_numbers_give_a_finite_number_nothing_or_a_reason(cell: values.Cell) -> None:
    for parse in (values.count, values.ratio, values.percent, values.seconds, values.hours, values.milliseconds):
        with suppress(BadValue):
            parsed = parse(cell)
            assert parsed is None or math.isfinite(parsed)


@_UNHURRIED
@given(st.integers(0, 10**6), st.integers(0, 59), st.integers(0, 59))
def test_durations(hours: int, minutes: int, seconds: int) -> None:
    assert values.seconds(f"{hours}:{minutes:02}:{seconds:02}") == hours * 3600 + minutes * 60 + seconds
    assert values.seconds(f"{minutes}:{seconds:02}") == minutes * 60 + seconds
    assert values.seconds(str(seconds)) == seconds


@_UNHURRIED
@given(st.integers(0, 2**63 - 1))
def test_ids_are_kept_to_the_last_digit_or_said_to_be_lost(number: int) -> None:
    assert values.identifier(str(number)) == str(number)
    with pytest.raises(BadValue, match="Excel has rounded"):
        values.identifier(f"{number:.2E}")
    if number > 2**53:
        with pytest.raises(BadValue, match="Excel has rounded"):
            values.identifier(float(number))


@_UNHURRIED
@given(st.lists(st.integers(10**17, 10**18 - 1), min_size=2, max_size=20))
def test_rounded_columns_are_told_from_whole_ones(numbers: list[int]) -> None:
    assert values.looks_rounded([str(number // 1000 * 1000) for number in numbers])
    assert not values.looks_rounded([str(number // 1000 * 1000 + 1) for number in numbers])


@_UNHURRIED
@given(_cells)
def test_text_can_always_be_stored(cell: values.Cell) -> None:
    stored = values.text(cell)
    if stored is not None:
        assert stored.strip() == stored != ""
        assert not {"\0", "\r"} & set(stored)
        assert stored.encode().decode() == stored


@_ONE_FILE
@given(st.lists(st.text(max_size=200), min_size=1, max_size=6), st.sampled_from(",;\t|"))
def test_any_text_comes_through_a_csv(tmp_path: Path, texts: list[str], delimiter: str) -> None:
    texts = [text.encode("utf-16", "replace").decode("utf-16") for text in texts]
    rows = [["x", "us", str(number), text, number] for number, text in enumerate(texts)]
    content = table(["network", "account", "post_id", "text", "likes"], rows, delimiter=delimiter)
    assume(
        list(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter))[1:]
        == [[str(c) for c in r] for r in rows]
    )
    read = Read(write(tmp_path, content))
    assert [post.text for post in read.posts] == [values.text(text) for text in texts]
    assert [post.metrics["likes"] for post in read.posts] == list(range(len(texts)))


@_ONE_FILE
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_with_a_reason_or_read(tmp_path: Path, content: bytes) -> None:
    for start in (
        b"",
        b"Post id,Date,Post text,Post Link,Impressions\n",
        b"network,post_id,likes\nx,1,2\n",
        b"PK\x03\x04",
    ):
        refused = None
        try:
            Read(write(tmp_path, start + content))
        except UnreadableExport as fault:
            refused = fault
        assert refused is None or ("export.csv" in refused.message and refused.advice)


@_UNHURRIED
@given(_between("2010-11-05", "2079-01-01"), st.integers(0, 2**22 - 1))
def test_x_ids_give_the_millisecond_they_were_made(moment: datetime, low: int) -> None:
    made = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    milliseconds = round((made - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)) - X_EPOCH_MS
    assert x_time(str(milliseconds << 22 | low)) == made


@_UNHURRIED
@given(_between("2015-01-01", "2040-01-01"), st.integers(0, 2**22 - 1))
def test_tiktok_and_linkedin_ids_give_the_moment_they_were_made(moment: datetime, low: int) -> None:
    made = moment.replace(microsecond=0, tzinfo=UTC)
    assert tiktok_time(str(int(made.timestamp()) << 32 | low)) == made
    assert linkedin_time(str(int(made.timestamp()) * 1000 << 22 | low)) == made


@_UNHURRIED
@given(st.text(max_size=25))
def test_what_is_no_id_of_theirs_has_no_time(text: str) -> None:
    assume(not text.isdecimal())
    assert x_time(text) is tiktok_time(text) is linkedin_time(text) is None


def test_known_ids() -> None:
    assert x_time("812369747765362688") == datetime(2016, 12, 23, 18, 50, 15, 624000, tzinfo=UTC)
    assert x_time("29700859247") is None
    assert x_time("20") is None


@_UNHURRIED
@given(st.dates(date(2005, 1, 1), date(2099, 12, 31)))
def test_dates_are_read_however_they_are_written(day: date) -> None:
    english = day.strftime("%b %-d, %Y"), day.strftime("%a, %b %-d, %Y"), day.strftime("%-d %B %Y")
    for written in (day.isoformat(), day.strftime("%Y/%m/%d"), day.strftime("%d.%m.%Y"), *english, day):
        assert DateReader().read(written) == Moment(day)
    assert DateReader(order="mdy").read(day.strftime("%m/%d/%Y")) == Moment(day)
    assert DateReader(order="dmy").read(day.strftime("%-d-%-m-%Y")) == Moment(day)


@_UNHURRIED
@given(_between("2005-01-01", "2099-12-31"), st.integers(-14 * 60, 14 * 60))
def test_times_with_a_zone_are_instants(moment: datetime, minutes: int) -> None:
    whole = moment.replace(microsecond=0)
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    for zone in (f"{sign}{size // 60:02}{size % 60:02}", f"{sign}{size // 60:02}:{size % 60:02}"):
        for written in (f"{whole:%Y-%m-%d %H:%M:%S} {zone}", f"{whole:%Y-%m-%dT%H:%M:%S}{zone}"):
            read = DateReader().read(written)
            assert read is not None
            assert read.instant(ZoneInfo("Asia/Tokyo")) == whole.replace(tzinfo=UTC) - timedelta(minutes=minutes)


@_UNHURRIED
@given(st.sampled_from(LANGUAGES), st.dates(date(2023, 1, 1), date(2024, 12, 31)), st.booleans())
def test_days_in_every_language_of_cldr_without_their_year(language: str, day: date, short: bool) -> None:
    from babel.dates import format_skeleton

    written = format_skeleton("MMMd" if short else "MMMMd", day, locale=language)
    assume(not re.fullmatch(r"\d\d-\d\d", written))  # Lithuanian: two numbers alone say nothing
    partial, rest = DateReader(languages=(language,)).day_and_month(" ".join(written.split()))
    assert (partial, rest) == (PartialDate(day.month, day.day, None), "")


@_UNHURRIED
@given(_cells)
def test_any_cell_is_a_moment_nothing_or_a_reason(cell: values.Cell) -> None:
    with suppress(BadValue):
        moment = DateReader().read(cell)
        assert moment is None or isinstance(moment.day, date)


def test_a_months_name_means_one_month_in_english_and_may_mean_two_elsewhere() -> None:
    assert set(meanings("March", LANGUAGES)) == {3}
    assert set(meanings("listopada", LANGUAGES)) == {10, 11}
    assert names_of("ca")["gener"] == 1


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        (["01/02/2025", "13/02/2025"], "dmy"), (["01/02/2025", "02/13/2025"], "mdy"), (["01/02/2025"], None),
        (["13/02/2025", "02/13/2025"], "both"), (["13.02.2025", "2025-02-13", None, 5], None),
    ],
)  # fmt: skip
def test_a_column_proves_its_order_or_nothing(column: list[values.Cell], shown: str | None) -> None:
    assert order_shown(column) == shown


@_UNHURRIED
@given(st.dates(date(2000, 3, 1), date(2100, 1, 1)), st.integers(1, 12), st.integers(1, 28))
def test_the_latest_such_day_is_never_later_and_less_than_a_year_away(last: date, month: int, day: int) -> None:
    found = PartialDate(month, day, None).latest_until(last)
    assert (found.month, found.day) == (month, day)
    assert timedelta(0) <= last - found < timedelta(days=366)


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("tweet_activity_metrics_rOpenSci_20161201_20170101_en.csv", (date(2016, 12, 1), date(2016, 12, 31))),
        ("account_analytics_content_2026-04-27_2026-07-25.csv", (date(2026, 4, 27), date(2026, 7, 25))),
        ("Jul-31-2026_Sep-29-2026_Content_Publish_time_Summary_12.csv", (date(2026, 7, 31), date(2026, 9, 29))),
        ("a.zip/Content 2025-01-01_2025-02-01 Us.zip/Table data.csv", (date(2025, 1, 1), date(2025, 2, 1))),
        ("2024-01-01_2024-02-01/x_2025-01-01_2025-02-01.csv", (date(2025, 1, 1), date(2025, 2, 1))),
        ("x_20251301_20260101_.csv", None), ("x_2025-02-01_2025-01-01.csv", None), ("plan 2025-01-01.csv", None),
        ("Foo-01-2025_Mar-31-2025_1.csv", None), ("120161201_20170101.csv", None),
    ],
)  # fmt: skip
def test_periods_in_names(name: str, days: tuple[date, date] | None) -> None:
    period = period_in_name(name)
    assert (None if period is None else (period.start, period.end)) == days


def test_ends_that_are_not_part_of_the_period_and_single_days() -> None:
    studio = period_in_name("Content 2025-01-01_2025-02-01 Us.zip", end_included=False)
    assert studio is not None
    assert studio.captured_at == datetime(2025, 2, 1, tzinfo=UTC)
    insights = period_in_name("Data Export (Post Level) - Us - 2017-07-27.xls", single_day=True)
    assert insights is not None
    assert insights.captured_at == datetime(2017, 7, 28, tzinfo=UTC)
