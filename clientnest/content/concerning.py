"""Whom a comment concerns, asked by the worker when it hears of it: those mentioned, and those who wrote before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, or_, select

from clientnest.audit import ActorKind
from clientnest.content.comments import seen_by_clients
from clientnest.db.tables.collaboration import comment as comment_table
from clientnest.db.tables.collaboration import comment_mention as mention_table

_c, _m = comment_table.c, mention_table.c


@dataclass(frozen=True, slots=True)
class Concerned:
    """People, never the author. `clients`: whether those of them who are clients may hear of it."""

    people: frozenset[UUID] = frozenset()
    clients: bool = False


def mentioned(connection: Connection, workspace_id: UUID, comment_id: UUID, told_of: Iterable[UUID]) -> Concerned:
    """Of those whom a change mentioned anew, who still are."""
    return _concerned(connection, workspace_id, comment_id, _mentioned(connection, workspace_id, comment_id), told_of)


def answered(connection: Connection, workspace_id: UUID, comment_id: UUID) -> Concerned:
    """Who wrote in the thread before, but for those whom the comment mentions: they are told of that."""
    said = select(_c.id, _c.parent_id).where(_c.workspace_id == workspace_id, _c.id == comment_id).subquery()
    before: Sequence[UUID] = connection.execute(
        select(_c.author_id).distinct()
        .where(_c.workspace_id == workspace_id, _c.author_kind == ActorKind.PERSON.value, _c.deleted_at.is_(None),
               or_(_c.id == said.c.parent_id, _c.parent_id == said.c.parent_id), _c.id < said.c.id)
    ).scalars().all()  # fmt: skip
    people = frozenset(before) - _mentioned(connection, workspace_id, comment_id)
    return _concerned(connection, workspace_id, comment_id, people, people)


def _mentioned(connection: Connection, workspace_id: UUID, comment_id: UUID) -> frozenset[UUID]:
    named = (_m.workspace_id == workspace_id, _m.comment_id == comment_id)
    return frozenset(connection.execute(select(_m.person_id).where(*named)).scalars())


def _concerned(
    connection: Connection, workspace_id: UUID, comment_id: UUID, people: frozenset[UUID], told_of: Iterable[UUID]
) -> Concerned:
    columns = (_c.post_id, _c.account_id, _c.internal, _c.author_id)
    row = connection.execute(
        select(*columns).where(_c.workspace_id == workspace_id, _c.id == comment_id, _c.deleted_at.is_(None))
    ).one_or_none()
    if row is None:
        return Concerned()
    clients = not row.internal and seen_by_clients(connection, workspace_id, row.post_id, row.account_id)
    return Concerned(people & frozenset(told_of) - {row.author_id}, clients)
