"""Labels: what a team sorts its posts by. For the role `api`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select, update

from clientnest.content import reading
from clientnest.content.naming import MOST, full, named, once
from clientnest.db import session
from clientnest.db.tables.content import label as label_table
from clientnest.db.tables.content import post as post_table
from clientnest.db.tables.content import post_label as post_label_table
from clientnest.errors import NotFound
from clientnest.ids import new_id
from clientnest.workspaces import Membership
from clientnest.workspaces.revisions import stale

LONGEST_NAME = 60
GREY = "#64748b"
_c, _l, _p = label_table.c, post_label_table.c, post_table.c


@dataclass(frozen=True, slots=True)
class Label:
    """`colour` is `#` and six digits in lower case. `posts`: how many that the member sees have it, without the
    trash."""

    id: UUID
    name: str
    colour: str
    posts: int
    revision: int
    created_by: UUID | None
    created_at: datetime


class LabelFields(TypedDict, total=False):
    """What of a label can be changed."""

    name: str
    colour: str


def labels(connection: Connection, membership: Membership) -> list[Label]:
    """All of them, by name."""
    rows = connection.execute(_labels(membership).order_by(func.lower(_c.name), _c.id))
    return [Label(**row._mapping) for row in rows]


def label(connection: Connection, membership: Membership, label_id: UUID) -> Label:
    """One label; `NotFound` where the workspace has none of that id."""
    row = connection.execute(_labels(membership).where(_c.id == label_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such label.", advice="GET …/labels lists those there are.")
    return Label(**row._mapping)


def create(connection: Connection, membership: Membership, name: str, colour: str = GREY) -> Label:
    """A new label. `Conflict` where the workspace has one of that name, or 500."""
    workspace_id, label_id = membership.workspace.id, new_id()
    session.in_turn(connection, f"{workspace_id}/labels")
    there = select(func.count()).where(_c.workspace_id == workspace_id)
    if connection.execute(there).scalar_one() >= MOST:
        raise full("label")
    values = {"workspace_id": workspace_id, "id": label_id, "name": named(name, LONGEST_NAME),
              "colour": colour.lower(), "created_by": membership.person_id}  # fmt: skip
    with once(connection, "label"):
        connection.execute(insert(label_table).values(values))
    return label(connection, membership, label_id)


def change(
    connection: Connection, membership: Membership, label_id: UUID, *, revision: int | None = None,
    **given: Unpack[LabelFields],
) -> Label:  # fmt: skip
    """Change what is given. `revision`: the one the change was decided on; `Stale` (412) where there is a newer one."""
    label(connection, membership, label_id)
    values: dict[str, Any] = {"revision": _c.revision + 1}
    if "name" in given:
        values["name"] = named(given["name"], LONGEST_NAME)
    if "colour" in given:
        values["colour"] = given["colour"].lower()
    statement = update(label_table).where(*_named(membership, label_id))
    if revision is not None:
        statement = statement.where(_c.revision == revision)
    with once(connection, "label"):
        changed = connection.execute(statement.values(values))
    if changed.rowcount == 0:
        raise stale("The label")
    return label(connection, membership, label_id)


def remove(connection: Connection, membership: Membership, label_id: UUID) -> Label:
    """Remove a label; gives it as it was. The posts that had it stay as they are, without it."""
    gone = label(connection, membership, label_id)
    connection.execute(delete(label_table).where(*_named(membership, label_id)))
    return gone


def _named(membership: Membership, label_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (_c.workspace_id == membership.workspace.id, _c.id == label_id)


def _labels(membership: Membership) -> Select[Any]:
    counted = (
        select(_l.label_id, func.count().label("posts"))
        .join(post_table, (_p.workspace_id == _l.workspace_id) & (_p.id == _l.post_id))
        .where(_l.workspace_id == membership.workspace.id, *reading.visible(membership))
        .group_by(_l.label_id).subquery()
    )  # fmt: skip
    posts = func.coalesce(counted.c.posts, 0).label("posts")
    return (
        select(*(posts if name == "posts" else _c[name] for name in Label.__dataclass_fields__))
        .join(counted, counted.c.label_id == _c.id, isouter=True)
        .where(_c.workspace_id == membership.workspace.id)
    )
