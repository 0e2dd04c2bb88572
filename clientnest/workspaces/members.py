"""Who belongs to a workspace, and as what. All need the role `api` inside the workspace; what changes is an event."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, column, delete, func, select, update

from clientnest.db.tables.identity import membership as membership_table
from clientnest.errors import Forbidden, NotFound
from clientnest.events import tell
from clientnest.workspaces.revisions import stale
from clientnest.workspaces.service import WorkspaceRole

# A function, because the API's role may read no person but the one who asks.
_colleagues = func.app.colleagues().table_valued(column("id"), column("email"), column("name"))


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who belongs to the workspace. `revision` counts changes of their part."""

    person_id: UUID
    email: str
    name: str
    role: WorkspaceRole
    since: datetime
    revision: int


def members(connection: Connection, workspace_id: UUID, person_id: UUID | None = None) -> list[Member]:
    """The members by name, or the one asked for."""
    columns = membership_table.c
    statement = (
        select(columns.person_id, _colleagues.c.email, _colleagues.c.name, columns.role, columns.created_at,
               columns.revision)
        .join(_colleagues, _colleagues.c.id == columns.person_id)
        .where(columns.workspace_id == workspace_id)
        .order_by(func.lower(_colleagues.c.name), columns.person_id)
    )  # fmt: skip
    if person_id is not None:
        statement = statement.where(columns.person_id == person_id)
    rows = connection.execute(statement)
    return [Member(row[0], row[1], row[2], WorkspaceRole(row[3]), row[4], row[5]) for row in rows]


def member(connection: Connection, workspace_id: UUID, person_id: UUID) -> Member:
    """One member. `NotFound` for somebody who does not belong to the workspace."""
    found = members(connection, workspace_id, person_id)
    if not found:
        raise NotFound("Nobody of that id belongs to the workspace.", advice="GET …/members lists those who do.")
    return found[0]


def change_role(
    connection: Connection, workspace_id: UUID, person_id: UUID, role: WorkspaceRole, *, revision: int | None = None
) -> Member:
    """Make a member something else. The owner's part changes by `transfer` only; nobody becomes owner here.

    `revision`: the one the change was decided on; `Conflict` (412) where there is a newer one.
    """
    before = member(connection, workspace_id, person_id)
    if WorkspaceRole.OWNER in {before.role, role}:
        raise Forbidden("A workspace has one owner.", advice="Hand the workspace over instead.")
    _write(connection, workspace_id, person_id, role, revision)
    if role is not before.role:
        _tell_role(connection, workspace_id, person_id, role)
    return member(connection, workspace_id, person_id)


def remove(connection: Connection, workspace_id: UUID, person_id: UUID) -> Member:
    """Take a member out, at once. The owner stays until the workspace is handed over. Gives who it was."""
    return _end(connection, workspace_id, person_id, "member.removed")


def leave(connection: Connection, workspace_id: UUID, person_id: UUID) -> Member:
    """The same, where it is what the member wants."""
    return _end(connection, workspace_id, person_id, "member.left")


def _end(connection: Connection, workspace_id: UUID, person_id: UUID, event: str) -> Member:
    before = member(connection, workspace_id, person_id)
    if before.role is WorkspaceRole.OWNER:
        raise Forbidden("The owner cannot leave the workspace.", advice="Hand it over to another member first.")
    done = connection.execute(
        delete(membership_table).where(
            membership_table.c.workspace_id == workspace_id, membership_table.c.person_id == person_id
        )
    )
    if done.rowcount:
        tell(connection, workspace_id, event, person_id, {"role": before.role.value})
    return before


def transfer(connection: Connection, workspace_id: UUID, owner: UUID, heir: UUID) -> None:
    """Hand the workspace over: the heir becomes its owner, the owner an admin, both or neither."""
    member(connection, workspace_id, heir)
    if member(connection, workspace_id, owner).role is not WorkspaceRole.OWNER:
        raise Forbidden("Only the owner can hand a workspace over.", advice="Ask the owner.")
    if owner == heir:
        return
    for person_id, role in ((owner, WorkspaceRole.ADMIN), (heir, WorkspaceRole.OWNER)):
        _write(connection, workspace_id, person_id, role, None)
        _tell_role(connection, workspace_id, person_id, role)


def _write(
    connection: Connection, workspace_id: UUID, person_id: UUID, role: WorkspaceRole, revision: int | None
) -> None:
    columns = membership_table.c
    statement = update(membership_table).where(columns.workspace_id == workspace_id, columns.person_id == person_id)
    if revision is not None:
        statement = statement.where(columns.revision == revision)
    done = connection.execute(statement.values(role=role.value, revision=columns.revision + 1))
    if not done.rowcount:
        raise stale("The member's part")


def _tell_role(connection: Connection, workspace_id: UUID, person_id: UUID, role: WorkspaceRole) -> None:
    tell(connection, workspace_id, "member.role_changed", person_id, {"role": role.value})
