"""Making workspaces and giving people a part in them. Needs a role that may write `app.workspace`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from clientnest.db.tables.identity import membership as membership_table
from clientnest.db.tables.identity import workspace as workspace_table
from clientnest.errors import BadInput, Conflict
from clientnest.ids import new_id
from clientnest.words import on_one_line
from clientnest.workspaces.revisions import stale
from clientnest.zones import zone


class WorkspaceRole(StrEnum):
    """What a member is in a workspace."""

    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    APPROVER = "approver"
    ANALYST = "analyst"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Workspace:
    """One brand or client. `timezone` is an IANA name; `is_demo`: its data is generated; `revision` counts changes."""

    id: UUID
    name: str
    slug: str
    timezone: str
    is_demo: bool
    require_second_factor: bool = False
    revision: int = 1


COLUMNS = tuple(workspace_table.c[name] for name in Workspace.__dataclass_fields__)


def from_row(row: Row[Any]) -> Workspace:
    """A workspace from a row with `COLUMNS`."""
    return Workspace(*(row._mapping[column.name] for column in COLUMNS))


def create_workspace(
    connection: Connection, name: str, slug: str, *, owner: UUID, is_demo: bool = False, timezone: str = "UTC"
) -> Workspace:
    """Add a workspace and its owner. `Conflict` where the short name is taken, `BadInput` for an unknown time zone.

    With the role `api` the transaction has to be in the owner's scope, and is in the new workspace's afterwards.
    """
    made = Workspace(new_id(), _name(name), slug, _timezone(timezone), is_demo)
    connection.execute(text("SELECT set_config('clientnest.workspace_id', :id, true)"), {"id": str(made.id)})
    row = {"id": made.id, "name": made.name, "slug": slug, "timezone": timezone, "is_demo": is_demo}
    try:
        with connection.begin_nested():
            connection.execute(insert(workspace_table).values(row))
    except IntegrityError as error:
        raise Conflict(
            f"A workspace with the short name {slug!r} cannot be made: it is taken, or not made of a-z, 0-9 and -.",
            advice="Choose another short name.",
        ) from error
    add_member(connection, made.id, owner, WorkspaceRole.OWNER)
    return made


def change_workspace(
    connection: Connection, workspace: Workspace, *, revision: int | None = None, name: str | None = None,
    timezone: str | None = None, require_second_factor: bool | None = None,
) -> Workspace:  # fmt: skip
    """Change what is given. `revision`: the one the change was decided on; `Stale` (412) where there is a newer one."""
    given = {
        "name": None if name is None else _name(name),
        "timezone": None if timezone is None else _timezone(timezone),
        "require_second_factor": require_second_factor,
    }
    columns = workspace_table.c
    statement = update(workspace_table).where(columns.id == workspace.id)
    if revision is not None:
        statement = statement.where(columns.revision == revision)
    values = {name: value for name, value in given.items() if value is not None}
    row = connection.execute(
        statement.values(**values, revision=columns.revision + 1).returning(*COLUMNS)
    ).one_or_none()
    if row is None:
        raise stale("The workspace")
    return from_row(row)


def _name(name: str) -> str:
    kept = on_one_line(name)
    if not 1 <= len(kept) <= 200:
        raise BadInput("The name of a workspace has 1 to 200 characters.", details={"field": "name"})
    return kept


def _timezone(name: str) -> str:
    return zone(name, field="timezone").key


def add_member(connection: Connection, workspace_id: UUID, person_id: UUID, role: WorkspaceRole) -> None:
    """Give a person a part in a workspace. `Conflict` where they have one already."""
    try:
        with connection.begin_nested():
            connection.execute(
                insert(membership_table).values(workspace_id=workspace_id, person_id=person_id, role=role.value)
            )
    except IntegrityError as error:
        raise Conflict("That person already belongs to the workspace.", advice="Change their role instead.") from error


def workspace_by_slug(connection: Connection, slug: str) -> Workspace | None:
    """The workspace of that short name, as far as the connection may see it."""
    row = connection.execute(select(*COLUMNS).where(workspace_table.c.slug == slug)).one_or_none()
    return None if row is None else from_row(row)
