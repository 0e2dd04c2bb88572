"""The task that lets events expire after 30 days: who was away for longer is told to read anew."""

from sqlalchemy import text

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.tasks import app

AT_ONCE = 10_000


@app.periodic(cron="29 3 * * *")
@app.task(name="events.expire", queueing_lock="events.expire", lock="events.expire")
def expire(timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Delete what is old, in short transactions that hold nobody up."""
    gone = AT_ONCE
    while gone == AT_ONCE:
        with session.tenant(Role.WORKER) as connection:
            gone = connection.execute(text("SELECT app.expire_feed(:most)"), {"most": AT_ONCE}).scalar_one()
