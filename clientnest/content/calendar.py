"""The calendar: what is planned in a period, what went out, which slots are free, and the days with nothing at all.

A calendar takes the same few queries however much it shows. It is made of plain values, to be written as they stand.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from clientnest.content.happened import MeasuredPost, measured
from clientnest.content.planned import MOST_SHOWN, CalendarFilters, CalendarPost, planned, too_many
from clientnest.db.tables.identity import account as account_table
from clientnest.errors import BadInput
from clientnest.planning.queueing import LONGEST_WINDOW, times
from clientnest.planning.slots import Slot
from clientnest.planning.slots import slots as slots_of
from clientnest.workspaces import Membership, WorkspaceRole

_a = account_table.c
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant on, and before another. `place`: the zone that its days are of."""

    starts_at: datetime
    ends_at: datetime
    place: ZoneInfo

    @property
    def days(self) -> list[date]:
        first = self.starts_at.astimezone(self.place).date()
        last = (self.ends_at - timedelta(microseconds=1)).astimezone(self.place).date()
        return [first + number * _DAY for number in range((last - first).days + 1)]


@dataclass(slots=True)
class FreeSlot:
    """A coming of a queue's slot that nothing takes. `local_time`: in `timezone`."""

    slot_id: UUID
    account_id: UUID
    instant: datetime
    local_time: datetime
    timezone: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Days in a row, both included, on which nothing of an account is planned, and nothing went out."""

    account_id: UUID
    first: date
    last: date
    days: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """All of it, in the order of time. `timezone`: of the days of gaps."""

    starts_at: datetime
    ends_at: datetime
    timezone: str
    posts: Sequence[CalendarPost]
    measured: Sequence[MeasuredPost]
    free_slots: Sequence[FreeSlot]
    gaps: Sequence[Gap]


def calendar(
    connection: Connection, membership: Membership, period: Period, filters: CalendarFilters, *, now: datetime
) -> Calendar:
    """What a member may see of a period. Slots and gaps are for those who plan, not for clients; they follow `accounts`
    and `networks` alone. `BadInput` for a period of more than 100 days, or with more than anybody could look through.
    """
    if not period.starts_at < period.ends_at <= period.starts_at + LONGEST_WINDOW:
        raise BadInput(
            f"The period is not one of up to {LONGEST_WINDOW.days} days.",
            advice="Let `to` be later than `from`, and nearer to it.", details={"field": "query.to"},
        )  # fmt: skip
    starts_at, ends_at = period.starts_at, period.ends_at
    plans = membership.role is not WorkspaceRole.CLIENT
    posts, busy = planned(connection, membership, starts_at, ends_at, filters, everything=plans)
    went_out = measured(connection, membership, starts_at, ends_at, filters)
    if max(sum(len(post.variants) for post in posts), len(busy)) > MOST_SHOWN:
        raise too_many()
    slots: list[FreeSlot] = []
    gaps: list[Gap] = []
    if plans:
        accounts = _accounts(connection, membership.workspace.id, filters)
        slots = _free(period, now, accounts, {(one.account_id, one.at) for one in busy})
        used = {(one.account_id, one.at) for one in busy if not one.trashed}
        gaps = _gaps(period, accounts, used | {(str(one.account_id), one.published_at) for one in went_out})
    return Calendar(starts_at, ends_at, period.place.key, posts, went_out, slots, gaps)


def _accounts(connection: Connection, workspace_id: UUID, filters: CalendarFilters) -> dict[UUID, list[Slot]]:
    """The accounts that are looked at, each with the slots of its queue."""
    wanted = [_a.workspace_id == workspace_id]
    if filters.accounts:
        wanted.append(_a.id.in_(filters.accounts))
    if filters.networks:
        wanted.append(_a.network.in_(filters.networks))
    named = select(_a.id).where(*wanted).order_by(_a.network, _a.display_name, _a.id)
    ids: Sequence[UUID] = connection.execute(named).scalars().all()
    accounts: dict[UUID, list[Slot]] = {account_id: [] for account_id in ids}
    for one in slots_of(connection, workspace_id):
        if one.account_id in accounts:
            accounts[one.account_id].append(one)
    return accounts


def _free(
    period: Period, now: datetime, accounts: Mapping[UUID, Sequence[Slot]], taken: Collection[tuple[str, datetime]]
) -> list[FreeSlot]:
    since, found = max(period.starts_at, now), []
    for account_id, theirs in accounts.items():
        name = str(account_id)
        found += [
            FreeSlot(one.slot_id, account_id, one.instant, one.resolution.shown, one.resolution.timezone)
            for one in times(theirs, since, period.ends_at) if (name, one.instant) not in taken
        ]  # fmt: skip
    return sorted(found, key=lambda one: one.instant)


def _gaps(period: Period, accounts: Collection[UUID], used: Collection[tuple[str, datetime]]) -> list[Gap]:
    filled: dict[str, set[date]] = defaultdict(set)
    for name, at in used:
        filled[name].add(at.astimezone(period.place).date())
    found, days = [], period.days
    for account_id in accounts:
        empty = [day for day in days if day not in filled[str(account_id)]]
        for _, row in groupby(enumerate(empty), lambda one: one[1].toordinal() - one[0]):
            together = [day for _, day in row]
            found.append(Gap(account_id, together[0], together[-1], len(together)))
    return found
