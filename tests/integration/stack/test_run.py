"""`clientnest run`, whole: everything starts, survives kills, explains itself, and stops without a trace."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from clientnest.db.server import EmbeddedServer
from clientnest.stack import record
from clientnest.stack.health import graphql, http_ok
from clientnest.stack.layout import Layout

pytestmark = pytest.mark.timeout(1200)
PATHS = {"api": "/readyz", "dashboards": "/_stcore/health", "dagster": "/server_info", "mlflow": "/health"}
LOADED = "{workspaceOrError{... on Workspace{locationEntries{locationOrLoadError{__typename}}}}}"


@dataclass
class Installation:
    """A data folder, and what was started on it."""

    home: Path
    run: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CLIENTNEST_")}
        return {**kept, "CLIENTNEST_HOME": str(self.home)}

    @property
    def output(self) -> str:
        return (self.home / "output").read_text()

    def start(self) -> None:
        """Start it, and wait until everything is up."""
        with (self.home / "output").open("wb") as output:
            self.run = subprocess.Popen(
                [sys.executable, "-m", "clientnest.cli", "run"],
                env=self.environment(), stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        until(lambda: "ClientNest is up" in self.output or self.ended, 600)
        assert "ClientNest is up" in self.output, self.output

    @property
    def ended(self) -> bool:
        return self.run is not None and self.run.poll() is not None

    def clientnest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "clientnest.cli", *arguments],
            env=self.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip

    def noted(self) -> dict[str, Any]:
        found = record.read(Layout(self.home).record)
        assert found is not None
        return found

    def answers(self, service: str) -> bool:
        return http_ok(record.port_of(self.noted(), service), PATHS[service])

    def processes(self) -> list[psutil.Process]:
        """Everything that carries this installation's mark, and its database."""
        mark = json.loads((self.home / "secrets.json").read_text())["installation_id"]
        return record.leftovers(self.home / "nothing", mark)

    def postmaster(self) -> psutil.Process:
        pid_file = EmbeddedServer(self.home).folder / "data" / "postmaster.pid"
        return psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    folder = Path(tempfile.mkdtemp(prefix="cn run-"))
    folder.chmod(0o711)
    made = Installation(folder)
    made.start()
    yield made
    if made.run is not None and not made.ended:
        made.run.terminate()
        made.run.wait(60)
    made.clientnest("stop")
    shutil.rmtree(folder)


def until(met: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)


def test_the_first_start_shows_where_everything_is_and_all_of_it_answers(installation: Installation) -> None:
    said = installation.output
    for part in ("Dashboards", "API docs", "Dagster", "MLflow", "Demo login", "Owner login", "Import", "Stop"):
        assert part in said
    assert "shown this once" in said
    assert str(installation.home) in said
    assert "Traceback" not in said
    for service in PATHS:
        assert installation.answers(service), service
    answer = graphql(record.port_of(installation.noted(), "dagster"), LOADED)
    assert answer is not None
    (location,) = answer["workspaceOrError"]["locationEntries"]
    assert location["locationOrLoadError"]["__typename"] == "RepositoryLocation"


def test_nothing_listens_beyond_this_machine(installation: Installation) -> None:
    ours = installation.processes()
    assert len(ours) > len(PATHS)
    heard = {
        one.laddr.ip
        for process in (*ours, installation.postmaster())
        for one in process.net_connections("inet")
        if one.status == psutil.CONN_LISTEN
    }
    assert heard
    assert heard <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}


def test_the_doctor_finds_it_well(installation: Installation) -> None:
    found = json.loads(installation.clientnest("doctor", "--json").stdout)
    assert [finding for finding in found if finding["level"] == "fail"] == []
    assert {"Database", "Migrations", "Rights", "Running", "api", "Dagster daemon"} <= {one["subject"] for one in found}


def test_a_second_run_says_where_the_first_is(installation: Installation) -> None:
    answer = installation.clientnest("run")
    assert answer.returncode == 0
    assert "already runs" in answer.stdout
    assert installation.noted()["addresses"]["dashboards"] in answer.stdout
    assert not installation.ended


@pytest.mark.parametrize("service", ["api", "code"])
def test_a_killed_service_comes_back_and_the_terminal_says_so(installation: Installation, service: str) -> None:
    before = record.process(installation.noted()["services"][service])
    assert before is not None
    before.kill()
    until(lambda: "runs again." in installation.output.split("started again in")[-1], 120)
    after = record.process(installation.noted()["services"][service])
    assert after is not None
    assert after.pid != before.pid
    until(lambda: installation.answers("api"), 60)
    (installation.home / "output").write_text("ClientNest is up\n")


def test_a_killed_database_comes_back_and_the_api_with_it(installation: Installation) -> None:
    killed = installation.postmaster()
    killed.kill()
    until(lambda: "The database runs again" in installation.output, 120)
    until(lambda: installation.answers("api"), 60)
    assert installation.postmaster().pid != killed.pid


def test_after_a_kill_of_the_supervisor_the_next_start_cleans_up_and_keeps_everything(
    installation: Installation,
) -> None:
    assert installation.run is not None
    services = [record.process(entry) for entry in installation.noted()["services"].values()]
    installation.run.kill()
    installation.run.wait()
    installation.start()
    assert all(service is not None and not service.is_running() for service in services)
    assert "Owner login" in installation.output
    assert "shown this once" not in installation.output  # the owner is the one that was made at the first start
    for service in PATHS:
        assert installation.answers(service), service


def test_a_signal_stops_everything_in_seconds(installation: Installation) -> None:
    assert installation.run is not None
    database = installation.postmaster()
    began = time.monotonic()
    installation.run.send_signal(signal.SIGTERM)
    assert installation.run.wait(60) == 0
    assert time.monotonic() - began < 30  # about ten on an idle machine
    assert f"Stopped. Your data is kept in {installation.home}" in installation.output
    assert installation.processes() == []
    assert not database.is_running() or database.status() == psutil.STATUS_ZOMBIE  # until init takes its exit code
    assert installation.clientnest("status").returncode == 1
