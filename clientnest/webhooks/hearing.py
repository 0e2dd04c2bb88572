"""Hearing of events: what is to be sent is written down, in the transaction in which it is heard."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from clientnest.db.tables.webhooks import webhook_delivery as delivery_table
from clientnest.db.tables.webhooks import webhook_endpoint as endpoint_table
from clientnest.db.tables.webhooks import webhook_message as message_table
from clientnest.events import Event
from clientnest.events.catalogue import KINDS, TEST
from clientnest.ids import new_id
from clientnest.log import get_logger
from clientnest.webhooks.deliveries import Delivery, delivery, hurry
from clientnest.webhooks.patterns import wants
from clientnest.webhooks.waking import wake

_log = get_logger(__name__)
_Told = str | int | float | bool | None


def hear(connection: Connection, workspace_id: UUID, event: Event) -> None:
    """Make a delivery for each endpoint that wants the event; hearing of it again makes no other. For the worker.

    What concerns one person alone is sent nowhere, and neither is a kind that the catalogue does not name.
    """
    if event.person_id is not None:
        return
    if event.kind not in KINDS:
        _log.warning("an event of no known kind is sent nowhere", kind=event.kind)
        return
    columns = endpoint_table.c
    listening = connection.execute(
        select(columns.id, columns.events).where(columns.workspace_id == workspace_id, columns.enabled)
    ).all()
    wanting = [row.id for row in listening if wants(row.events, event.kind)]
    if not wanting:
        return
    told = {name: event.payload.get(name) for name in KINDS[event.kind].fields}
    body = _body(
        event.kind, event.created_at, workspace_id, event.subject_id, event.id,
        {name: value for name, value in told.items() if isinstance(value, _Told)},
    )  # fmt: skip
    message_id = _message(connection, workspace_id, event.kind, body, event.id)
    rows = [
        {"workspace_id": workspace_id, "id": new_id(), "endpoint_id": endpoint_id, "message_id": message_id}
        for endpoint_id in wanting
    ]
    made: Sequence[UUID] = connection.execute(
        upsert(delivery_table).values(rows).on_conflict_do_nothing().returning(delivery_table.c.endpoint_id)
    ).scalars().all()  # fmt: skip
    for endpoint_id in made:
        wake(connection, workspace_id, endpoint_id)


def try_out(connection: Connection, workspace_id: UUID, endpoint_id: UUID) -> Delivery:
    """Send one endpoint an event that says nothing, at once. `Conflict` where it is switched off. For `api`."""
    hurry(connection, workspace_id, endpoint_id)
    body = _body(TEST, datetime.now(UTC), workspace_id, endpoint_id, None, {})
    message_id = _message(connection, workspace_id, TEST, body, None)
    delivery_id = new_id()
    row = {"workspace_id": workspace_id, "id": delivery_id, "endpoint_id": endpoint_id, "message_id": message_id}
    connection.execute(insert(delivery_table).values(row))
    return delivery(connection, workspace_id, endpoint_id, delivery_id)


def _message(connection: Connection, workspace_id: UUID, kind: str, body: str, event_id: int | None) -> UUID:
    """What is sent, kept once however many endpoints it goes to."""
    message_id = new_id()
    row = {"workspace_id": workspace_id, "id": message_id, "event_id": event_id, "kind": kind, "body": body}
    connection.execute(upsert(message_table).values(row).on_conflict_do_nothing())
    if event_id is None:
        return message_id
    columns = message_table.c
    kept: UUID = connection.execute(
        select(columns.id).where(columns.workspace_id == workspace_id, columns.event_id == event_id)
    ).scalar_one()
    return kept


def _body(
    kind: str, at: datetime, workspace_id: UUID, subject_id: UUID | None, event_id: int | None,
    payload: Mapping[str, Any],
) -> str:  # fmt: skip
    said = {
        "type": kind,
        "timestamp": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {
            "workspace_id": str(workspace_id),
            "subject_id": None if subject_id is None else str(subject_id),
            "event_id": event_id,
            "payload": dict(payload),
        },
    }
    return json.dumps(said, separators=(",", ":"), allow_nan=False)
