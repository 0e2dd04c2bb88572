"""Comments on posts: what colleagues, and clients, say to one another. Reading them, as far as a member may.

A comment begins a thread, or answers in one. Internal ones are for the team; a client reads the others, on what they
see of the post. A deleted one stays, without its words, so that its answers keep their place.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, column, exists, func, or_, select

from clientnest.audit import ActorKind
from clientnest.content import reading
from clientnest.content.model import Post
from clientnest.content.states import UNSEEN_BY_CLIENTS
from clientnest.db.tables.collaboration import comment as comment_table
from clientnest.db.tables.collaboration import comment_mention as mention_table
from clientnest.db.tables.content import post as post_table
from clientnest.db.tables.content import post_variant as variant_table
from clientnest.errors import NotFound
from clientnest.warehouse.serve import cursor as cursors
from clientnest.workspaces import Membership, WorkspaceRole

MOST_AT_ONCE = 200
_c, _m, _p, _v = comment_table.c, mention_table.c, post_table.c, variant_table.c
# A function, because the API's role may read no person but the one who asks.
_colleagues = func.app.colleagues().table_valued(column("id"), column("name"))


@dataclass(frozen=True, slots=True)
class Comment:
    """`account_id`: whose variant it is about; None: the post as a whole. `parent_id`: the first of its thread; None:
    it is that. `author_name`: None for programs, links, and people who left. `resolved_at`: of the thread, on its
    first. `text` is empty where it was deleted."""

    id: UUID
    post_id: UUID
    account_id: UUID | None
    parent_id: UUID | None
    text: str
    mentions: tuple[UUID, ...]
    internal: bool
    author_kind: ActorKind
    author_id: UUID
    author_name: str | None
    revision: int
    created_at: datetime
    edited_at: datetime | None
    resolved_at: datetime | None
    resolved_by: UUID | None
    deleted_at: datetime | None

    @property
    def thread_id(self) -> UUID:
        """The first of its thread."""
        return self.parent_id or self.id


@dataclass(frozen=True, slots=True)
class CommentPage:
    """The first written first. `next_cursor` None: the last page."""

    items: tuple[Comment, ...]
    next_cursor: str | None


def comments(
    connection: Connection, membership: Membership, post_id: UUID, *, cursor: str | None = None, limit: int = 50
) -> CommentPage:
    """One page of what a member may read on a post. `NotFound` for a post they may not see, `BadInput` for a cursor of
    another."""
    post = reading.post(connection, membership, post_id)
    belongs_to = cursors.fingerprint("comments", membership.workspace.id, post_id)
    statement = _comments(membership, post).order_by(_c.id)
    if cursor is not None:
        statement = statement.where(_c.id > cursors.decode(cursor, belongs_to, instant=True).row_id)
    limit = max(1, min(limit, MOST_AT_ONCE))
    rows = connection.execute(statement.limit(limit + 1)).all()
    page = [_comment(row) for row in rows[:limit]]
    more = len(rows) > limit
    return CommentPage(
        tuple(page), cursors.encode(cursors.Cursor(None, page[-1].id), belongs_to) if more else None
    )  # fmt: skip


def comment(connection: Connection, membership: Membership, post: Post, comment_id: UUID) -> Comment:
    """One comment on a post; `NotFound` where it has none of that id that the member may read."""
    row = connection.execute(_comments(membership, post).where(_c.id == comment_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such comment on the post.", advice="GET …/comments lists those there are.")
    return _comment(row)


def seen_by_clients(connection: Connection, workspace_id: UUID, post_id: UUID, account_id: UUID | None) -> bool:
    """Whether clients see a post at present; with an account: its variant."""
    sent = [_v.workspace_id == _p.workspace_id, _v.post_id == _p.id,
            _v.state.not_in([state.value for state in UNSEEN_BY_CLIENTS])]  # fmt: skip
    if account_id is not None:
        sent.append(_v.account_id == account_id)
    shown = select(_p.id).where(
        _p.workspace_id == workspace_id, _p.id == post_id, _p.trashed_at.is_(None), exists().where(*sent)
    )
    return connection.execute(shown).first() is not None


_mentions = func.array(
    select(_m.person_id).where(_m.workspace_id == _c.workspace_id, _m.comment_id == _c.id).order_by(_m.person_id)
    .correlate(comment_table).scalar_subquery()
).label("mentions")  # fmt: skip


def _comments(membership: Membership, post: Post) -> Select[Any]:
    return (
        select(comment_table, _mentions, _colleagues.c.name.label("author_name"))
        .join(_colleagues, and_(_c.author_kind == ActorKind.PERSON.value, _colleagues.c.id == _c.author_id),
              isouter=True)
        .where(_c.workspace_id == membership.workspace.id, _c.post_id == post.id, *_readable(membership, post))
    )  # fmt: skip


def _readable(membership: Membership, post: Post) -> tuple[ColumnElement[bool], ...]:
    """Which of a post's comments a member may read; of the post they were given what they see."""
    if membership.role is not WorkspaceRole.CLIENT:
        return ()
    return (~_c.internal, or_(_c.account_id.is_(None), _c.account_id.in_([one.account_id for one in post.variants])))


def _comment(row: Row[Any]) -> Comment:
    kept = {name: row._mapping[name] for name in Comment.__dataclass_fields__}
    return Comment(**{**kept, "mentions": tuple(row.mentions), "author_kind": ActorKind(row.author_kind)})
