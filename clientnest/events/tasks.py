"""The task that lets events expire after 30 days: who was away for longer is told to read anew."""

from clientnest.tasks import app
from clientnest.tasks.forgetting import in_short_transactions

AT_ONCE = 10_000


@app.periodic(cron="29 3 * * *")
@app.task(name="events.expire", queueing_lock="events.expire", lock="events.expire")
def expire(timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Delete what is old, in short transactions that hold nobody up."""
    in_short_transactions("app.expire_feed", most=AT_ONCE)
