"""The one way into a workspace's data: membership is checked first, then the transaction is scoped to it.

The scope in code and the database's row-level security stand behind one another: a query that forgets its workspace
still sees only the one that was entered, and nothing before that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, select, text

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.identity import membership as membership_table
from clientnest.db.tables.identity import workspace as workspace_table
from clientnest.errors import NotFound
from clientnest.workspaces.service import COLUMNS, Workspace, WorkspaceRole, from_row


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's part in a workspace."""

    workspace: Workspace
    person_id: UUID
    role: WorkspaceRole


def memberships(connection: Connection, person_id: UUID) -> list[Membership]:
    """The workspaces a person belongs to, by name; those of the demo last. Needs the person in the session's scope."""
    rows = connection.execute(
        _memberships(person_id).order_by(workspace_table.c.is_demo, workspace_table.c.name, workspace_table.c.id)
    )
    return [Membership(from_row(row), person_id, WorkspaceRole(row.role)) for row in rows]


@contextmanager
def enter(role: Role, person_id: UUID, workspace_id: UUID) -> Iterator[tuple[Connection, Membership]]:
    """A transaction inside a workspace that the person belongs to, committed at the end.

    `NotFound` for everybody else, in the same words as for a workspace that does not exist.
    """
    with session.tenant(role, person_id=person_id) as connection:
        row = connection.execute(
            _memberships(person_id).where(membership_table.c.workspace_id == workspace_id)
        ).one_or_none()
        if row is None:
            raise NotFound("There is no such workspace.", advice="GET /v1/workspaces lists those you belong to.")
        connection.execute(
            text("SELECT set_config('clientnest.workspace_id', :workspace, true)"), {"workspace": str(workspace_id)}
        )
        yield connection, Membership(from_row(row), person_id, WorkspaceRole(row.role))


def _memberships(person_id: UUID) -> Select[Any]:
    return (
        select(*COLUMNS, membership_table.c.role)
        .join(membership_table, membership_table.c.workspace_id == workspace_table.c.id)
        .where(membership_table.c.person_id == person_id)
    )
