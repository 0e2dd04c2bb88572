"""Making workspaces and giving people a part in them. Needs a role that may write `app.workspace`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Row, insert, select
from sqlalchemy.exc import IntegrityError

from clientnest.db.tables.identity import membership as membership_table
from clientnest.db.tables.identity import workspace as workspace_table
from clientnest.errors import BadInput, Conflict
from clientnest.ids import new_id


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
    """One brand or client. `timezone` is an IANA name; `is_demo`: its data is generated."""

    id: UUID
    name: str
    slug: str
    timezone: str
    is_demo: bool


COLUMNS = tuple(workspace_table.c[name] for name in ("id", "name", "slug", "timezone", "is_demo"))


def from_row(row: Row[Any]) -> Workspace:
    return Workspace(row.id, row.name, row.slug, row.timezone, row.is_demo)


def create_workspace(
    connection: Connection, name: str, slug: str, *, owner: UUID, is_demo: bool = False, timezone: str = "UTC"
) -> Workspace:
    """Add a workspace and its owner. `Conflict` where the short name is taken, `BadInput` for an unknown time zone."""
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(f"Unknown time zone {timezone!r}.", advice="Give an IANA name such as Europe/Paris.") from error
    made = Workspace(new_id(), name.strip(), slug, timezone, is_demo)
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
