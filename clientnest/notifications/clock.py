"""When digests come: at eight in the morning of the person's own time zone, whatever its clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

AT = time(8)
MONDAY = 0


def next_digest(zone: ZoneInfo, after: datetime, *, weekly: bool = False, sent_on: date | None = None) -> datetime:
    """The first time for a digest behind an instant, as an instant of UTC; of a weekly one where `weekly` (Mondays).

    `sent_on`: a day of the zone that has had its digest. Where clocks pass over the hour it is as much later as they
    jump; where the hour comes twice it is the first; a day that a zone leaves out has none of its own.
    """
    day = after.astimezone(zone).date()
    while True:
        found = _at(zone, day)
        its_day = found.astimezone(zone).date()
        if found > after and (sent_on is None or its_day > sent_on) and (not weekly or day.weekday() == MONDAY):
            return found
        day += timedelta(days=1)


def _at(zone: ZoneInfo, day: date) -> datetime:
    return datetime.combine(day, AT, zone).astimezone(UTC)
