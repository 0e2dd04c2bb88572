"""Reading the events of a workspace in the order of their commits: nothing appears behind one already seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select

from clientnest.db.tables.jobs import event as event_table
from clientnest.db.tables.jobs import event_horizon as horizon_table

CHANNEL = "clientnest_event"
"""On which the database says, at each commit, that a workspace has a new event: JSON with `workspace_id` and `id`."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; `id` is its place in the order. `payload` holds no words of people.

    `person_id`: whom alone it concerns; None where whoever may hear of its kind may hear of it."""

    id: int
    kind: str
    subject_id: UUID | None
    payload: Mapping[str, Any]
    created_at: datetime
    person_id: UUID | None = None


_order = event_table.c.sequence
_COLUMNS = (_order.label("id"), *(event_table.c[name] for name in Event.__dataclass_fields__ if name != "id"))


def after(connection: Connection, workspace_id: UUID, seen: int, *, limit: int) -> list[Event]:
    """The workspace's events behind one already seen, in order."""
    rows = connection.execute(
        select(*_COLUMNS).where(event_table.c.workspace_id == workspace_id, _order > seen).order_by(_order).limit(limit)
    )
    return [Event(**row._mapping) for row in rows]


def find(connection: Connection, workspace_id: UUID, event_id: int) -> Event | None:
    """The event that its row's own `event_id` names (not its place in the order)."""
    row = connection.execute(
        select(*_COLUMNS).where(event_table.c.workspace_id == workspace_id, event_table.c.id == event_id)
    ).one_or_none()
    return None if row is None else Event(**row._mapping)


def latest(connection: Connection, workspace_id: UUID) -> int:
    """The id of the workspace's last event, expired or not; 0 where there was none."""
    found: int | None = connection.execute(
        select(func.max(_order)).where(event_table.c.workspace_id == workspace_id)
    ).scalar_one()
    return max(found or 0, expired(connection, workspace_id))


def expired(connection: Connection, workspace_id: UUID) -> int:
    """The id of the last event that is not kept any more: who has not seen it cannot be told all they missed."""
    found: int | None = connection.execute(
        select(horizon_table.c.sequence).where(horizon_table.c.workspace_id == workspace_id)
    ).scalar_one_or_none()
    return found or 0
