"""Dagster's processes as an installation runs them, in a home of the test's own, to be started and killed at will."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from clientnest import settings
from orchestration import instance
from orchestration.manifest import ensure_manifest


@dataclass
class Services:
    """A code server and a daemon; `environment` is what the test's database fixture set, and Dagster's own."""

    port: int
    folder: Path
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        """Start "code" and "daemon", or those named, where they do not run; waits until the code server answers."""
        for name in names or ("code", "daemon"):
            if name in self.running and self.running[name].poll() is None:
                continue
            self.running[name] = self._launch(name)
            if name == "code":
                self._wait_for_code()

    def kill(self, name: str) -> None:
        """kill -9, as a machine short of memory does it."""
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def runs(self) -> list[psutil.Process]:
        """The processes of Dagster runs under way: forked from the one that the code server keeps for it."""
        code = self.running.get("code")
        if code is None or code.poll() is not None:
            return []
        return [
            run
            for child in psutil.Process(code.pid).children()
            if "multiprocessing.forkserver" in " ".join(_command(child))
            for run in child.children()
        ]

    def stop(self) -> None:
        families = [
            relative
            for process in self.running.values()
            if process.poll() is None
            for relative in [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        ]
        for process in families:
            with_suppressed_end(process, signal.SIGTERM)
        _, alive = psutil.wait_procs(families, timeout=10)
        for process in alive:
            with_suppressed_end(process, signal.SIGKILL)
        psutil.wait_procs(alive, timeout=5)
        self.running.clear()

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _launch(self, name: str) -> subprocess.Popen[bytes]:
        commands = {
            "code": ["orchestration.code_server", "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p",
                     str(self.port), "--location-name", instance.LOCATION],
            "daemon": ["dagster._daemon", "run", "-w", str(self.folder / "workspace.yaml")],
        }  # fmt: skip
        with (self.folder / f"{name}.log").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", *commands[name]],
                env=self.environment, stdout=output, stderr=output, cwd=self.folder, start_new_session=True,
            )  # fmt: skip

    def _wait_for_code(self, timeout: float = 90) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.running["code"].poll() is not None:
                raise AssertionError("the code server ended:\n" + self.log("code")[-4000:])
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.2)
        raise AssertionError("the code server does not answer:\n" + self.log("code")[-4000:])


def with_suppressed_end(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


@contextmanager
def services(port: int) -> Iterator[Services]:
    """Configured, not started; everything that was started is stopped at the end."""
    ensure_manifest()
    home = settings.core().home
    folder = instance.write_config(home, port)
    made = Services(port, folder, {**os.environ, **instance.environment(home)})
    try:
        yield made
    finally:
        made.stop()


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
