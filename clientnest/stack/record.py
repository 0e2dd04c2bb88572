"""`run.json`: what this installation has running, so that other commands find it and the next start can clean up.

A process counts as ours only when its number and its time of creation both match, or when it carries this
installation's mark in its environment: numbers are given out again, and nobody else's process is ever touched.
"""

import contextlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from filelock import FileLock, Timeout

from clientnest.errors import Conflict
from clientnest.stack.child import MARK, end
from clientnest.stack.layout import Layout


class AlreadyRunning(Conflict):
    """Another supervisor looks after this data folder."""

    code = "already-running"


class Record:
    """The file as its supervisor writes it; every change is on disk at once."""

    def __init__(self, path: Path, addresses: Mapping[str, str]) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._content: dict[str, Any] = {
            "supervisor": identify(os.getpid()),
            "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "phase": "starting",
            "addresses": dict(addresses),
            "services": {},
        }
        self._write()

    def phase(self, phase: str) -> None:
        """`starting`, `running` or `stopping`."""
        with self._lock:
            self._content["phase"] = phase
            self._write()

    def service(self, key: str, pid: int, restarts: int) -> None:
        """A service's process, and how often it had to be started again."""
        with self._lock:
            self._content["services"][key] = {**identify(pid), "restarts": restarts}
            self._write()

    def remove(self) -> None:
        """Nothing runs any more."""
        self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        fresh = self._path.with_name(f"{self._path.name}.new")
        fresh.write_text(json.dumps(self._content, indent=2))
        fresh.replace(self._path)


@contextlib.contextmanager
def only_one(layout: Layout) -> Iterator[None]:
    """Hold the data folder's run lock, which the system gives back even after a kill."""
    lock = FileLock(layout.lock, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise AlreadyRunning(
            f"ClientNest already runs on the data folder {layout.home}.",
            advice="Stop it with Ctrl-C in its terminal, or with `make stop`.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def read(path: Path) -> dict[str, Any] | None:
    """What the last supervisor wrote; None where there is nothing, or nothing that can be read."""
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return content


def identify(pid: int) -> dict[str, Any]:
    """A process by number and time of creation (seconds since 1970)."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return {"pid": pid, "created": psutil.Process(pid).create_time()}
    return {"pid": pid, "created": None}


def port_of(noted: Mapping[str, Any], service: str) -> int:
    """The port of a service's noted address."""
    return urlsplit(noted["addresses"][service]).port or 0


def process(noted: Mapping[str, Any] | None) -> psutil.Process | None:
    """The running process that was noted; None where it is gone, or its number is somebody else's by now."""
    if not noted or noted.get("created") is None:
        return None
    try:
        found = psutil.Process(noted["pid"])
        return found if abs(found.create_time() - noted["created"]) < 0.05 and _runs(found) else None
    except psutil.NoSuchProcess:
        return None


def leftovers(path: Path, installation_id: str) -> list[psutil.Process]:
    """Processes of this installation that no living supervisor looks after. Ask only while holding the run lock."""
    noted = [process(entry) for entry in ((read(path) or {}).get("services") or {}).values()]
    found = {one.pid: one for one in noted if one is not None}
    for one in psutil.process_iter():
        if one.pid in found or one.pid == os.getpid():
            continue
        with contextlib.suppress(psutil.Error, OSError):
            if one.environ().get(MARK) == installation_id and _runs(one):
                found[one.pid] = one
    return list(found.values())


def end_leftovers(path: Path, installation_id: str, seconds: float = 5) -> int:
    """End them, politely first and by force after `seconds`; how many there were."""
    found = leftovers(path, installation_id)
    end(found, seconds)
    return len(found)


def _runs(one: psutil.Process) -> bool:
    return bool(one.is_running() and one.status() != psutil.STATUS_ZOMBIE)
