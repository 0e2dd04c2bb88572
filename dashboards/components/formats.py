"""One way to write every number, change, date and gap. English, digits in groups of three, 24-hour times."""

import html
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from clientnest.metrics import Unit
from clientnest.warehouse.serve import Period

MISSING = "—"
_MINUS = "−"


def number(value: float | int | None, unit: Unit = Unit.COUNT) -> str:
    """1,234 · 12.3 % · 3 h 20 min; an em dash where unknown."""
    if value is None:
        return MISSING
    if unit is Unit.RATIO:
        return percent(float(value))
    if unit is Unit.SECONDS:
        return duration(float(value))
    return _signed(
        f"{abs(value):,.0f}" if abs(value) >= 10 or float(value).is_integer() else f"{abs(value):.1f}", value
    )


def percent(value: float) -> str:
    """A ratio as a percentage with as many digits as it deserves: 0.42 % · 3.1 % · 27 %."""
    scaled = abs(value) * 100
    digits = 0 if scaled >= 9.95 else 1 if scaled >= 0.995 else 2
    return _signed(f"{scaled:,.{digits}f}\u202f%", value)


def change(value: float | None) -> str:
    """A relative change with its sign: +8 % · −12 % · ±0 %."""
    if value is None:
        return MISSING
    rounded = round(value * 100)
    if rounded == 0:
        return "±0\u202f%"
    return f"{'+' if rounded > 0 else _MINUS}{abs(rounded):,}\u202f%"


def signed(value: float | int | None) -> str:
    """A movement with its sign: +120 · −3 · ±0."""
    if value is None:
        return MISSING
    return "±0" if value == 0 else f"{'+' if value > 0 else _MINUS}{abs(value):,.0f}"


def times(value: float | None) -> str:
    """How many times the usual: 3.4×."""
    return MISSING if value is None else f"{value:.0f}×" if value >= 9.95 else f"{value:.1f}×"


def duration(seconds: float) -> str:
    """45 s · 3 min 20 s · 3 h 20 min · 1,234 h."""
    if seconds < 60:
        return f"{seconds:.0f}\u202fs"
    if seconds < 3_600:
        return f"{int(seconds // 60)}\u202fmin {int(seconds % 60)}\u202fs"
    if seconds < 360_000:
        return f"{int(seconds // 3_600)}\u202fh {int(seconds % 3_600 // 60)}\u202fmin"
    return f"{seconds / 3_600:,.0f}\u202fh"


def day(value: date, *, year: bool = True) -> str:
    """1 Nov 2026."""
    return f"{value.day} {value:%b}{f' {value.year}' if year else ''}"


def period(value: Period) -> str:
    """1–28 Nov 2026 · 5 Oct – 1 Nov 2026 · 20 Dec 2025 – 16 Jan 2026."""
    if value.first == value.last:
        return day(value.first)
    if (value.first.year, value.first.month) == (value.last.year, value.last.month):
        return f"{value.first.day}–{day(value.last)}"
    return f"{day(value.first, year=value.first.year != value.last.year)} – {day(value.last)}"


def moment(value: datetime | None, zone: str) -> str:
    """Mon 2 Nov 2026, 14:05, in an IANA zone."""
    if value is None:
        return MISSING
    local = value.astimezone(ZoneInfo(zone))
    return f"{local:%a} {day(local.date())}, {local:%H:%M}"


def local_moment(value: datetime | None, *, time_known: bool = True) -> str:
    """The same for a wall-clock time; the day alone where its time is not known."""
    if value is None:
        return MISSING
    return f"{value:%a} {day(value.date())}" + (f", {value:%H:%M}" if time_known else "")


def ago(value: datetime | None, now: datetime | None = None) -> str:
    """2 minutes ago · 3 hours ago · 12 days ago."""
    if value is None:
        return "never"
    passed = (now or datetime.now(UTC)) - value
    for step, word in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if passed >= step:
            count = passed // step
            return f"{count:,} {word}{'s' if count != 1 else ''} ago"
    return "just now"


def plural(count: int, one: str, many: str | None = None) -> str:
    """1 post · 2 posts."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def escape(text: str | None) -> str:
    """Text from outside, made safe for HTML."""
    return html.escape(text or "", quote=True)


def snippet(text: str | None, length: int = 160) -> str:
    """The first words of a text on one line."""
    flat = " ".join((text or "").split())
    return flat if len(flat) <= length else flat[: length - 1].rstrip() + "…"


POST_TYPES = {
    "text": "Text", "link": "Link", "image": "Image", "carousel": "Carousel", "video": "Video",
    "short_video": "Short video", "story": "Story", "live": "Live", "poll": "Poll", "other": "Other",
}  # fmt: skip


def post_type(value: str | None) -> str:
    return POST_TYPES.get(value or "", value or "Unknown type")


def _signed(text: str, value: float | int) -> str:
    return f"{_MINUS}{text}" if value < 0 else text
