"""`clientnest worker`: runs what the queue holds. Any number of them, on any machine that reaches the database."""

import asyncio

from procrastinate import PsycopgConnector

from clientnest.db.roles import Role
from clientnest.db.urls import libpq
from clientnest.log import get_logger
from clientnest.tasks.queue import app

CONCURRENCY = 8
_log = get_logger(__name__)


def run_worker(*, concurrency: int = CONCURRENCY, wait: bool = True) -> None:
    """Run tasks until SIGINT or SIGTERM (those begun are finished), or, with `wait=False`, until none is left."""
    asyncio.run(_run(concurrency, wait))


async def _run(concurrency: int, wait: bool) -> None:
    connector = PsycopgConnector(conninfo=libpq(Role.WORKER), min_size=1, max_size=4)
    with app.replace_connector(connector) as working:
        async with working.open_async():
            _log.info("worker ready", concurrency=concurrency)
            await working.run_worker_async(
                concurrency=concurrency, wait=wait, install_signal_handlers=True, delete_jobs="successful",
                shutdown_graceful_timeout=20, fetch_job_polling_interval=5,
            )  # fmt: skip
