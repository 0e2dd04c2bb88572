"""Reading the events of a workspace in the order of their commits: nothing appears behind one already seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select

from clientnest.db.tables.jobs import event as event_table
from clientnest.workspaces import Permission

CHANNEL = "clientnest_event"
"""On which the database says, at each commit, that a workspace has a new event: JSON with `workspace_id` and `id`."""

# What somebody has to be allowed to hear of events whose kind begins so; of others the admins alone hear.
_PERMISSIONS: Mapping[str, Permission] = {
    "job.": Permission.IMPORTS_READ,
    "account.": Permission.RESULTS_READ,
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; `id` is its place in the order. `payload` holds no words of people."""

    id: int
    kind: str
    subject_id: UUID | None
    payload: Mapping[str, Any]
    created_at: datetime


_order = event_table.c.sequence
_COLUMNS = (_order.label("id"), *(event_table.c[name] for name in Event.__dataclass_fields__ if name != "id"))


def after(connection: Connection, workspace_id: UUID, seen: int, *, limit: int) -> list[Event]:
    """The workspace's events behind one already seen, in order."""
    rows = connection.execute(
        select(*_COLUMNS).where(event_table.c.workspace_id == workspace_id, _order > seen).order_by(_order).limit(limit)
    )
    return [Event(**row._mapping) for row in rows]


def latest(connection: Connection, workspace_id: UUID) -> int:
    """The id of the workspace's last event; 0 where there is none."""
    found: int | None = connection.execute(
        select(func.max(_order)).where(event_table.c.workspace_id == workspace_id)
    ).scalar_one()
    return found or 0


def permission_for(kind: str) -> Permission:
    """What somebody has to be allowed to hear of an event of this kind."""
    for beginning, permission in _PERMISSIONS.items():
        if kind.startswith(beginning):
            return permission
    return Permission.AUDIT_READ
