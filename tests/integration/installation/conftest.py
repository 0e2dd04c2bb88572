"""One installation for this folder, started as `make run` starts it: the tests follow each other on it, in order."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from clientnest.db.server import EmbeddedServer
from clientnest.stack import record
from clientnest.stack.health import http_ok
from clientnest.stack.layout import Layout
from tests.services.processes import free_port

CLIENTNEST = (sys.executable, "-m", "clientnest.cli")
PATHS = {"api": "/readyz", "dashboards": "/_stcore/health", "dagster": "/server_info", "mlflow": "/health"}


@dataclass
class Installation:
    """A data folder, what was started on it, and the logins that the first start showed."""

    home: Path
    ports: dict[str, int] = field(default_factory=lambda: {service: free_port() for service in PATHS})
    run: subprocess.Popen[bytes] | None = None
    logins: dict[str, tuple[str, str]] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CLIENTNEST_")}
        return {**kept, "CLIENTNEST_HOME": str(self.home), "COLUMNS": "160"}

    @property
    def output(self) -> str:
        return (self.home / "output").read_text()

    def start(self) -> None:
        """Start it, and wait until everything is up."""
        options = [option for service, port in self.ports.items() for option in (f"--{service}-port", str(port))]
        with (self.home / "output").open("wb") as output:
            self.run = subprocess.Popen(
                [*CLIENTNEST, "run", *options],
                env=self.environment(), cwd=self.home, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        until(lambda: "ClientNest is up" in self.output or self.ended, 600)
        assert "ClientNest is up" in self.output, self.output
        for who, password in re.findall(r"(\w+@\S+)\s+password (\S+)", self.output):
            self.logins.setdefault(who.partition("@")[0], (who, password))

    @property
    def ended(self) -> bool:
        return self.run is not None and self.run.poll() is not None

    def clientnest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*CLIENTNEST, *arguments],
            env=self.environment(), cwd=self.home, capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip

    def address(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def signed_in(self, who: str) -> httpx.Client:
        """A client of the API for the `owner` or the `demo` login."""
        email, password = self.logins[who]
        answer = httpx.post(f"{self.address('api')}/v1/auth/token", json={"email": email, "password": password})
        token = answer.raise_for_status().json()["access_token"]
        return httpx.Client(base_url=self.address("api"), headers={"authorization": f"Bearer {token}"}, timeout=30)

    def noted(self) -> dict[str, Any]:
        found = record.read(Layout(self.home).record)
        assert found is not None
        return found

    def answers(self, service: str) -> bool:
        return http_ok(self.ports[service], PATHS[service])

    def processes(self) -> list[psutil.Process]:
        """Everything that carries this installation's mark."""
        mark = json.loads((self.home / "secrets.json").read_text())["installation_id"]
        return record.leftovers(self.home / "nothing", mark)

    def postmaster(self) -> psutil.Process:
        pid_file = EmbeddedServer(self.home).folder / "data" / "postmaster.pid"
        return psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))


@pytest.fixture(scope="package")
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
