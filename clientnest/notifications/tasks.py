"""The tasks of notifications: digests in the morning, a second look at what may have mended itself, and forgetting."""

from datetime import UTC, datetime
from uuid import UUID

from procrastinate import RetryStrategy
from sqlalchemy import text

from clientnest import events
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import TransientError
from clientnest.notifications.digests import send_due
from clientnest.notifications.hearing import notify, still_fails
from clientnest.notifications.kinds import rule_for
from clientnest.tasks import app

AT_ONCE = 10_000
_AGAIN = RetryStrategy(max_attempts=9, exponential_wait=3, retry_exceptions={TransientError})


@app.periodic(cron="* * * * *")
@app.task(name="notifications.send_digests", queueing_lock="notifications.send_digests")
def send_digests(timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Write the digests of those for whom it is eight in the morning."""
    send_due(datetime.now(UTC))


@app.task(name="notifications.hear_again", retry=_AGAIN)
def hear_again(workspace_id: str, event_id: int) -> None:
    """Tell of an event after all, where it holds still."""
    key = UUID(workspace_id)
    with session.tenant(Role.WORKER, workspace_id=key) as connection:
        for event in events.after(connection, key, event_id - 1, limit=1):
            rule = rule_for(event)
            if event.id == event_id and rule is not None and still_fails(connection, key, event):
                notify(connection, key, event, rule)


@app.periodic(cron="41 3 * * *")
@app.task(name="notifications.forget", queueing_lock="notifications.forget", lock="notifications.forget")
def forget(timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Delete what was read three months ago and what is older than a year, in short transactions."""
    gone = AT_ONCE
    while gone == AT_ONCE:
        with session.tenant(Role.WORKER) as connection:
            gone = connection.execute(text("SELECT app.forget_notifications(:most)"), {"most": AT_ONCE}).scalar_one()
