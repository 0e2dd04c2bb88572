"""A wall-clock time in a zone, and the instant it stands for: also on the nights when clocks jump.

As RFC 5545 has it (3.3.5, "Form #3"): a time that clocks pass over is read with the offset from before they do, so it
comes as much later as they jump; of a time that comes twice it is the first, unless the second is asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from clientnest import settings
from clientnest.errors import BadInput
from clientnest.zones import VERSION, names, zone


class Kind(StrEnum):
    """What clocks make of a wall-clock time: they show it once, pass over it, or show it twice."""

    EXACT = "exact"
    GAP = "gap"
    OVERLAP = "overlap"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a wall-clock time stands for. `instant`: in UTC. `shown`: what clocks show then, another time only in a gap.
    `fold`: 1 where the second of an overlap was asked for, else 0."""

    wall_clock: datetime
    timezone: str
    fold: int
    instant: datetime
    kind: Kind
    shown: datetime

    @property
    def note(self) -> str | None:
        """What a person should know of it, as a sentence; None where there is nothing to say."""
        if self.kind is Kind.EXACT:
            return None
        if self.kind is Kind.GAP:
            return (
                f"Clocks in {self.timezone} pass over {self.wall_clock:%H:%M} on {self.wall_clock:%Y-%m-%d}: "
                f"it will be {self.shown:%H:%M}" + ("." if _same_day(self) else f" on {self.shown:%Y-%m-%d}.")
            )
        which, other = ("second", "first") if self.fold else ("first", "second")
        return (
            f"Clocks in {self.timezone} show {self.wall_clock:%H:%M} twice on {self.wall_clock:%Y-%m-%d}: "
            f"it will be the {which} time, not the {other}."
        )


def resolve(wall_clock: datetime, place: ZoneInfo, *, fold: int = 0) -> Resolution:
    """What a local time without an offset stands for in a zone. `fold` 1: the second, where there are two."""
    return _resolved(wall_clock, place, fold)


@lru_cache(maxsize=16_384)  # calendars ask for the same slots again and again
def _resolved(wall_clock: datetime, place: ZoneInfo, fold: int) -> Resolution:
    wall_clock = wall_clock.replace(fold=0)
    if wall_clock.tzinfo is not None:
        raise BadInput("A wall-clock time has no offset.", advice="Write it like 2026-03-31T09:00, and give the zone.")
    try:
        first, second = (wall_clock.replace(tzinfo=place, fold=n).astimezone(UTC) for n in (0, 1))
        shown = first.astimezone(place).replace(tzinfo=None, fold=0)
    except OverflowError as error:
        raise BadInput(f"The time {wall_clock} is beyond any calendar.", advice="Choose a nearer one.") from error
    if shown != wall_clock:
        return Resolution(wall_clock, place.key, 0, first, Kind.GAP, shown)
    if first == second:
        return Resolution(wall_clock, place.key, 0, first, Kind.EXACT, shown)
    return Resolution(wall_clock, place.key, fold, second if fold else first, Kind.OVERLAP, shown)


def wall_clock_of(instant: datetime, place: ZoneInfo) -> tuple[datetime, int]:
    """What clocks in a zone show at an instant, and its fold: resolving the two gives the instant again."""
    local = instant.astimezone(place)
    return local.replace(tzinfo=None, fold=0), local.fold


def schedule(
    wall_clock: datetime, timezone: str, *, now: datetime, fold: int = 0, field: str = "body.wall_clock",
    zone_field: str = "body.timezone",
) -> Resolution:  # fmt: skip
    """What somebody plans: `resolve`, refused where the zone does not exist, or the time is past or beyond the horizon.

    `BadInput` names the field that it is about.
    """
    found = resolve(wall_clock, zone(timezone, field=zone_field), fold=fold)
    check_plannable(found, now=now, field=field)
    return found


def check_plannable(found: Resolution, *, now: datetime, field: str | None = None) -> None:
    """`BadInput` where a time is past, or further ahead than anything is planned (CLIENTNEST_SCHEDULE_HORIZON_DAYS)."""
    days = settings.planning().schedule_horizon_days
    said = f"{found.wall_clock:%Y-%m-%d %H:%M} in {found.timezone}"
    details = {"field": field} if field else None
    if found.instant <= now:
        raise BadInput(f"{said} is past.", advice="Choose a time that is still to come.", details=details)
    if found.instant > now + timedelta(days=days):
        raise BadInput(
            f"{said} is more than {days} days ahead.",
            advice="Choose a nearer time; zones' rules are not known any further, either.", details=details,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """A schedule as a row keeps it. `tz_version`: the zone data that `instant` was found with."""

    id: UUID
    wall_clock: datetime
    timezone: str
    fold: int
    tz_version: str
    instant: datetime


@dataclass(frozen=True, slots=True)
class Reresolved:
    """What other zone data makes of schedules. `moved`: with where to; `same`: only the version is to be noted;
    `lost`: in zones that there are no more, which stay where they are until somebody decides."""

    moved: tuple[tuple[Kept, Resolution], ...]
    same: tuple[Kept, ...]
    lost: tuple[Kept, ...]


def reresolve(rows: Iterable[Kept], *, now: datetime, version: str = VERSION) -> Reresolved:
    """Look again at schedules still to come that were resolved with other zone data than the present `version`."""
    moved: list[tuple[Kept, Resolution]] = []
    same: list[Kept] = []
    lost: list[Kept] = []
    for row in rows:
        if row.instant <= now or row.tz_version == version:
            continue
        if row.timezone not in names():
            lost.append(row)
            continue
        found = resolve(row.wall_clock, zone(row.timezone), fold=row.fold)
        if found.instant == row.instant:
            same.append(row)
        else:
            moved.append((row, found))
    return Reresolved(tuple(moved), tuple(same), tuple(lost))


def _same_day(found: Resolution) -> bool:
    return found.shown.date() == found.wall_clock.date()
