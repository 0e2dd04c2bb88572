"""The embedded database as part of a run: started first, started again when it dies, stopped last."""

import contextlib
import threading

import psycopg2

from clientnest.db.server import EmbeddedServer
from clientnest.errors import ClientNestError
from clientnest.stack.plan import Display

CHECK_EVERY = 1.0
LONGEST_PAUSE = 60.0


class DatabaseKeeper:
    """Looks after one embedded server."""

    def __init__(self, server: EmbeddedServer, display: Display) -> None:
        self._server, self._display = server, display
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="database", daemon=True)

    def start(self) -> None:
        """Start it, and look after it from now on."""
        self._server.start(self._display.notice)
        self._thread.start()

    def write_down(self) -> None:
        """Have it write to disk what it still holds in memory, while others stop: its own stop is short then."""

        def checkpoint() -> None:
            with contextlib.suppress(psycopg2.Error), psycopg2.connect(self._server.url) as connection:
                connection.autocommit = True
                connection.cursor().execute("CHECKPOINT")

        threading.Thread(target=checkpoint, name="checkpoint", daemon=True).start()

    def stop(self) -> None:
        """Stop it cleanly."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()
        self._server.stop()

    def _watch(self) -> None:
        pause = CHECK_EVERY
        while not self._ending.wait(pause):
            if self._server.is_running():
                pause = CHECK_EVERY
                continue
            self._display.notice("The database stopped; it is being started again.")
            try:
                self._server.start(self._display.notice)
                self._display.notice("The database runs again. Nothing that was saved is lost.")
            except ClientNestError as error:
                pause = min(pause * 2, LONGEST_PAUSE)
                self._display.notice(f"{error.message} {error.advice} It is tried again in {pause:.0f} s.")
