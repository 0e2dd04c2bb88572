"""The queue: tasks are added in the transaction that needs them, so that neither exists without the other."""

from datetime import datetime
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.tasks import Task
from sqlalchemy import Connection

# Where tasks are defined; imported by the worker, so that a task added by any process is known to it.
MODULES = ("clientnest.tasks.upkeep", "clientnest.mail.tasks", "clientnest.accounts.tasks")

# Adding never opens this connector: it uses the caller's connection. The worker gives it a pool.
app = App(connector=PsycopgConnector(), import_paths=MODULES)


def defer(
    connection: Connection, task: "Task[..., Any, ...]", *, at: datetime | None = None, lock: str | None = None,
    once: str | None = None, **arguments: Any,
) -> None:  # fmt: skip
    """Add a task in the caller's transaction: it runs after the commit, and never where there was none.

    `at`: not before this instant. `lock`: tasks of one lock run one after the other. `once`: where a task of that name
    is waiting already, nothing is added. `arguments` are JSON, kept while the task waits: ids, never words of people.
    """
    raw = connection.connection.driver_connection
    options: dict[str, Any] = {"connection": raw, "schedule_at": at, "lock": lock, "queueing_lock": once}
    if once is None:
        task.configure(**options).defer(**arguments)
        return
    from procrastinate.exceptions import AlreadyEnqueued

    try:
        with connection.begin_nested():
            task.configure(**options).defer(**arguments)
    except AlreadyEnqueued:
        return
