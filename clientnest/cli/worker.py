"""`clientnest worker`."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command that runs tasks."""
    app.command("worker")(worker)


def worker(
    concurrency: Annotated[int, typer.Option(min=1, max=100, help="How many tasks at a time.")] = 8,
    drain: Annotated[bool, typer.Option("--drain", help="Leave when nothing is waiting any more.")] = False,
) -> None:
    """Run the tasks of the queue: mail, webhooks, digests. `run` starts one; more may run on other machines."""
    from clientnest import log, settings, tasks

    log.configure(level=settings.core().log_level)
    tasks.run_worker(concurrency=concurrency, wait=not drain)
