"""The task that reminds of what waits to be approved."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text

from clientnest.approvals.reminding import PATIENCE, remind
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.tasks.queue import app


@app.periodic(cron="*/15 * * * *")
@app.task(name="approvals.remind", queueing_lock="approvals.remind", lock="approvals.remind")
def remind_everywhere(timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Remind in each workspace by itself, where something has waited for a day."""
    now = datetime.now(UTC)
    with session.tenant(Role.WORKER) as connection:
        found = connection.execute(text("SELECT app.reviews_waiting(:before)"), {"before": now - PATIENCE})
        workspaces: list[UUID] = list(found.scalars())
    for workspace_id in workspaces:
        with session.tenant(Role.WORKER, workspace_id=workspace_id) as connection:
            remind(connection, workspace_id, now)
