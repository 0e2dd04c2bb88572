"""The task that passes an event on to those who are not looking on."""

from collections.abc import Callable, Sequence
from uuid import UUID

from procrastinate import RetryStrategy
from sqlalchemy import Connection

from clientnest import events, notifications, webhooks
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.log import get_logger
from clientnest.tasks.queue import app

_log = get_logger(__name__)
Hear = Callable[[Connection, UUID, events.Event], None]
# Each hears of every event in a transaction of its own, and may hear of one twice.
HEARERS: Sequence[Hear] = (notifications.hear, webhooks.hear)


@app.task(name="events.pass_on", retry=RetryStrategy(max_attempts=9, exponential_wait=3))
def pass_on(workspace_id: str, event_id: int) -> None:
    """Let every hearer hear of an event. One that is gone, with its workspace, concerns nobody any more.

    A hearer that fails keeps it from nobody else; afterwards the task fails, and all hear again.
    """
    key = UUID(workspace_id)
    failed: list[Exception] = []
    for hear in HEARERS:
        try:
            with session.tenant(Role.WORKER, workspace_id=key) as connection:
                event = events.find(connection, key, event_id)
                if event is not None:
                    hear(connection, key, event)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others have to hear
            _log.warning("an event was not heard", hearer=hear.__module__, error=type(error).__name__)
            failed.append(error)
    if failed:
        raise failed[0]
