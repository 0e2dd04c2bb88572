"""The queue: tasks are added in the transaction that needs them, so that neither exists without the other."""

from datetime import timedelta
from typing import Any

from procrastinate import App, PsycopgConnector, RetryStrategy, SyncPsycopgConnector
from procrastinate.manager import JobManager
from procrastinate.tasks import Task
from procrastinate.types import TimeDeltaParams
from sqlalchemy import Connection

from clientnest.errors import TransientError

# Where tasks are defined; imported by the worker, so that a task added by any process is known to it.
MODULES = (
    "clientnest.tasks.upkeep", "clientnest.tasks.passing_on", "clientnest.mail.tasks", "clientnest.accounts.tasks",
    "clientnest.identity.tasks",
    "clientnest.events.tasks", "clientnest.notifications.tasks", "clientnest.webhooks.tasks",
    "clientnest.media.tasks", "clientnest.content.tasks", "clientnest.approvals.tasks",
)  # fmt: skip

DEFAULT, MEDIA = "default", "media"
"""The queues: what takes a moment, and pictures and videos."""

# Adding never opens this connector: it uses the caller's connection. The worker gives it a pool.
app = App(connector=PsycopgConnector(), import_paths=MODULES)


# 3, 9, 27 … seconds: nine tries within about three hours, where trying again may help.
AGAIN = RetryStrategy(max_attempts=9, exponential_wait=3, retry_exceptions={TransientError})

# While the worker runs, the app's connector is an asynchronous one, which cannot use the connection of a task's thread.
_adding = JobManager(SyncPsycopgConnector())


def defer(
    connection: Connection, task: "Task[..., Any, ...]", *, delay: timedelta | None = None, **arguments: Any
) -> None:
    """Add a task in the caller's transaction: it runs after the commit (and `delay`), and never where there was none.

    `arguments` are JSON, kept while the task waits: ids, never words of people.
    """
    later = TimeDeltaParams(seconds=int(delay.total_seconds())) if delay else None
    deferrer = task.configure(connection=connection.connection.driver_connection, schedule_in=later)
    deferrer.job_manager = _adding
    deferrer.defer(**arguments)
