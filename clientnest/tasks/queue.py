"""The queue: tasks are added in the transaction that needs them, so that neither exists without the other."""

from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.tasks import Task
from sqlalchemy import Connection

# Where tasks are defined; imported by the worker, so that a task added by any process is known to it.
MODULES = ("clientnest.tasks.upkeep", "clientnest.mail.tasks", "clientnest.accounts.tasks")

# Adding never opens this connector: it uses the caller's connection. The worker gives it a pool.
app = App(connector=PsycopgConnector(), import_paths=MODULES)


def defer(connection: Connection, task: "Task[..., Any, ...]", **arguments: Any) -> None:
    """Add a task in the caller's transaction: it runs after the commit, and never where there was none.

    `arguments` are JSON, kept while the task waits: ids, never words of people.
    """
    task.configure(connection=connection.connection.driver_connection).defer(**arguments)
