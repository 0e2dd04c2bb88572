"""Reading posts: one, or page by page. A page takes as many queries as one post."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, any_, exists, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from clientnest.content import searching
from clientnest.content.model import Content, Post, Schedule, Variant
from clientnest.content.states import UNSEEN_BY_CLIENTS, PostState, State
from clientnest.db.tables.content import post as post_table
from clientnest.db.tables.content import post_label as post_label_table
from clientnest.db.tables.content import post_variant as variant_table
from clientnest.db.tables.identity import account as account_table
from clientnest.errors import NotFound
from clientnest.warehouse.serve import cursor as cursors
from clientnest.workspaces import Membership, WorkspaceRole
from clientnest.zones import zone

MOST_AT_ONCE = 200
_p, _v, _l, _a = post_table.c, variant_table.c, post_label_table.c, account_table.c
_of_post = and_(_v.workspace_id == _p.workspace_id, _v.post_id == _p.id)
_HIDDEN = [state.value for state in UNSEEN_BY_CLIENTS]


@dataclass(frozen=True, slots=True)
class PostFilters:
    """Which posts. Empty: any. `trashed`: those in the trash, instead of the others. `text`: what they say, as
    `searching` has it."""

    states: tuple[PostState, ...] = ()
    accounts: tuple[UUID, ...] = ()
    networks: tuple[str, ...] = ()
    labels: tuple[UUID, ...] = ()
    campaigns: tuple[UUID, ...] = ()
    trashed: bool = False
    text: str | None = None


@dataclass(frozen=True, slots=True)
class PostPage:
    """The latest made first. `next_cursor` None: the last page."""

    items: tuple[Post, ...]
    next_cursor: str | None


def posts(
    connection: Connection, membership: Membership, filters: PostFilters | None = None, *, cursor: str | None = None,
    limit: int = 50,
) -> PostPage:  # fmt: skip
    """One page of the posts that a member may see. `BadInput` for a cursor of other filters."""
    filters = filters or PostFilters()
    workspace_id = membership.workspace.id
    belongs_to = cursors.fingerprint("content-posts", workspace_id, filters)
    wanted = [_p.workspace_id == workspace_id, *_conditions(filters, _seen(membership))]
    before = None if cursor is None else cursors.decode(cursor, belongs_to, instant=True).row_id
    if before is not None:
        wanted.append(_p.id < before)
    limit = max(1, min(limit, MOST_AT_ONCE))
    if filters.text is None:
        ids: Sequence[UUID] = (
            connection.execute(select(_p.id).where(*wanted).order_by(_p.id.desc()).limit(limit + 1)).scalars().all()
        )
    else:
        ids = searching.newest(connection, membership, filters.text, wanted, before, limit + 1)
    found = by_id(connection, membership, ids[:limit])
    more = len(ids) > limit
    return PostPage(
        tuple(found[post_id] for post_id in ids[:limit]),
        cursors.encode(cursors.Cursor(None, ids[limit - 1]), belongs_to) if more else None,
    )


def post(connection: Connection, membership: Membership, post_id: UUID) -> Post:
    """One post, in the trash or not; `NotFound` where the workspace has none of that id that the member may see."""
    found = by_id(connection, membership, [post_id]).get(post_id)
    if found is None:
        raise no_such_post()
    return found


def by_id(connection: Connection, membership: Membership, post_ids: Collection[UUID]) -> dict[UUID, Post]:
    """Posts by their ids, without those that the member may not see."""
    workspace_id = membership.workspace.id
    seen = _seen(membership)
    wanted = any_(literal(list(post_ids), ARRAY(Uuid)))  # as one value, which the planner takes for few
    rows = connection.execute(
        select(*(_p[name] for name in _OF_POST), _state(seen).label("state"))
        .where(_p.workspace_id == workspace_id, _p.id == wanted, *_visible(seen))
    ).all()  # fmt: skip
    variants: dict[UUID, list[Variant]] = defaultdict(list)
    for row in connection.execute(
        select(variant_table, _a.network, _a.display_name)
        .join(account_table, and_(_a.workspace_id == _v.workspace_id, _a.id == _v.account_id))
        .where(_v.workspace_id == workspace_id, _v.post_id == wanted, *seen)
        .order_by(_a.network, _a.display_name, _v.id)
    ):
        variants[row.post_id].append(_variant(row))
    labels: dict[UUID, list[UUID]] = defaultdict(list)
    for row in connection.execute(
        select(_l.post_id, _l.label_id).where(_l.workspace_id == workspace_id, _l.post_id == wanted)
    ):
        labels[row.post_id].append(row.label_id)
    return {
        row.id: Post(
            row.id, row.title, row.campaign_id, tuple(sorted(labels[row.id])), PostState(row.state), row.revision,
            row.created_by, row.created_at, row.updated_at, row.trashed_at, tuple(variants[row.id]),
        )
        for row in rows
    }  # fmt: skip


def visible(membership: Membership) -> list[ColumnElement[bool]]:
    """What holds of the posts that a member may see, but for those in the trash: conditions on `app.post`."""
    return [_p.workspace_id == membership.workspace.id, *_conditions(PostFilters(), _seen(membership))]


def of_accounts(post: Post, accounts: Collection[UUID]) -> list[Variant]:
    """The variants for these accounts; `NotFound` names one that the post has none for."""
    found = {one.account_id: one for one in post.variants}
    missing = sorted(set(accounts) - found.keys())
    if missing:
        raise NotFound(
            f"The post has no variant for the account {missing[0]}.", advice="Read the post for those it has.",
            details={"field": "body.accounts"},
        )  # fmt: skip
    return [found[account] for account in dict.fromkeys(accounts)]


def no_such_post() -> NotFound:
    return NotFound("There is no such post.", advice="GET …/posts lists those there are.")


_OF_POST = ("id", "title", "campaign_id", "revision", "created_by", "created_at", "updated_at", "trashed_at")


def _seen(membership: Membership) -> tuple[ColumnElement[bool], ...]:
    """Which variants a member may see: clients those that were sent to be reviewed, and what became of them."""
    return (_v.state.not_in(_HIDDEN),) if membership.role is WorkspaceRole.CLIENT else ()


def _visible(seen: tuple[ColumnElement[bool], ...]) -> tuple[ColumnElement[bool], ...]:
    return (exists().where(_of_post, *seen), _p.trashed_at.is_(None)) if seen else ()


def _state(seen: tuple[ColumnElement[bool], ...]) -> ColumnElement[str]:
    states = select(_v.state).where(_of_post, *seen).correlate(post_table).scalar_subquery()
    return func.app.post_state(func.array(states))


def _conditions(filters: PostFilters, seen: tuple[ColumnElement[bool], ...]) -> list[ColumnElement[bool]]:
    found = [_p.trashed_at.is_not(None) if filters.trashed else _p.trashed_at.is_(None), *_visible(seen)]
    if filters.states:
        found.append(_state(seen).in_([state.value for state in filters.states]))
    if filters.accounts:
        found.append(exists().where(_of_post, _v.account_id.in_(filters.accounts), *seen))
    if filters.networks:
        network = and_(_a.workspace_id == _v.workspace_id, _a.id == _v.account_id, _a.network.in_(filters.networks))
        found.append(exists(select(true()).join_from(variant_table, account_table, network).where(_of_post, *seen)))
    if filters.labels:
        labelled = (_l.workspace_id == _p.workspace_id, _l.post_id == _p.id, _l.label_id.in_(filters.labels))
        found.append(exists().where(*labelled))
    if filters.campaigns:
        found.append(_p.campaign_id.in_(filters.campaigns))
    return found


def _variant(row: Row[Any]) -> Variant:
    return Variant(
        row.id, row.account_id, row.network, row.display_name, Content.from_json(row.content), State(row.state),
        row.state_since, _schedule(row),
    )  # fmt: skip


def _schedule(row: Row[Any]) -> Schedule | None:
    if row.local_time is None:
        return None
    shown = row.scheduled_at.astimezone(zone(row.timezone)).replace(tzinfo=None, fold=0)
    return Schedule(row.local_time, row.timezone, row.fold, row.scheduled_at, shown, row.slot_at is not None)
