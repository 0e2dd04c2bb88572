"""One child process: started in a group of its own, its output in a rotated log, stopped with all its descendants."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from clientnest.errors import PermanentError

MARK = "CLIENTNEST_STACK"  # in the environment of every child and its descendants: the installation they belong to
LOG_BYTES = 10 * 1024**2
LOG_FILES = 3
_LAUNCHER = Path(__file__).with_name("launch.py")


class Child:
    """A running program. Start it from a thread that outlives it: on Linux it ends with the thread that made it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path, folder: Path) -> None:
        """Start `command` in `folder`; output is appended to `log`."""
        rotate(log)
        try:
            with log.open("ab") as output:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), *command],
                    stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                    cwd=folder, env=dict(environment), start_new_session=True,
                )  # fmt: skip
        except OSError as error:
            raise PermanentError(
                f"{Path(command[0]).name} could not be started: {error.strerror} ({error.filename}).",
                advice="`clientnest doctor` checks the installation.",
            ) from error
        self.log = log
        self._started = time.monotonic()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self._process.poll()

    def wait(self, seconds: float) -> int | None:
        """Its exit code, or None if it still runs after that time."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, seconds: float) -> None:
        """End it and everything it started: asked first, killed after `seconds`."""
        stop_all([self], seconds)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone, which passes it on as it sees fit."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        """End the whole group now."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def stop_all(children: Sequence[Child], seconds: float) -> None:
    """End children and everything they started, all at the same time: asked first, killed after `seconds`."""
    descendants = [process for child in children for process in _descendants(child.pid)]
    for child in children:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + seconds
    for child in children:
        if child.wait(max(0.0, deadline - time.monotonic())) is None:
            child.signal(signal.SIGKILL)
    end([process for process in descendants if process.is_running()], seconds=0.5)
    for child in children:
        child.wait(5)


def end(processes: Sequence[psutil.Process], seconds: float) -> None:
    """Ask processes to end, and kill those that have not after `seconds`. Not for children of this process: waiting
    for them here would take their exit codes away from who started them."""
    for action in ("terminate", "kill"):
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                getattr(process, action)()
        _, processes = psutil.wait_procs(processes, timeout=seconds if action == "terminate" else 5)


def rotate(log: Path) -> None:
    """Keep a log under `LOG_BYTES`: older text moves to .1, .2, …; its writer goes on writing to the emptied file."""
    if not log.exists():
        log.parent.mkdir(parents=True, exist_ok=True)
        return
    if log.stat().st_size <= LOG_BYTES:
        return
    for number in range(LOG_FILES - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    log.with_name(f"{log.name}.1").write_bytes(log.read_bytes())
    os.truncate(log, 0)  # opened for appending, so its writer continues at the new end


def last_lines(log: Path, count: int = 1) -> list[str]:
    """The last lines of a log that say something."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 20_000))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line.strip() for line in text.splitlines() if line.strip()][-count:]


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
