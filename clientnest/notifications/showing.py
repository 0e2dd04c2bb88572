"""What notifications say: their kind's words, with the names of things and people as they are now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, column, func, select

from clientnest import registry
from clientnest.db.tables.identity import account as account_table
from clientnest.db.tables.identity import workspace as workspace_table
from clientnest.notifications.kinds import KEPT, RULES, Category, Kind, Subject
from clientnest.notifications.scope import inside

_colleagues = func.app.colleagues().table_valued(column("id"), column("name"))
_notified_workspaces = func.app.notified_workspaces().table_valued(column("id"), column("name"))
_GONE: Mapping[Subject, str] = {Subject.ACCOUNT: "An account", Subject.PERSON: "Somebody"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A notification in words. `workspace_name` is None where it concerns no workspace."""

    id: UUID
    kind: Kind
    category: Category
    title: str
    body: str
    subject_type: Subject
    subject_id: UUID
    workspace_id: UUID | None
    workspace_name: str | None
    created_at: datetime
    read_at: datetime | None


def shown(connection: Connection, rows: Sequence[Row[Any]]) -> list[Shown]:
    """Rows of `app.notification` in words, in their order. Needs the person in the session's scope, and rows that the
    person may see: names are looked up inside their workspaces."""
    workspaces = {row.workspace_id for row in rows if row.workspace_id is not None}
    names = {one: _names(connection, one, [row for row in rows if row.workspace_id == one]) for one in workspaces}
    return [_shown(row, names.get(row.workspace_id, {})) for row in rows]


def _shown(row: Row[Any], names: Mapping[Any, str]) -> Shown:
    rule = RULES[row.kind]
    name = names.get(row.subject_id) or _GONE.get(rule.subject, "")
    author = names.get(_author(row)) or _GONE[Subject.PERSON]
    words = {**dict.fromkeys(KEPT, 0), **row.payload, "account": name, "person": name, "author": author,
             "workspace": names.get(row.workspace_id, "a workspace")}  # fmt: skip
    return Shown(
        row.id, rule.kind, rule.category, rule.title.format_map(words), rule.body.format_map(words), rule.subject,
        row.subject_id, row.workspace_id, names.get(row.workspace_id), row.created_at, row.read_at,
    )  # fmt: skip


def _names(connection: Connection, workspace_id: UUID, rows: Sequence[Row[Any]]) -> dict[UUID, str]:
    """Names by id: of the workspace, and of those of its accounts and people that the rows speak of."""
    of_accounts = {row.subject_id for row in rows if row.subject_type == Subject.ACCOUNT}
    of_people = {row.subject_id for row in rows if row.subject_type == Subject.PERSON}
    of_people |= {author for row in rows if (author := _author(row)) is not None}
    columns = account_table.c
    found: dict[UUID, str] = {}
    with inside(connection, workspace_id):
        workspace = select(workspace_table.c.id, workspace_table.c.name).where(workspace_table.c.id == workspace_id)
        found |= {row.id: row.name for row in connection.execute(workspace)}
        if of_accounts:
            accounts = select(columns.id, columns.display_name, columns.network).where(
                columns.workspace_id == workspace_id, columns.id.in_(of_accounts)
            )
            found |= {row.id: _account(row) for row in connection.execute(accounts)}
        if of_people:
            people = select(_colleagues.c.id, _colleagues.c.name).where(_colleagues.c.id.in_(of_people))
            found |= {row.id: row.name for row in connection.execute(people)}
    if any(row.personal for row in rows):
        left = select(_notified_workspaces.c.id, _notified_workspaces.c.name).where(
            _notified_workspaces.c.id == workspace_id
        )
        found |= {row.id: row.name for row in connection.execute(left)}
    return found


def _author(row: Row[Any]) -> UUID | None:
    return UUID(row.payload["author_id"]) if "author_id" in row.payload else None


def _account(row: Row[Any]) -> str:
    return f"{row.display_name} on {registry.network(row.network).label}"
