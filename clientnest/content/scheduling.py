"""When variants go out: a wall-clock time in a zone, or the next free slot of an account's queue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from clientnest.approvals import rounds
from clientnest.audit import Actor
from clientnest.content import editing, reading
from clientnest.content.model import Post, Variant
from clientnest.content.states import OUT_OF_HAND, State, act, move, refusals
from clientnest.content.validating import require_publishable
from clientnest.db.refused import constraint_of
from clientnest.db.tables.content import post_variant as variant_table
from clientnest.db.tables.content import variant_transition as transition_table
from clientnest.errors import Conflict
from clientnest.planning.queueing import next_free
from clientnest.planning.wall_clock import Resolution, schedule
from clientnest.workspaces import Membership
from clientnest.zones import VERSION

_c, _t = variant_table.c, transition_table.c
_SLOT_TRIES = 20
_NEVER: dict[str, Any] = {
    "local_time": None, "timezone": None, "fold": 0, "tz_version": None, "scheduled_at": None, "slot_at": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """A wall-clock time. `fold` 1: the second of a time that comes twice. `timezone` None: the workspace's."""

    local_time: datetime
    timezone: str | None = None
    fold: int = 0


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What became of a schedule: the post, the fields that changed, and what a person should know of the times."""

    post: Post
    changed: list[str]
    notes: tuple[str, ...]


def put(
    connection: Connection, membership: Membership, post_id: UUID, actor: Actor, *, revision: int | None,
    at: Wanted | None, now: datetime, accounts: Collection[UUID] | None = None, plan_only: bool = False,
) -> Scheduled:  # fmt: skip
    """Schedule the variants of a post (those for `accounts`) for a time; `at` None: each for its account's next free
    slot. `plan_only` gives drafts their place in the calendar, and leaves their state.

    All of them or none. `BadInput` for a time that is past, too far, or in no zone; `Unpublishable` for what a network
    would refuse; `Stale` where somebody moved the post meanwhile; `IllegalStep` for what may not be scheduled in its
    state; `Conflict` without a slot.
    """
    before = editing.locked(connection, membership, post_id, revision=revision)
    chosen = _chosen(before, accounts)
    act(connection, actor)
    notes: list[str] = []
    for variant in chosen:
        if at is not None:
            zone = at.timezone or membership.workspace.timezone
            found = schedule(at.local_time, zone, now=now, fold=at.fold, field="body.at", zone_field="body.timezone")
            _set(connection, membership.workspace.id, variant.id, found, in_slot=False)
        else:
            found = _take_slot(connection, membership.workspace.id, variant, now)
        notes += [found.note] if found.note and found.note not in notes else []
    if not plan_only:
        require_publishable(connection, membership.workspace.id, {one.account_id: one.content for one in chosen})
        move(connection, membership.workspace.id, [one.id for one in chosen], State.SCHEDULED, actor)
    after, names = editing.count_revision(connection, membership, before, actor)
    return Scheduled(after, names, tuple(notes))


def take_off(
    connection: Connection, membership: Membership, post_id: UUID, actor: Actor, *, revision: int | None,
    accounts: Collection[UUID] | None = None,
) -> Scheduled:  # fmt: skip
    """Take variants off the calendar: they have no time any more, and are drafts, or approved, as they were before."""
    before = editing.locked(connection, membership, post_id, revision=revision)
    chosen = [one for one in _chosen(before, accounts) if one.schedule is not None]
    workspace_id = membership.workspace.id
    planned = [one.id for one in chosen if one.state in _HAD_ITS_TIME]
    approved = _approved(connection, workspace_id, planned) - rounds.unapproved(connection, workspace_id, planned)
    move(connection, workspace_id, approved, State.APPROVED, actor, "unscheduled")
    move(connection, workspace_id, set(planned) - approved, State.DRAFT, actor, "unscheduled")
    named = (_c.workspace_id == workspace_id, _c.id.in_([one.id for one in chosen]))
    with refusals():
        connection.execute(update(variant_table).where(*named).values(_NEVER))
    after, names = editing.count_revision(connection, membership, before, actor)
    return Scheduled(after, names, ())


def cancel(
    connection: Connection, membership: Membership, post_id: UUID, actor: Actor, *, revision: int | None,
    accounts: Collection[UUID] | None = None, reason: str = "",
) -> Post:  # fmt: skip
    """Give up variants; they stay to be looked at, and an edit makes drafts of them again."""
    before = editing.locked(connection, membership, post_id, revision=revision)
    chosen = [one.id for one in _chosen(before, accounts)]
    move(connection, membership.workspace.id, chosen, State.CANCELLED, actor, reason)
    return reading.post(connection, membership, post_id)


_HAD_ITS_TIME = frozenset({State.SCHEDULED, State.FAILED, State.MISSED})


def _approved(connection: Connection, workspace_id: UUID, variant_ids: Collection[UUID]) -> set[UUID]:
    """Those scheduled ones that were approved when they were scheduled, and have not failed since."""
    moves = (
        select(_t.variant_id, _t.from_state, _t.to_state)
        .where(_t.workspace_id == workspace_id, _t.variant_id.in_(variant_ids)).order_by(_t.number)
    )  # fmt: skip
    latest = {row.variant_id: (row.from_state, row.to_state) for row in connection.execute(moves)}
    return {one for one, move in latest.items() if move == (State.APPROVED.value, State.SCHEDULED.value)}


def _chosen(post: Post, accounts: Collection[UUID] | None) -> Sequence[Variant]:
    """The variants asked for: those for these accounts, or all that a network does not have yet and nobody gave up."""
    if accounts is None:
        found = [one for one in post.variants if one.state not in OUT_OF_HAND | {State.CANCELLED}]
        if not found:
            raise Conflict(
                "The post has nothing that is still to go out.", advice="Add a variant for an account to it first."
            )
        return found
    return reading.of_accounts(post, accounts)


def _take_slot(connection: Connection, workspace_id: UUID, variant: Variant, now: datetime) -> Resolution:
    """The next free slot of the account, taken: whoever asks at the same time is given another."""
    busy: Sequence[datetime] = connection.execute(
        select(_c.scheduled_at).where(
            _c.workspace_id == workspace_id, _c.account_id == variant.account_id, _c.scheduled_at > now,
            _c.state != State.CANCELLED.value, _c.id != variant.id,
        )
    ).scalars().all()  # fmt: skip
    taken = set(busy)
    for _ in range(_SLOT_TRIES):
        found = next_free(connection, workspace_id, variant.account_id, now, taken).resolution
        try:
            with connection.begin_nested():
                _set(connection, workspace_id, variant.id, found, in_slot=True)
            return found
        except IntegrityError as error:
            if constraint_of(error) != "post_variant_slot":
                raise
            taken.add(found.instant)
    raise Conflict("Others take the account's slots at this moment.", advice="Try again, or choose a time.")


def _set(
    connection: Connection, workspace_id: UUID, variant_id: UUID, found: Resolution, *, in_slot: bool
) -> None:  # fmt: skip
    values = {
        "local_time": found.wall_clock, "timezone": found.timezone, "fold": found.fold, "tz_version": VERSION,
        "scheduled_at": found.instant, "slot_at": found.instant if in_slot else None,
    }  # fmt: skip
    with refusals():
        connection.execute(
            update(variant_table).where(_c.workspace_id == workspace_id, _c.id == variant_id).values(values)
        )
