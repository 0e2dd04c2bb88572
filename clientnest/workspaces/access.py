"""The one way into a workspace's data: membership is checked first, then the transaction is scoped to it.

The scope in code and the database's row-level security stand behind one another: a query that forgets its workspace
still sees only the one that was entered, and nothing before that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, select, text

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.identity import membership as membership_table
from clientnest.db.tables.identity import workspace as workspace_table
from clientnest.errors import Forbidden, NotFound, Unauthenticated
from clientnest.identity.tokens import AccessToken
from clientnest.workspaces.keys import KeyInUse
from clientnest.workspaces.service import COLUMNS, Workspace, WorkspaceRole, from_row

# Sets the person, looks for the membership, and sets the workspace where there is one: a round trip instead of three.
_ENTER = text(
    f"SELECT {', '.join(f'(workspace).{column.name}' for column in COLUMNS)}, role, goes_on "  # noqa: S608
    "FROM app.enter(:person, :wanted, :current_session)"
)


class SecondFactorRequired(Forbidden):
    """The workspace asks for more than a password."""

    code = "second-factor-required"


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's part in a workspace; or a program's: then `key` says what it may do, and `role` is None. Without any
    of the three it is the installation itself that acts."""

    workspace: Workspace
    person_id: UUID | None
    role: WorkspaceRole | None
    key: KeyInUse | None = None


def memberships(connection: Connection, person_id: UUID) -> list[Membership]:
    """The workspaces a person belongs to, by name; those of the demo last. Needs the person in the session's scope."""
    rows = connection.execute(
        _memberships(person_id).order_by(workspace_table.c.is_demo, workspace_table.c.name, workspace_table.c.id)
    )
    return [Membership(from_row(row), person_id, WorkspaceRole(row.role)) for row in rows]


@contextmanager
def enter(
    role: Role, person_id: UUID, workspace_id: UUID, *, token: AccessToken | None = None
) -> Iterator[tuple[Connection, Membership]]:
    """A transaction inside a workspace that the person belongs to, committed at the end.

    `token`: what they came with. `Unauthenticated` where its session has ended; `SecondFactorRequired` where the
    workspace asks for one and the token proves none. `NotFound` for everybody who does not belong, in the same words as
    for a workspace that does not exist.
    """
    session_id = token.session_id if token else None
    with session.transaction(role) as connection:
        row = connection.execute(
            _ENTER, {"person": person_id, "wanted": workspace_id, "current_session": session_id}
        ).one_or_none()
        if row is None:
            raise _no_such_workspace()
        if not row.goes_on:
            raise Unauthenticated("The session has ended.", advice="Sign in again.")
        found = from_row(row)
        if found.require_second_factor and not (token and token.second_factor):
            raise SecondFactorRequired(
                f"The workspace {found.name} asks for a second factor.",
                advice="Add an authenticator app or a passkey to your login, and sign in with it.",
            )
        yield connection, Membership(found, person_id, WorkspaceRole(row.role))


@contextmanager
def enter_with_key(role: Role, key: KeyInUse, workspace_id: UUID) -> Iterator[tuple[Connection, Membership]]:
    """The same for a program that holds a key of the workspace; `NotFound` for any other workspace."""
    if key.workspace_id != workspace_id:
        raise _no_such_workspace()
    with session.tenant(role, workspace_id=workspace_id) as connection:
        yield connection, replace(nobody_in(connection, workspace_id), key=key)


def nobody_in(connection: Connection, workspace_id: UUID) -> Membership:
    """What is done in a workspace without anybody asking; the transaction is scoped to it."""
    row = connection.execute(select(*COLUMNS).where(workspace_table.c.id == workspace_id)).one()
    return Membership(from_row(row), None, None)


def _no_such_workspace() -> NotFound:
    return NotFound("There is no such workspace.", advice="GET /v1/workspaces lists those you belong to.")


def _memberships(person_id: UUID) -> Select[Any]:
    return (
        select(*COLUMNS, membership_table.c.role)
        .join(membership_table, membership_table.c.workspace_id == workspace_table.c.id)
        .where(membership_table.c.person_id == person_id)
    )
