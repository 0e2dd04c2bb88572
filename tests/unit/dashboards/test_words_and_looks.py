"""Numbers are written one way, tables leave as safe CSV files, and the colours can be read by everybody."""

import csv
import io
import tomllib
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientnest.metrics import Unit
from clientnest.warehouse.serve import Account, Period
from dashboards.components import exports, filters, formats, theme

CONFIGURATION = Path(theme.__file__).parents[1] / ".streamlit" / "config.toml"


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (None, Unit.COUNT, "—"),
        (0, Unit.COUNT, "0"),
        (1234567, Unit.COUNT, "1,234,567"),
        (-12, Unit.COUNT, "−12"),
        (4.25, Unit.COUNT, "4.2"),
        (0.0042, Unit.RATIO, "0.42\u202f%"),
        (0.0996, Unit.RATIO, "10\u202f%"),
        (1.34, Unit.RATIO, "134\u202f%"),
        (45, Unit.SECONDS, "45\u202fs"),
        (12_000, Unit.SECONDS, "3\u202fh 20\u202fmin"),
    ],
)
def test_numbers(value: float | None, unit: Unit, written: str) -> None:
    assert formats.number(value, unit) == written


@given(st.floats(-5, 5))
def test_a_change_always_carries_its_sign(value: float) -> None:
    written = formats.change(value)
    assert written[0] == ("±" if round(value * 100) == 0 else "+" if value > 0 else "−")


@pytest.mark.parametrize(
    ("first", "last", "written"),
    [
        (date(2026, 11, 1), date(2026, 11, 28), "1–28 Nov 2026"),
        (date(2026, 10, 5), date(2026, 11, 1), "5 Oct – 1 Nov 2026"),
        (date(2025, 12, 20), date(2026, 1, 16), "20 Dec 2025 – 16 Jan 2026"),
        (date(2026, 3, 1), date(2026, 3, 1), "1 Mar 2026"),
    ],
)
def test_periods(first: date, last: date, written: str) -> None:
    assert formats.period(Period(first, last)) == written


@given(st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_how_long_ago_never_claims_more_than_has_passed(passed: timedelta) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    words = formats.ago(now - passed, now)
    if words != "just now":
        count, unit, _ = words.split()
        seconds = {"minute": 60, "hour": 3_600, "day": 86_400}[unit.rstrip("s")] * int(count.replace(",", ""))
        assert seconds <= passed.total_seconds() < seconds * 2


@given(st.lists(st.fixed_dictionaries({"text": st.text(), "number": st.none() | st.integers()}), min_size=1))
def test_a_csv_comes_back_as_it_went_and_runs_no_formula(rows: list[dict[str, object]]) -> None:
    read = list(csv.DictReader(io.StringIO(exports.to_csv(rows).decode("utf-8-sig"), newline="")))
    assert len(read) == len(rows)
    for kept, row in zip(read, rows, strict=True):
        assert not kept["text"].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert kept["text"].removeprefix("'") == str(row["text"]).removeprefix("'")
        assert kept["number"] == ("" if row["number"] is None else str(row["number"]))


def test_text_from_outside_cannot_become_markup() -> None:
    assert formats.escape("<script>\"'&") == "&lt;script&gt;&quot;&#x27;&amp;"


def test_accounts_of_the_same_name_can_be_told_apart() -> None:
    def account(handle: str, name: str) -> Account:
        return Account(None, "x", "X", handle, name, None, "UTC", 0, None, None, None, None, None)  # type: ignore[arg-type]

    named = filters.by_name((account("acme", "Acme"), account("acme_de", "Acme"), account("other", "Other")))
    assert list(named) == ["Acme · X (acme)", "Acme · X (acme_de)", "Other · X"]


@pytest.mark.parametrize("name", ["light", "dark"])
def test_charts_and_pages_share_their_colours(name: str) -> None:
    configured = tomllib.loads(CONFIGURATION.read_text())["theme"][name]
    palette = {"light": theme.LIGHT, "dark": theme.DARK}[name]
    assert configured["primaryColor"] == palette.accent
    assert configured["backgroundColor"] == palette.surface
    assert configured["textColor"] == palette.ink
    assert configured["borderColor"] == palette.line


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_text_can_be_read(palette: theme.Palette) -> None:
    """WCAG 2.2 AA: 4.5 to 1 for text, 3 to 1 for the lines of a chart that carry the message."""
    for name in ("ink", "muted", "accent", "more", "less"):
        for ground in (palette.surface, palette.panel):
            assert _contrast(getattr(palette, name), ground) >= 4.5, name
    assert _contrast(palette.demo, palette.demo_surface) >= 4.5
    assert len(fields(palette)) == len(theme.Palette.__slots__)


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
