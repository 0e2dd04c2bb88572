"""Waking whoever sends: a task that looks what is due at an endpoint. One too many does nothing."""

import math
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection

from clientnest import tasks


def wake(connection: Connection, workspace_id: UUID, endpoint_id: UUID, *, after: float = 0.0) -> None:
    """Look at the endpoint after the caller's commit, and `after` that many seconds."""
    from clientnest.webhooks.tasks import send_due

    tasks.defer(
        connection, send_due, delay=timedelta(seconds=math.ceil(after)), workspace_id=str(workspace_id),
        endpoint_id=str(endpoint_id),
    )  # fmt: skip
