"""Reading rounds: those of a post with what was decided in them, and what waits for somebody."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, column, func, select, text, true

from clientnest.approvals.model import Capacity, Decision, Difference, Level, Outcome, Round, Verdict, Waiting
from clientnest.content import reading
from clientnest.content.comparing import differences
from clientnest.content.model import Content, Post
from clientnest.db.tables.approvals import review as review_table
from clientnest.db.tables.approvals import review_decision as decision_table
from clientnest.db.tables.approvals import review_link as link_table
from clientnest.db.tables.content import post as post_table
from clientnest.db.tables.content import post_variant as variant_table
from clientnest.db.tables.identity import membership as membership_table
from clientnest.warehouse.serve import cursor as cursors
from clientnest.workspaces import Membership, WorkspaceRole

MOST_AT_ONCE = 100
_c, _d, _v, _p, _k, _m = (
    table.c for table in (review_table, decision_table, variant_table, post_table, link_table, membership_table)
)
_ASKED = text("SELECT DISTINCT person_id FROM app.level_approvers(:workspace, :review) WHERE NOT away ORDER BY 1")


@dataclass(frozen=True, slots=True)
class Mine:
    """An open round that waits for somebody, and as what they may decide in it."""

    round: Round
    post_title: str
    capacity: Capacity


@dataclass(frozen=True, slots=True)
class MinePage:
    """What has waited longest first. `next_cursor` None: the last page."""

    items: tuple[Mine, ...]
    next_cursor: str | None


def of_post(connection: Connection, membership: Membership, post: Post) -> list[Round]:
    """The rounds of the variants that are given with the post, the latest first. Clients read no comments of others."""
    return _rounds(connection, membership, _c.variant_id.in_([one.id for one in post.variants]))


def waiting_for(
    connection: Connection, membership: Membership, *, in_place: bool = False, cursor: str | None = None,
    limit: int = 50,
) -> MinePage:  # fmt: skip
    """One page of the open rounds that the member is asked about, themselves or as a delegate; with `in_place` also of
    those that they may decide in place of others. `BadInput` for a cursor of another list."""
    workspace_id = membership.workspace.id
    belongs_to = cursors.fingerprint("reviews", workspace_id, membership.person_id, in_place)
    found_as = func.app.deciding_as(_c.workspace_id, _c.id, membership.person_id).table_valued(
        column("capacity"), column("behalf_of")
    ).lateral()  # fmt: skip
    wanted = [_c.workspace_id == workspace_id, _c.closed_at.is_(None), _p.trashed_at.is_(None)]
    if not in_place:
        wanted.append(found_as.c.capacity != Capacity.IN_PLACE.value)
    if cursor is not None:
        wanted.append(_c.id > cursors.decode(cursor, belongs_to, instant=True).row_id)
    rows = connection.execute(
        select(_c.id, _p.title, found_as.c.capacity)
        .join(post_table, (_p.workspace_id == _c.workspace_id) & (_p.id == _c.post_id))
        .join(found_as, true())
        .where(*wanted).order_by(_c.id).limit(limit + 1)
    ).all()  # fmt: skip
    page = rows[:limit]
    rounds = {one.id: one for one in _rounds(connection, membership, _c.id.in_([row.id for row in page]))}
    return MinePage(
        tuple(Mine(rounds[row.id], row.title, Capacity(row.capacity)) for row in page),
        cursors.encode(cursors.Cursor(None, page[-1].id), belongs_to) if len(rows) > limit else None,
    )


def by_link(connection: Connection, membership: Membership, post_id: UUID) -> tuple[Post, list[Round]]:
    """What somebody with a link is shown: the post with its variants in review, and their rounds."""
    post = reading.post(connection, membership, post_id)
    return post, of_post(connection, membership, post)


def _rounds(connection: Connection, membership: Membership, which: ColumnElement[bool]) -> list[Round]:
    workspace_id = membership.workspace.id
    rows = connection.execute(
        select(review_table, _v.account_id)
        .join(variant_table, (_v.workspace_id == _c.workspace_id) & (_v.id == _c.variant_id))
        .where(_c.workspace_id == workspace_id, which).order_by(_c.id.desc())
    ).all()  # fmt: skip
    decisions = _decisions(connection, membership, [row.id for row in rows])
    approved = _approved(connection, workspace_id, {row.variant_id for row in rows})
    return [
        _round(row, decisions[row.id], approved[row.variant_id],
               _waiting(connection, workspace_id, row) if row.closed_at is None else None)
        for row in rows
    ]  # fmt: skip


def _decisions(
    connection: Connection, membership: Membership, review_ids: Sequence[UUID]
) -> dict[UUID, list[Decision]]:  # fmt: skip
    workspace_id, found = membership.workspace.id, defaultdict[UUID, list[Decision]](list)
    is_client = membership.role is WorkspaceRole.CLIENT
    for row in connection.execute(
        select(decision_table, _k.name, _m.role)
        .join(link_table, (_k.workspace_id == _d.workspace_id) & (_k.id == _d.link_id), isouter=True)
        .join(membership_table, (_m.workspace_id == _d.workspace_id) & (_m.person_id == _d.person_id), isouter=True)
        .where(_d.workspace_id == workspace_id, _d.review_id.in_(review_ids))
        .order_by(_d.review_id, _d.level)
    ):
        told = not is_client or row.link_id is not None or row.role == WorkspaceRole.CLIENT
        found[row.review_id].append(Decision(
            row.level, Verdict(row.verdict), row.comment if told else None, Capacity(row.capacity), row.person_id,
            row.behalf_of, row.link_id, row.name, row.at,
        ))  # fmt: skip
    return found


def _approved(connection: Connection, workspace_id: UUID, variants: Iterable[UUID]) -> dict[UUID, list[Row[Any]]]:
    """The forms of each variant that were approved, the latest first."""
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(
        select(_c.variant_id, _c.number, _c.content)
        .where(_c.workspace_id == workspace_id, _c.variant_id.in_(variants), _c.outcome == Outcome.APPROVED.value)
        .order_by(_c.number.desc())
    ):
        found[row.variant_id].append(row)
    return found


def _waiting(connection: Connection, workspace_id: UUID, row: Row[Any]) -> Waiting:
    people: Sequence[UUID] = connection.execute(
        _ASKED, {"workspace": workspace_id, "review": row.id}
    ).scalars().all()  # fmt: skip
    by_link = bool(row.levels[row.level - 1]["client_by_link"])
    return Waiting(tuple(people), by_link, not people and not by_link)


def _round(
    row: Row[Any], decisions: Sequence[Decision], approved: Sequence[Row[Any]], waiting: Waiting | None
) -> Round:  # fmt: skip
    content = Content.from_json(row.content)
    before = next((one for one in approved if one.number < row.number), None)
    changes = None if before is None else tuple(
        Difference(name, *values) for name, values in differences(Content.from_json(before.content), content).items()
    )  # fmt: skip
    return Round(
        row.id, row.post_id, row.variant_id, row.account_id, row.number, row.digest, content,
        tuple(Level.from_json(level) for level in row.levels), row.level, row.level_since, row.then_schedule,
        row.opened_by, row.opened_at, row.closed_at, Outcome(row.outcome) if row.outcome else None, tuple(decisions),
        changes, waiting,
    )  # fmt: skip
