"""Posts that come again: copies of one, each a post of its own at its time, made some weeks ahead.

A copy can be changed, moved or trashed like any post; what somebody did to it stays. Those that nobody touched follow
the post whose words they have, and the rule. All of this is for the role `api`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from clientnest.audit import Actor
from clientnest.content import editing, reading
from clientnest.content.comings import put_on_calendar
from clientnest.content.model import Post
from clientnest.db.tables.content import post as post_table
from clientnest.db.tables.recurrence import recurrence as recurrence_table
from clientnest.db.tables.recurrence import recurrence_post as made_table
from clientnest.errors import Conflict, NotFound
from clientnest.ids import new_id
from clientnest.planning.describing import describe
from clientnest.planning.recurring import Rule, occurrences, parse_rule
from clientnest.planning.wall_clock import Resolution
from clientnest.workspaces import Membership
from clientnest.workspaces.revisions import stale
from clientnest.zones import zone

AHEAD = timedelta(days=35)
MOST_AT_ONCE = 100
MOST_EXCLUDED = 366
_c, _m, _p = recurrence_table.c, made_table.c, post_table.c


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rule of RFC 5545 over the clocks of a zone: from `starts` on, without the times `excluded`."""

    rule: str
    starts: datetime
    timezone: str
    excluded: tuple[datetime, ...] = ()

    def parsed(self) -> Rule:
        """The rule; `BadInput`, about its field, where it is none, matches nothing, or lies in no zone."""
        zone(self.timezone, field="body.timezone")
        return parse_rule(self.rule, self.starts, excluded=self.excluded)


@dataclass(frozen=True, slots=True)
class Made:
    """A post that was made by a rule. `post_id` None: it was deleted since."""

    local_time: datetime
    post_id: UUID | None


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A post that comes again. `problem`: why the latest of its posts does not go out by itself."""

    id: UUID
    post_id: UUID
    wanted: Wanted
    description: str
    problem: str | None
    ended_at: datetime | None
    revision: int
    created_by: UUID | None
    created_at: datetime
    made: tuple[Made, ...]


def preview(wanted: Wanted, now: datetime, limit: int = 10) -> tuple[str, Sequence[Resolution]]:
    """The rule in words, and when it comes next: before anything is kept of it."""
    rule = wanted.parsed()
    found = occurrences(rule, zone(wanted.timezone), now, now + timedelta(days=2 * 366), limit)
    return describe(rule, wanted.timezone), found


def create(
    connection: Connection, membership: Membership, post_id: UUID, wanted: Wanted, actor: Actor, now: datetime
) -> Recurrence:
    """Let a post come again; its posts of the next weeks are there at once. `Conflict` where it does so already."""
    editing.locked(connection, membership, post_id)
    workspace_id, rule = membership.workspace.id, wanted.parsed()
    recurrence_id = new_id()
    row = {"workspace_id": workspace_id, "id": recurrence_id, "post_id": post_id, "rule": rule.text, "made_until": now,
           "starts": wanted.starts, "timezone": wanted.timezone, "excluded": list(wanted.excluded),
           "created_by": membership.person_id}  # fmt: skip
    try:
        with connection.begin_nested():
            connection.execute(insert(recurrence_table).values(row))
    except IntegrityError as error:
        raise Conflict("The post comes again already.", advice="Change its rule: PATCH …/recurrence.") from error
    make(connection, membership, recurrence_id, actor, now)
    return of_post(connection, membership, post_id)


def of_post(connection: Connection, membership: Membership, post_id: UUID) -> Recurrence:
    """How a post comes again; `NotFound` where it does not."""
    reading.post(connection, membership, post_id)
    row = _row(connection, membership.workspace.id, _c.post_id == post_id)
    if row is None:
        raise NotFound("The post does not come again.", advice="Let it: POST …/recurrence.")
    made = connection.execute(
        select(_m.local_time, _m.post_id)
        .where(_m.workspace_id == membership.workspace.id, _m.recurrence_id == row.id)
        .order_by(_m.local_time.desc()).limit(MOST_AT_ONCE)
    )  # fmt: skip
    return Recurrence(
        row.id, row.post_id, _wanted(row), describe(_wanted(row).parsed(), row.timezone), row.problem, row.ended_at,
        row.revision, row.created_by, row.created_at, tuple(Made(one.local_time, one.post_id) for one in made),
    )  # fmt: skip


def change(
    connection: Connection, membership: Membership, post_id: UUID, actor: Actor, now: datetime, *,
    revision: int | None, wanted: Wanted,
) -> Recurrence:  # fmt: skip
    """Give it another rule: posts still to come that nobody touched go to the trash, and others are made. `Stale` where
    somebody changed it meanwhile. One that was ended goes on."""
    workspace_id = membership.workspace.id
    editing.locked(connection, membership, post_id)
    before = of_post(connection, membership, post_id)
    rule = wanted.parsed()
    values = {"rule": rule.text, "starts": wanted.starts, "timezone": wanted.timezone, "ended_at": None,
              "excluded": list(wanted.excluded), "revision": _c.revision + 1}  # fmt: skip
    statement = update(recurrence_table).where(*_named(workspace_id, before.id))
    if revision is not None:
        statement = statement.where(_c.revision == revision)
    if connection.execute(statement.values(values)).rowcount == 0:
        raise stale("The recurrence")
    _anew(connection, membership, before.id, actor, now)
    return of_post(connection, membership, post_id)


def end(connection: Connection, membership: Membership, post_id: UUID, actor: Actor, now: datetime) -> Recurrence:
    """Let it come no more: what is still to come and nobody touched goes to the trash."""
    editing.locked(connection, membership, post_id, trashed=None)
    found = of_post(connection, membership, post_id)
    values = {"ended_at": func.coalesce(_c.ended_at, now), "revision": _c.revision + 1}
    connection.execute(update(recurrence_table).where(*_named(membership.workspace.id, found.id)).values(values))
    _take_back(connection, membership, found.id, actor, now)
    return of_post(connection, membership, post_id)


def follow(connection: Connection, membership: Membership, post: Post, actor: Actor, now: datetime) -> None:
    """After an edit of a post that comes again: what is still to come and nobody touched has its new words."""
    row = _row(connection, membership.workspace.id, _c.post_id == post.id)
    if row is not None and row.ended_at is None and row.made_of != post.revision:
        _anew(connection, membership, row.id, actor, now)


def make(connection: Connection, membership: Membership, recurrence_id: UUID, actor: Actor, now: datetime) -> int:
    """Make the posts of the next weeks that are not there yet; gives how many. Nothing where it has ended, or its post
    lies in the trash."""
    workspace_id = membership.workspace.id
    kept = _row(connection, workspace_id, _c.id == recurrence_id, lock=True)
    model = None if kept is None else reading.by_id(connection, membership, [kept.post_id]).get(kept.post_id)
    if kept is None or kept.ended_at is not None or model is None or model.trashed_at is not None:
        return 0
    wanted, until = _wanted(kept), now + AHEAD
    count, problem = 0, kept.problem
    for one in occurrences(wanted.parsed(), zone(wanted.timezone), now, until, MOST_AT_ONCE):
        row = {"workspace_id": workspace_id, "recurrence_id": recurrence_id, "local_time": one.wall_clock}
        made = upsert(made_table).values(row).on_conflict_do_nothing().returning(_m.local_time)
        if connection.execute(made).one_or_none() is not None:
            problem = _copy(connection, membership, recurrence_id, model, one, actor, now)
            count += 1
    values = {"made_until": until, "made_of": model.revision, "problem": problem}
    connection.execute(update(recurrence_table).where(*_named(workspace_id, recurrence_id)).values(values))
    return count


def _copy(
    connection: Connection, membership: Membership, recurrence_id: UUID, model: Post, at: Resolution, actor: Actor,
    now: datetime,
) -> str | None:  # fmt: skip
    """One post of its own; gives why it does not go out by itself, if so."""
    made = editing.create(
        connection, membership, actor, title=model.title, campaign_id=model.campaign_id, labels=model.labels,
        variants={one.account_id: one.content for one in model.variants},
    )  # fmt: skip
    made, problem = put_on_calendar(connection, membership, made, at, actor, now)
    connection.execute(
        update(made_table).values(post_id=made.id, made_revision=made.revision)
        .where(_m.workspace_id == membership.workspace.id, _m.recurrence_id == recurrence_id,
               _m.local_time == at.wall_clock)
    )  # fmt: skip
    return problem


def _anew(connection: Connection, membership: Membership, recurrence_id: UUID, actor: Actor, now: datetime) -> None:
    _take_back(connection, membership, recurrence_id, actor, now)
    make(connection, membership, recurrence_id, actor, now)


def _take_back(
    connection: Connection, membership: Membership, recurrence_id: UUID, actor: Actor, now: datetime
) -> None:  # fmt: skip
    """Trash posts still to come that nobody touched, and forget that they were made."""
    workspace_id = membership.workspace.id
    rows = connection.execute(
        select(_m.local_time, _m.post_id)
        .join(post_table, (_p.workspace_id == _m.workspace_id) & (_p.id == _m.post_id))
        .where(_m.workspace_id == workspace_id, _m.recurrence_id == recurrence_id, _p.trashed_at.is_(None),
               _p.revision == _m.made_revision)
    ).all()  # fmt: skip
    posts = reading.by_id(connection, membership, [row.post_id for row in rows])
    gone = [row.local_time for row in rows if _is_to_come(posts[row.post_id], now)]
    for row in rows:
        if row.local_time in gone:
            editing.trash(connection, membership, row.post_id, actor)
    connection.execute(
        delete(made_table).where(_m.workspace_id == workspace_id, _m.recurrence_id == recurrence_id,
                                 _m.local_time.in_(gone))
    )  # fmt: skip


def _is_to_come(post: Post, now: datetime) -> bool:
    return all(one.schedule is not None and one.schedule.instant > now for one in post.variants)


def _row(
    connection: Connection, workspace_id: UUID, which: ColumnElement[bool], *, lock: bool = False
) -> Row[Any] | None:
    statement = select(recurrence_table).where(_c.workspace_id == workspace_id, which)
    return connection.execute(statement.with_for_update() if lock else statement).one_or_none()


def _wanted(row: Row[Any]) -> Wanted:
    return Wanted(row.rule, row.starts, row.timezone, tuple(row.excluded))


def _named(workspace_id: UUID, recurrence_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (_c.workspace_id == workspace_id, _c.id == recurrence_id)
