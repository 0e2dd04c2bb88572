"""From another terminal: what runs, and stopping it."""

import signal
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from clientnest import secrets
from clientnest.db.server import EmbeddedServer
from clientnest.errors import PermanentError, TransientError
from clientnest.stack import record
from clientnest.stack.health import accepts
from clientnest.stack.layout import Layout

_PATIENCE = 180.0  # a database with much to write takes its time


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One process: `state` is running, starting (runs, but does not answer yet) or stopped."""

    service: str
    state: str
    address: str | None
    pid: int
    restarts: int


def status(layout: Layout) -> dict[str, Any] | None:
    """What runs, as JSON-able facts; None where nothing does."""
    noted = record.read(layout.record)
    if noted is None or record.process(noted["supervisor"]) is None:
        return None
    return {
        "home": str(layout.home),
        "phase": noted["phase"],
        "started_at": noted["started_at"],
        "pid": noted["supervisor"]["pid"],
        "addresses": noted["addresses"],
        "services": [asdict(_of(noted, key)) for key in noted["services"]],
    }


def stop(layout: Layout, tell: Callable[[str], None]) -> None:
    """Stop a run, or what a killed one left behind. Tells what was done."""
    noted = record.read(layout.record)
    running = record.process((noted or {}).get("supervisor"))
    if running is not None:
        tell("Stopping everything; the database last.")
        _end(running)
        tell(f"Stopped. Your data is kept in {layout.home}.")
        return
    if not (layout.home / "secrets.json").exists():
        tell("Nothing runs.")
        return
    with record.only_one(layout):
        ended = record.end_leftovers(layout.record, secrets.load(layout.home).installation_id)
        server = EmbeddedServer(layout.home)
        database = server.is_running()
        server.stop()
        layout.record.unlink(missing_ok=True)
    if ended or database:
        what = [f"{ended} processes"] if ended else []
        tell(f"Ended what an earlier run left behind: {' and '.join(what + ['the database'] * database)}.")
    else:
        tell("Nothing runs.")


def _end(running: psutil.Process) -> None:
    try:
        running.send_signal(signal.SIGTERM)
    except psutil.AccessDenied as error:
        raise PermanentError(
            f"ClientNest was started by another user ({running.username()}).", advice="Stop it as that user."
        ) from error
    try:
        running.wait(_PATIENCE)
    except psutil.TimeoutExpired as error:
        raise TransientError(
            f"It has not ended within {_PATIENCE:.0f} s (process {running.pid}).",
            advice="It may still be writing. `make doctor` shows what runs.",
        ) from error


def _of(noted: dict[str, Any], key: str) -> ServiceStatus:
    entry = noted["services"][key]
    address = noted["addresses"].get(key)
    if record.process(entry) is None:
        state = "stopped"
    else:
        state = "running" if address is None or accepts(record.port_of(noted, key)) else "starting"
    return ServiceStatus(key, state, address, entry["pid"], entry["restarts"])
