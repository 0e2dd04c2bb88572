"""The tasks of notifications: digests in the morning, a second look at what may have mended itself, and forgetting."""

from datetime import UTC, datetime
from uuid import UUID

from clientnest import events
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.notifications.digests import send_due
from clientnest.notifications.hearing import notify, still_fails
from clientnest.notifications.kinds import rule_for
from clientnest.tasks import AGAIN, app
from clientnest.tasks.forgetting import in_short_transactions

AT_ONCE = 10_000


@app.periodic(cron="* * * * *")
@app.task(name="notifications.send_digests", queueing_lock="notifications.send_digests")
def send_digests(timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Write the digests of those for whom it is eight in the morning."""
    send_due(datetime.now(UTC))


@app.task(name="notifications.hear_again", retry=AGAIN)
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
    in_short_transactions("app.forget_notifications", most=AT_ONCE)
