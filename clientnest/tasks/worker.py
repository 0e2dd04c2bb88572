"""`clientnest worker`: runs what the queue holds. Any number of them, on any machine that reaches the database."""

import asyncio
import os
import signal
from contextlib import suppress

from procrastinate import App, PsycopgConnector

from clientnest.db.roles import Role
from clientnest.db.urls import libpq
from clientnest.log import get_logger
from clientnest.tasks.queue import DEFAULT, MEDIA, app

CONCURRENCY = 8
_MEDIA_AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
_log = get_logger(__name__)


def run_worker(*, concurrency: int = CONCURRENCY, wait: bool = True) -> None:
    """Run tasks until SIGINT or SIGTERM (those begun are finished), or, with `wait=False`, until none is left."""
    asyncio.run(_run(concurrency, wait))


async def _run(concurrency: int, wait: bool) -> None:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - this is one
    connector = PsycopgConnector(conninfo=libpq(Role.WORKER), min_size=1, max_size=4)
    with app.replace_connector(connector) as working:
        async with working.open_async():
            _log.info("worker ready", concurrency=concurrency)
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, task.cancel)
            with suppress(asyncio.CancelledError):
                if wait:
                    await _work(working, concurrency, wait=True)
                else:
                    await _drain(working, connector, concurrency)


async def _drain(working: App, connector: PsycopgConnector, concurrency: int) -> None:
    """Until nothing waits but what cannot run now. The library leaves while tasks are running that add others."""
    due = await _due(connector)
    while True:
        await _work(working, concurrency, wait=False)
        before, due = due, await _due(connector)
        if due <= before:
            return


async def _work(working: App, concurrency: int, *, wait: bool) -> None:
    """Each queue has hands of its own: long videos hold up no letter."""
    async with asyncio.TaskGroup() as group:
        for queue, hands in ((DEFAULT, concurrency), (MEDIA, _MEDIA_AT_ONCE)):
            group.create_task(working.run_worker_async(
                queues=[queue], concurrency=hands, wait=wait, install_signal_handlers=False, delete_jobs="successful",
                shutdown_graceful_timeout=20, fetch_job_polling_interval=5,
            ))  # fmt: skip


async def _due(connector: PsycopgConnector) -> frozenset[int]:
    rows = await connector.execute_query_all_async(
        "SELECT id FROM procrastinate_jobs WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())"
    )
    return frozenset(row["id"] for row in rows)
