"""The tasks that send, wake what was missed, and forget."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from clientnest.tasks import app
from clientnest.tasks.forgetting import in_short_transactions
from clientnest.webhooks.sending import send
from clientnest.webhooks.settling import settle
from clientnest.webhooks.turns import next_errand
from clientnest.webhooks.waking import wake

TURN_SECONDS = 20.0
"""After which a turn begins no further attempt: there are other things to do than to send to one endpoint."""
KEPT = timedelta(days=30)
_AT_ONCE = 1_000


# Below all others: letters and the like do not wait for slow receivers.
@app.task(name="webhooks.send_due", priority=-1)
def send_due(workspace_id: str, endpoint_id: str) -> None:
    """Send what is due to an endpoint, in one turn; does nothing where another process has it."""
    workspace, endpoint, turn = UUID(workspace_id), UUID(endpoint_id), new_id()
    until = time.monotonic() + TURN_SECONDS
    while True:
        with session.tenant(Role.WORKER, workspace_id=workspace) as connection:
            errand = next_errand(connection, workspace, endpoint, turn, goes_on=time.monotonic() < until)
        if errand is None:
            return
        outcome = send(errand)
        with session.tenant(Role.WORKER, workspace_id=workspace) as connection:
            if not settle(connection, errand, outcome):
                return


@app.periodic(cron="* * * * *")
@app.task(name="webhooks.wake_overdue", queueing_lock="webhooks.wake_overdue", lock="webhooks.wake_overdue")
def wake_overdue(timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Wake somebody for what was due a while ago: its task was lost, or its worker died."""
    with session.tenant(Role.WORKER) as connection:
        rows = connection.execute(text("SELECT * FROM app.webhooks_overdue(:most)"), {"most": _AT_ONCE}).all()
        for row in rows:
            wake(connection, row.workspace_id, row.endpoint_id)


@app.periodic(cron="43 3 * * *")
@app.task(name="webhooks.forget", queueing_lock="webhooks.forget", lock="webhooks.forget")
def forget(timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Delete messages of more than 30 days ago and what became of them, in short transactions."""
    in_short_transactions("app.forget_webhooks", before=datetime.now(UTC) - KEPT, most=_AT_ONCE)
