"""`python -m orchestration.code_server`: Dagster's code server, whose runs begin at once.

Dagster starts each run in a fresh process, which spends seconds on importing Dagster and our definitions before it does
anything. Here runs are forked from a process that has imported all of that and done nothing else: it has no threads and
no connections that a fork could break. Takes the arguments of `dagster api grpc`.
"""

import multiprocessing
import sys
import threading
from multiprocessing import forkserver
from multiprocessing.context import BaseContext

PRELOADED = ["orchestration.definitions", "dagster._grpc.impl", "dagster._core.execution.api"]
# The process that runs are forked from is made once everything else of a start had its turn, or with the first run.
_AFTER_SECONDS = 30.0


def main() -> None:
    """Serve until terminated."""
    warm = multiprocessing.get_context("forkserver")
    warm.set_forkserver_preload(PRELOADED)
    given = multiprocessing.get_context

    def context(method: str | None = None) -> BaseContext:
        return warm if method == "spawn" else given(method)

    # Dagster asks for "spawn" by name, and offers no setting for it.
    multiprocessing.get_context = context  # type: ignore[assignment]
    timer = threading.Timer(_AFTER_SECONDS, forkserver.ensure_running)
    timer.daemon = True
    timer.start()
    from dagster._cli import main as dagster

    sys.argv = ["dagster", "api", "grpc", *sys.argv[1:]]
    dagster()


if __name__ == "__main__":
    main()
