"""A real MLflow server on the test's own database, with its artefacts in a folder of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from clientnest.db.roles import Database, Role
from clientnest.db.urls import role_url
from tests.services.processes import free_port


@dataclass
class MlflowServer:
    """`uri` is its address. It may be paused (it accepts connections and never answers) or stopped."""

    uri: str
    _process: subprocess.Popen[bytes]

    @contextmanager
    def paused(self) -> Iterator[None]:
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(20)


def start_mlflow(folder: Path) -> MlflowServer:
    """Start it and wait until it answers; `stop` it at the end."""
    port = free_port()
    store = role_url(Role.MLFLOW, Database.MLFLOW, driver="psycopg2").render_as_string(hide_password=False)
    log = (folder / "server.log").open("wb")
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("mlflow")), "server", "--backend-store-uri", store,
         "--artifacts-destination", str(folder / "artifacts"), "--host", "127.0.0.1", "--port", str(port),
         "--workers", "1"],
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}, stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    log.close()
    server = MlflowServer(f"http://127.0.0.1:{port}", process)
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{server.uri}/health", timeout=2).status_code == 200:
                return server
        except httpx.TransportError:
            time.sleep(0.3)
    server.stop()
    raise AssertionError((folder / "server.log").read_text()[-3000:])
