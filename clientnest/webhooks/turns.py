"""Turns: who sends to an endpoint, one process at a time and one request after the other.

A turn is a lease on the endpoint's row, renewed at each attempt; the row is locked only while it is looked at. An
attempt is written down before its request leaves, so that what a process that died was about to send is seen, and sent
once more under the same `webhook-id`.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, func, insert, select, update

from clientnest.db.tables.webhooks import webhook_attempt as attempt_table
from clientnest.db.tables.webhooks import webhook_delivery as delivery_table
from clientnest.db.tables.webhooks import webhook_endpoint as endpoint_table
from clientnest.db.tables.webhooks import webhook_message as message_table
from clientnest.log import get_logger
from clientnest.webhooks.schedule import MOST_ATTEMPTS
from clientnest.webhooks.signing import secrets_in_use
from clientnest.webhooks.waking import wake

LEASE = timedelta(seconds=60)  # several times what an attempt can take
_EARLY = timedelta(seconds=1)  # clocks differ, and whoever is woken too early is not woken again
INTERRUPTED = "The worker stopped before it knew what became of this attempt."
_e, _d, _m, _a = endpoint_table.c, delivery_table.c, message_table.c, attempt_table.c
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Errand:
    """One attempt that is to be made now: what to send, where to, signed with what."""

    workspace_id: UUID
    endpoint_id: UUID
    delivery_id: UUID
    turn: UUID
    number: int
    tries: int
    url: str
    message_id: UUID
    body: str
    secrets: tuple[str, ...]


def next_errand(
    connection: Connection, workspace_id: UUID, endpoint_id: UUID, turn: UUID, *, goes_on: bool = True
) -> Errand | None:
    """Take the turn, or keep it, and begin what is due longest. None ends the turn: nothing is due, the endpoint is
    not to be sent to at present, or another process has the turn. Without `goes_on` somebody is woken for the rest."""
    found = connection.execute(
        select(_e.url, _e.enabled, _e.turn, (_e.turn_until > func.now()).label("taken"),
               func.coalesce(_e.not_before > func.now(), False).label("pausing"))
        .where(_e.workspace_id == workspace_id, _e.id == endpoint_id).with_for_update()
    ).one_or_none()  # fmt: skip
    if found is None or (found.turn not in {None, turn} and found.taken):
        return None  # who has the turn looks again, under this lock, before it ends
    if found.turn not in {None, turn}:
        _close_interrupted(connection, workspace_id, endpoint_id)
    due = None if not found.enabled or found.pausing else _due(connection, workspace_id, endpoint_id)
    if due is None or not goes_on:
        _hold(connection, workspace_id, endpoint_id, None)
        if due is not None:
            wake(connection, workspace_id, endpoint_id)
        return None
    _hold(connection, workspace_id, endpoint_id, turn)
    return _begun(connection, workspace_id, endpoint_id, turn, found.url, due)


def has_turn(connection: Connection, errand: Errand) -> Row[Any] | None:
    """The endpoint's row, locked, where the errand's turn goes on; None where it was taken for dead, or is gone."""
    return connection.execute(
        select(_e.failures)
        .where(_e.workspace_id == errand.workspace_id, _e.id == errand.endpoint_id, _e.turn == errand.turn)
        .with_for_update()
    ).one_or_none()


def _due(connection: Connection, workspace_id: UUID, endpoint_id: UUID) -> Row[Any] | None:
    return connection.execute(
        select(_d.id, _d.attempts, _d.tries, _m.id.label("message_id"), _m.body)
        .join(message_table, (_m.workspace_id == _d.workspace_id) & (_m.id == _d.message_id))
        .where(_d.workspace_id == workspace_id, _d.endpoint_id == endpoint_id, _d.state == "waiting",
               _d.next_attempt_at <= func.now() + _EARLY)
        .order_by(_d.next_attempt_at, _d.id).limit(1)
    ).one_or_none()  # fmt: skip


def _begun(
    connection: Connection, workspace_id: UUID, endpoint_id: UUID, turn: UUID, url: str, due: Row[Any]
) -> Errand:
    secrets = secrets_in_use(connection, workspace_id, endpoint_id)
    number, tries = due.attempts + 1, due.tries + 1
    connection.execute(
        update(delivery_table).values(attempts=number, tries=tries)
        .where(_d.workspace_id == workspace_id, _d.id == due.id)
    )  # fmt: skip
    connection.execute(
        insert(attempt_table).values(workspace_id=workspace_id, delivery_id=due.id, number=number, turn=turn)
    )
    return Errand(workspace_id, endpoint_id, due.id, turn, number, tries, url, due.message_id, due.body, secrets)


def _hold(connection: Connection, workspace_id: UUID, endpoint_id: UUID, turn: UUID | None) -> None:
    until = None if turn is None else func.now() + LEASE
    connection.execute(
        update(endpoint_table).values(turn=turn, turn_until=until)
        .where(_e.workspace_id == workspace_id, _e.id == endpoint_id)
    )  # fmt: skip


def _close_interrupted(connection: Connection, workspace_id: UUID, endpoint_id: UUID) -> None:
    """What a dead process had begun stays due, unless it was the last attempt; it is nothing against the receiver."""
    of_endpoint = exists().where(
        _d.workspace_id == _a.workspace_id, _d.id == _a.delivery_id, _d.endpoint_id == endpoint_id
    )
    rows = connection.execute(
        update(attempt_table).values(ended_at=func.now(), problem=INTERRUPTED)
        .where(_a.workspace_id == workspace_id, _a.ended_at.is_(None), of_endpoint)
        .returning(_a.delivery_id, _a.number)
    ).all()  # fmt: skip
    for row in rows:
        _log.warning("an attempt was interrupted", delivery=str(row.delivery_id), number=row.number)
        of_row = (_d.workspace_id == workspace_id, _d.id == row.delivery_id, _d.state == "waiting")
        connection.execute(update(delivery_table).values(last_status=None, problem=INTERRUPTED).where(*of_row))
        connection.execute(
            update(delivery_table).values(state="dead", next_attempt_at=None, finished_at=func.now())
            .where(*of_row, _d.tries >= MOST_ATTEMPTS)
        )  # fmt: skip
