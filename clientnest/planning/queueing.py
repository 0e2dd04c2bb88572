"""When the slots of accounts come, and which of them is the next that is free."""

import heapq
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from clientnest import settings
from clientnest.errors import BadInput, Conflict
from clientnest.planning.slots import Slot, slots
from clientnest.planning.wall_clock import Resolution, resolve
from clientnest.zones import zone

LONGEST_WINDOW = timedelta(days=100)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SlotTime:
    """One coming of a slot."""

    slot_id: UUID
    account_id: UUID
    resolution: Resolution

    @property
    def instant(self) -> datetime:
        return self.resolution.instant


def upcoming(
    connection: Connection, workspace_id: UUID, account_id: UUID | None, since: datetime, until: datetime
) -> list[SlotTime]:
    """When an account's slots come (None: those of all accounts) from `since` on and before `until`, in order.

    `BadInput` where that is longer than 100 days, or ends before it begins.
    """
    if not since < until <= since + LONGEST_WINDOW:
        raise BadInput(
            f"The period is not one of up to {LONGEST_WINDOW.days} days.",
            advice="Let `to` be later than `from`, and nearer to it.",
            details={"field": "query.to"},
        )
    by_account: dict[UUID, list[Slot]] = {}
    for one in slots(connection, workspace_id, account_id):
        by_account.setdefault(one.account_id, []).append(one)
    found = [one for theirs in by_account.values() for one in times(theirs, since, until)]
    return sorted(found, key=lambda one: one.instant)


def next_free(
    connection: Connection, workspace_id: UUID, account_id: UUID, after: datetime, taken: Collection[datetime],
    *, distance: timedelta = timedelta(0),
) -> SlotTime:  # fmt: skip
    """The first coming of a slot of an account behind an instant that nothing has `taken`, nor anything nearer to it
    than `distance`. `Conflict` where the account has no slots, or none is free as far as anything is planned.

    Two who ask at once are given the same one: whoever comes second to take it (the database says so) asks again, with
    it among those taken.
    """
    theirs = slots(connection, workspace_id, account_id)
    if not theirs:
        raise Conflict("The account has no queue slots.", advice="Add some: POST …/slots. Or choose a time.")
    days = settings.planning().schedule_horizon_days
    found = first_free(times(theirs, after, after + timedelta(days=days)), after, taken, distance=distance)
    if found is None:
        raise Conflict(
            f"No slot of the account is free in the next {days} days.", advice="Add more slots, or choose a time."
        )
    return found


def first_free(
    comings: Iterator[SlotTime], after: datetime, taken: Collection[datetime], *, distance: timedelta = timedelta(0)
) -> SlotTime | None:
    """The first of these behind an instant that is free; None where none is."""
    busy, at = sorted(taken), set(taken)
    for one in comings:
        nearest = bisect_right(busy, one.instant - distance)
        is_near = nearest < len(busy) and busy[nearest] < one.instant + distance
        if one.instant > after and one.instant not in at and not is_near:
            return one
    return None


def times(theirs: Collection[Slot], since: datetime, until: datetime) -> Iterator[SlotTime]:
    """When slots of one account come from `since` on and before `until`, in order. Of two at the same instant, which
    zones or clocks that jump can make of different ones, there is one."""
    last: datetime | None = None
    for one in heapq.merge(*(_comings(slot, since, until) for slot in theirs), key=lambda one: one.instant):
        if one.instant != last:
            last = one.instant
            yield one


def _comings(slot: Slot, since: datetime, until: datetime) -> Iterator[SlotTime]:
    place = zone(slot.zone)
    day = since.astimezone(place).date() - timedelta(days=1)  # clocks may have passed over the slot's time
    day += timedelta(days=(slot.weekday - day.weekday()) % 7)
    while True:
        found = resolve(datetime.combine(day, slot.local_time), place)
        if found.instant >= until:
            return
        if found.instant >= since:
            yield SlotTime(slot.id, slot.account_id, found)
        day += _WEEK
