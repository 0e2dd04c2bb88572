"""The task that keeps access to networks fresh."""

from datetime import UTC, datetime

from clientnest.accounts.renewal import refresh_due
from clientnest.tasks import app


@app.periodic(cron="* * * * *")
@app.task(name="accounts.refresh_due", queueing_lock="accounts.refresh_due", lock="accounts.refresh_due")
def refresh_tokens(timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Renew what is about to end; each account by one process at a time, whatever else runs."""
    refresh_due(datetime.now(UTC))
