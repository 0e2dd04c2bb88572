"""The first results: demo data at the first start, and tables that fit this version after an upgrade."""

import hashlib
import sys
import threading
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from clientnest import jobs
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.stack.child import Child
from clientnest.stack.layout import Layout
from clientnest.stack.state import State
from clientnest.workspaces import workspace_by_slug

DEMO_SLUG = "demo"
_LATEST = text(
    "SELECT j.state, j.step, j.progress, j.error ->> 'message' AS message "
    "FROM app.job j JOIN app.workspace w ON w.id = j.workspace_id "
    "WHERE w.slug = :slug AND j.kind = 'simulate' ORDER BY j.created_at DESC LIMIT 1"
)
PATIENCE = 300.0  # seconds that a start waits for the demo's numbers before it goes on without
_BUILT = "dbt_built"


def ask_for_demo_data() -> None:
    """Queue the demo's data where the demo workspace never had any; once in the life of an installation."""
    with session.tenant(Role.ETL) as connection:
        demo = workspace_by_slug(connection, DEMO_SLUG)
        if demo is None or not demo.is_demo:
            return
        asked = text("SELECT EXISTS (SELECT FROM app.job WHERE workspace_id = :workspace AND kind = 'simulate')")
        if not connection.execute(asked, {"workspace": demo.id}).scalar_one():
            jobs.enqueue(connection, demo.id, "simulate", {})


class Demo(StrEnum):
    """What became of the demo's data while a start waited for it."""

    KEPT = "kept"  # nothing to wait for
    BROUGHT = "brought"
    FAILED = "failed"
    UNDER_WAY = "under way"


def follow_demo_data(tell: Callable[[str], None], give_up: Callable[[], bool]) -> Demo:
    """Stay with the demo's job until it is closed, at most `PATIENCE` seconds; `tell` is told how far it is."""
    deadline = time.monotonic() + PATIENCE
    waited = False
    while time.monotonic() < deadline and not give_up():
        try:
            with session.tenant(Role.ETL) as connection:
                row = connection.execute(_LATEST, {"slug": DEMO_SLUG}).one_or_none()
        except OperationalError:  # the database is being started again; its keeper tells so
            time.sleep(1)
            continue
        if row is None or row.state == "done":
            return Demo.BROUGHT if waited else Demo.KEPT
        if row.state == "failed":
            tell(row.message)
            return Demo.FAILED
        waited = True
        tell(f"{row.step or 'waiting for Dagster'} {row.progress or 0:.0%}")
        time.sleep(0.5)
    return Demo.UNDER_WAY


class Tables:
    """Whether the tables behind the dashboards were built by the dbt project of this version."""

    def __init__(self, layout: Layout, manifest: Path) -> None:
        self._layout, self._state = layout, State(layout.state)
        self._version = hashlib.sha256(manifest.read_bytes()).hexdigest()

    @property
    def fit(self) -> bool:
        return self._state.get(_BUILT) == self._version

    def note_fit(self) -> None:
        """They were just built."""
        self._state.set(_BUILT, self._version)

    def rebuild(self, environment: Mapping[str, str], folder: Path, tell: Callable[[str], None]) -> None:
        """Build them in the background; builds of imports wait for it, and it for them."""

        def build() -> None:
            target = self._layout.home / "dbt" / "upgrade"
            command = [sys.executable, "-m", "orchestration.dbt_process", "build", "--target-path", str(target)]
            log = self._layout.log("upgrade")
            running = Child(command, {**environment, "DBT_LOG_PATH": str(target)}, log, folder)
            while (code := running.wait(3600)) is None:
                continue
            if code == 0:
                self.note_fit()
                tell("The dashboards' tables now fit this version.")
            elif code > 0:
                tell(f"The dashboards' tables could not be rebuilt for this version. What dbt said is in {log}.")

        threading.Thread(target=build, name="upgrade", daemon=True).start()
