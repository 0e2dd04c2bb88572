"""What a file's name says about the period its numbers cover. Only the networks' own naming patterns are read."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_EDGE = r"(?<![0-9A-Za-z])"
_END = r"(?![0-9A-Za-z])"
# X, until 2023: tweet_activity_metrics_<handle>_20161201_20170101_en.csv; one month's end is the next one's start, so
# the end is not part of the period.
_X_MONTH = re.compile(rf"{_EDGE}(\d{{4}})(\d\d)(\d\d)_(\d{{4}})(\d\d)(\d\d){_END}")
# X today: account_analytics_content_2026-04-27_2026-07-25.csv; both days are part of the period.
# YouTube Studio: "Content 2025-01-01_2025-02-01 Channel.zip"; see docs/exports.md for its end.
_ISO = re.compile(rf"{_EDGE}(\d{{4}})-(\d\d)-(\d\d)_(\d{{4}})-(\d\d)-(\d\d){_END}")
# Meta Business Suite: Mar-01-2025_Mar-31-2025_1234567890.csv; both days are part of the period.
_META = re.compile(rf"{_EDGE}([A-Z][a-z]{{2}})-(\d\d)-(\d{{4}})_([A-Z][a-z]{{2}})-(\d\d)-(\d{{4}}){_END}")
# Facebook Insights: Facebook Insights Data Export (Post Level) - <page> - 2017-07-27.xls; the day of the export.
_ISO_DAY = re.compile(rf"{_EDGE}(\d{{4}})-(\d\d)-(\d\d){_END}")


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """Days from `start` to `end`, both included; `start` is None where the name only gives the day of the export."""

    start: date | None
    end: date

    @property
    def captured_at(self) -> datetime:
        """The instant the period ends: midnight UTC after its last day."""
        return datetime(self.end.year, self.end.month, self.end.day, tzinfo=UTC) + timedelta(days=1)


def period_in_name(name: str, *, end_included: bool = True, single_day: bool = False) -> NamedPeriod | None:
    """The period in a file's name, the innermost first where it lies in a zip (`a.zip/b.csv`).

    `end_included`: whether the last day of the pattern YYYY-MM-DD_YYYY-MM-DD is part of the period. `single_day`:
    whether one date alone counts.
    """
    for part in reversed(name.replace("\\", "/").split("/")):
        if found := _in_part(part, end_included, single_day):
            return found
    return None


def _in_part(part: str, end_included: bool, single_day: bool) -> NamedPeriod | None:
    if match := _X_MONTH.search(part):
        return _period(match.groups(), included=False)
    if match := _ISO.search(part):
        return _period(match.groups(), included=end_included)
    if match := _META.search(part):
        month, day, year, end_month, end_day, end_year = match.groups()
        months = _MONTHS.get(month.lower()), _MONTHS.get(end_month.lower())
        if None not in months:
            return _period((year, str(months[0]), day, end_year, str(months[1]), end_day), included=True)
    if single_day and (match := _ISO_DAY.search(part)):
        day_of_export = _date(*match.groups())
        return None if day_of_export is None else NamedPeriod(None, day_of_export)
    return None


def _period(parts: "tuple[str, ...]", *, included: bool) -> NamedPeriod | None:
    start, end = _date(*parts[:3]), _date(*parts[3:])
    if start is None or end is None:
        return None
    if not included:
        end -= timedelta(days=1)
    return NamedPeriod(start, end) if start <= end else None


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
