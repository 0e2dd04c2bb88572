"""Imports under kill -9: whatever is killed whenever, after a restart the totals are those of an undisturbed import."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import psutil
from psycopg2 import OperationalError

from clientnest import settings
from clientnest.db import session
from clientnest.db.server import EmbeddedServer
from clientnest.errors import ClientNestError
from tests.conftest import make_workspace
from tests.integration.imports.helpers import holdings
from tests.integration.orchestration.processes import Services
from tests.unit.exports.files import X_HEADER, table, write, x_row

T = TypeVar("T")
SETTLED = 300.0  # seconds an import may take after a kill: its lease runs out after 60
MARTS = """
SELECT p.external_id, p.post_type, p.hour_of_week, f.captured_at, f.impressions, f.likes, f.engagement, f.engagement_7d
FROM marts.dim_post p JOIN marts.fct_post_performance f USING (workspace_id, post_id)
WHERE p.workspace_id = %s ORDER BY p.external_id
"""
DAYS = """
SELECT day, source, engagement, impressions, likes FROM marts.fct_account_daily
WHERE workspace_id = %s ORDER BY day, source
"""


def write_exports(folder: Path, posts: int = 120) -> list[Path]:
    """X exports of three months of one account, each holding the month before as well, and one of them twice."""
    start = datetime(2025, 1, 1, 8, 15, tzinfo=UTC)
    paths = []
    for month in range(3):
        rows = [
            x_row(
                start + timedelta(days=30 * month, hours=6 * n),
                f"Post {n} #spring",
                Likes=abs(n) + month,
                Impressions=90 * abs(n),
            )
            for n in range(-posts if month else 0, posts)
        ]
        captured = (start + timedelta(days=30 * (month + 1))).date()
        name = f"account_analytics_content_{captured - timedelta(days=29)}_{captured}.csv"
        paths.append(write(folder, table(X_HEADER, rows), name))
    paths.append(write(folder, paths[-1].read_bytes(), f"again/{paths[-1].name}"))
    return paths


@dataclass
class Disturbance:
    """One kind of thing to kill while an import is under way, again and again."""

    services: Services
    paths: list[Path]
    rng: random.Random
    in_a_hurry: bool = False  # the lease of a killed run ends at once, and not when its time is over
    importer: subprocess.Popen[bytes] | None = None
    log: list[str] = field(default_factory=list)
    hits: int = 0  # kills that found something to kill
    took: float = 0.0  # seconds of the undisturbed import

    def undisturbed(self) -> dict[str, Any]:
        workspace = make_workspace()
        began = time.monotonic()
        self._import(workspace)
        self._settle(workspace)
        self.took = time.monotonic() - began
        return self.totals(workspace)

    def disturbed(self, targets: Sequence[str], longest: float) -> dict[str, Any]:
        """Import into a new workspace, killing each of `targets` in turn, at random moments up to `longest` seconds
        after the import began or went on; gives the totals once all is calm."""
        workspace = make_workspace()
        self._import(workspace)
        for target in targets:
            wait = self.rng.uniform(0, longest)
            time.sleep(wait)
            if self._is_over(workspace):
                self.log.append(f"the import was over after {wait:.1f} s")
                break
            found = getattr(self, f"_kill_{target}")()
            self.hits += found
            self.log.append(f"{target} {'killed' if found else 'was not there'} after {wait:.1f} s")
            if self.in_a_hurry and target in {"run", "postgres"}:
                self._end_leases(workspace)
            self._restart(workspace)
        self._settle(workspace)
        return self.totals(workspace)

    def totals(self, workspace: UUID) -> dict[str, Any]:
        """All captured rows and what the marts made of them."""
        held = holdings(workspace)
        with session.etl() as connection, connection.cursor() as cursor:
            for name, query in (("posts in marts", MARTS), ("days in marts", DAYS)):
                cursor.execute(query, (str(workspace),))
                held[name] = cursor.fetchall()
        return held

    def _import(self, workspace: UUID) -> None:
        program = Path(sys.executable).with_name("clientnest")
        with (self.services.folder / "importer.log").open("ab") as output:
            self.importer = subprocess.Popen(
                [program, "import", *map(str, self.paths), "--workspace", f"t-{workspace.hex}", "--wait"],
                env=os.environ.copy(), stdout=output, stderr=output,
            )  # fmt: skip

    def _kill_importer(self) -> bool:
        assert self.importer is not None
        alive = self.importer.poll() is None
        self.importer.kill()
        self.importer.wait()
        return alive

    def _kill_daemon(self) -> bool:
        self.services.kill("daemon")
        return True

    def _kill_run(self) -> bool:
        runs = self.services.runs()
        for process in runs:
            process.kill()
        return bool(runs)

    def _kill_postgres(self) -> bool:
        server = EmbeddedServer(settings.core().home)
        postmaster = psutil.Process(int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0]))
        postmaster.kill()
        deadline = time.monotonic() + 30
        # Dead is enough: init may take its time to collect the exit code of a process that is no child of ours.
        while not _is_dead(postmaster):
            assert time.monotonic() < deadline, "the killed server still runs"
            time.sleep(0.05)
        self._eventually(lambda: bool(server.start()))
        return True

    def _restart(self, workspace: UUID) -> None:
        """What a person or a supervisor does: start again what is gone, and the import where it was not taken in."""
        self.services.start()
        if self.importer is not None and self.importer.poll() not in (None, 0) and not self._jobs(workspace):
            self._import(workspace)

    def _settle(self, workspace: UUID) -> None:
        deadline = time.monotonic() + SETTLED
        while time.monotonic() < deadline:
            self._restart(workspace)
            if self._is_over(workspace):
                break
            time.sleep(0.5)
        jobs = self._jobs(workspace)
        assert jobs, "no import was taken in"
        assert all(state == "done" for state, _ in jobs), f"{jobs} after {self.log}"
        if self.importer is not None:
            self.importer.wait(30)

    def _is_over(self, workspace: UUID) -> bool:
        states = {state for state, _ in self._jobs(workspace)}
        return bool(states) and states <= {"done", "failed"}

    def _jobs(self, workspace: UUID) -> list[tuple[str, Any]]:
        def look() -> list[tuple[str, Any]]:
            with session.etl() as connection, connection.cursor() as cursor:
                cursor.execute(
                    "SELECT state, error FROM app.job WHERE workspace_id = %s AND kind = 'import'", (str(workspace),)
                )
                return cursor.fetchall()

        return self._eventually(look)

    def _end_leases(self, workspace: UUID) -> None:
        def end() -> None:
            with session.etl() as connection, connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE app.job SET lease_until = now() WHERE workspace_id = %s AND lease_until > now()",
                    (str(workspace),),
                )

        self._eventually(end)

    @staticmethod
    def _eventually(act: Callable[[], T], tries: int = 60) -> T:
        for _ in range(tries - 1):
            try:
                return act()
            except (ClientNestError, OperationalError):
                time.sleep(0.5)
        return act()


def _is_dead(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def assert_same(totals: dict[str, Any], wanted: dict[str, Any], log: Iterable[str]) -> None:
    """Name what differs, and what was killed when."""
    different = [name for name in wanted if totals[name] != wanted[name]]
    assert not different, f"{different} differ after {list(log)}"
