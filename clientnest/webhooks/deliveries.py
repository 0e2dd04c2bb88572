"""Deliveries: what became of each message for an endpoint, read page by page, and sent again. For the role `api`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from clientnest.db.tables.webhooks import webhook_attempt as attempt_table
from clientnest.db.tables.webhooks import webhook_delivery as delivery_table
from clientnest.db.tables.webhooks import webhook_endpoint as endpoint_table
from clientnest.db.tables.webhooks import webhook_message as message_table
from clientnest.errors import Conflict, NotFound
from clientnest.warehouse.serve import cursor as cursors
from clientnest.webhooks.endpoints import endpoint
from clientnest.webhooks.signing import message_name
from clientnest.webhooks.waking import wake

_c, _m, _a = delivery_table.c, message_table.c, attempt_table.c


class DeliveryState(StrEnum):
    """`waiting`: for its first or another attempt. `delivered`: answered with 2xx. `dead`: given up; it can be
    replayed."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one endpoint. `message`: its `webhook-id`. `status` and `problem` are those of the last attempt;
    `event_id`: its place in the order of the workspace's events, None for a test."""

    id: UUID
    message: str
    kind: str
    event_id: int | None
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    status: int | None
    problem: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Deliveries, the latest first; `next_cursor` None on the last page."""

    items: tuple[Delivery, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request and what came back. `ended_at` None: under way. `answer`: its beginning, as text."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    duration_ms: int | None
    status: int | None
    problem: str | None
    answer: str | None


_deliveries = (
    select(_c.id, _c.message_id, _m.kind, _m.event_id, _c.state, _c.attempts, _c.next_attempt_at, _c.last_status,
           _c.problem, _c.created_at, _c.finished_at)
    .join(message_table, (_m.workspace_id == _c.workspace_id) & (_m.id == _c.message_id))
)  # fmt: skip
_ATTEMPT = tuple(_a[name] for name in Attempt.__dataclass_fields__)


def deliveries(
    connection: Connection, workspace_id: UUID, endpoint_id: UUID, *, state: DeliveryState | None = None,
    cursor: str | None = None, limit: int = 50,
) -> DeliveryPage:  # fmt: skip
    """One page of an endpoint's deliveries. `BadInput` for a cursor of other filters."""
    endpoint(connection, workspace_id, endpoint_id)
    belongs_to = cursors.fingerprint("webhook-deliveries", workspace_id, endpoint_id, state)
    wanted = [_c.workspace_id == workspace_id, _c.endpoint_id == endpoint_id]
    if state is not None:
        wanted.append(_c.state == state.value)
    if cursor is not None:
        wanted.append(_c.id < cursors.decode(cursor, belongs_to, instant=True).row_id)
    rows = connection.execute(_deliveries.where(*wanted).order_by(_c.id.desc()).limit(limit + 1)).all()
    page = [_delivery(row) for row in rows[:limit]]
    more = len(rows) > limit
    return DeliveryPage(
        tuple(page), cursors.encode(cursors.Cursor(None, page[-1].id), belongs_to) if more else None
    )  # fmt: skip


def delivery(connection: Connection, workspace_id: UUID, endpoint_id: UUID, delivery_id: UUID) -> Delivery:
    """One delivery; `NotFound` where the endpoint has none of that id."""
    row = connection.execute(_deliveries.where(*_named(workspace_id, endpoint_id, delivery_id))).one_or_none()
    if row is None:
        raise NotFound("There is no such delivery.", advice="They are kept for 30 days; GET …/deliveries lists them.")
    return _delivery(row)


def attempts(connection: Connection, workspace_id: UUID, delivery_id: UUID) -> list[Attempt]:
    """The attempts of a delivery, in order."""
    rows = connection.execute(
        select(*_ATTEMPT).where(_a.workspace_id == workspace_id, _a.delivery_id == delivery_id).order_by(_a.number)
    )
    return [Attempt(**row._mapping) for row in rows]


def body_of(connection: Connection, workspace_id: UUID, delivery_id: UUID) -> str:
    """What is sent, to the letter."""
    body: str = connection.execute(
        select(_m.body)
        .join(delivery_table, (_m.workspace_id == _c.workspace_id) & (_m.id == _c.message_id))
        .where(_c.workspace_id == workspace_id, _c.id == delivery_id)
    ).scalar_one()
    return body


def replay(connection: Connection, workspace_id: UUID, endpoint_id: UUID, delivery_id: UUID) -> Delivery:
    """Send a delivery again, whatever became of it, at once and by a schedule begun anew. `Conflict` where the endpoint
    is switched off."""
    delivery(connection, workspace_id, endpoint_id, delivery_id)
    _again(connection, workspace_id, endpoint_id, _c.id == delivery_id)
    return delivery(connection, workspace_id, endpoint_id, delivery_id)


def replay_dead(connection: Connection, workspace_id: UUID, endpoint_id: UUID, since: datetime) -> int:
    """Send again all that was given up since an instant; gives how many."""
    return _again(connection, workspace_id, endpoint_id, _c.state == "dead", _c.finished_at >= since)


def hurry(connection: Connection, workspace_id: UUID, endpoint_id: UUID) -> None:
    """Send what is due now, even where the endpoint asked for a pause or seemed to be away: a person wants to know."""
    if not endpoint(connection, workspace_id, endpoint_id).enabled:
        raise Conflict("The webhook is switched off.", advice="Switch it on first: PATCH it with enabled true.")
    columns = endpoint_table.c
    connection.execute(
        update(endpoint_table).values(not_before=None)
        .where(columns.workspace_id == workspace_id, columns.id == endpoint_id)
    )  # fmt: skip
    wake(connection, workspace_id, endpoint_id)


def _again(connection: Connection, workspace_id: UUID, endpoint_id: UUID, *which: ColumnElement[bool]) -> int:
    hurry(connection, workspace_id, endpoint_id)
    changed = connection.execute(
        update(delivery_table)
        .where(_c.workspace_id == workspace_id, _c.endpoint_id == endpoint_id, *which)
        .values(state="waiting", next_attempt_at=func.now(), tries=0, finished_at=None)
    )
    return changed.rowcount


def _named(workspace_id: UUID, endpoint_id: UUID, delivery_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (_c.workspace_id == workspace_id, _c.endpoint_id == endpoint_id, _c.id == delivery_id)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.id, message_name(row.message_id), row.kind, row.event_id, DeliveryState(row.state), row.attempts,
        row.next_attempt_at, row.last_status, row.problem, row.created_at, row.finished_at,
    )  # fmt: skip
