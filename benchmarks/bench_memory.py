"""What a whole installation costs: memory of all processes together, and how long starting and stopping take.

`python -m benchmarks.bench_memory`. Memory is the sum of PSS (each shared page counted once, divided among those that
share it) over the supervisor, everything it started, and every process of the embedded Postgres.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from benchmarks.harness import at_most, report
from clientnest import secrets
from clientnest.stack import record
from clientnest.stack.layout import Layout

IDLE_SECONDS = 60
LIMIT_GB = 3.5
UP = "ClientNest is up"


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="cn-bench-"))
    home.chmod(0o711)
    try:
        first = one_run(home, "first")
        second = one_run(home, "second")
    finally:
        shutil.rmtree(home, ignore_errors=True)
    report(
        "memory",
        [
            at_most("All processes, idle, 60 s after a start", second["gigabytes"], "GB", LIMIT_GB, "sum of PSS"),
            at_most("All processes, 60 s after the first start, models being trained", first["gigabytes"], "GB",
                    LIMIT_GB, "sum of PSS"),
            at_most("Second `make run` until the table of addresses", second["start"], "s", 30, "once"),
            at_most("Ctrl-C until everything has stopped", second["stop"], "s", 10, "once"),
        ],
        {"first": first, "second": second},
    )  # fmt: skip


def one_run(home: Path, name: str) -> dict[str, Any]:
    """Start, wait, measure, stop: seconds, gigabytes, and megabytes by process."""
    output = home / f"{name}.output"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLIENTNEST_")}
    began = time.monotonic()
    with output.open("wb") as file:
        run = subprocess.Popen(
            ["make", "run"], stdout=file, stderr=file, stdin=subprocess.DEVNULL, start_new_session=True,
            cwd=Path(__file__).parents[1], env={**environment, "CLIENTNEST_HOME": str(home)},
        )  # fmt: skip
    while UP not in output.read_text():
        if run.poll() is not None:
            sys.exit(output.read_text())
        time.sleep(0.1)
    started = time.monotonic() - began
    time.sleep(IDLE_SECONDS)
    megabytes = by_process(home)
    began = time.monotonic()
    os.killpg(run.pid, signal.SIGINT)  # as a terminal's Ctrl-C reaches make and what it runs
    run.wait()
    return {
        "start": round(started, 1),
        "stop": round(time.monotonic() - began, 1),
        "gigabytes": round(sum(megabytes.values()) / 1024, 2),
        "megabytes": megabytes,
        "busy": round(os.getloadavg()[0], 1),
    }


def by_process(home: Path) -> Mapping[str, int]:
    """PSS in MiB of each service with its descendants, of the supervisor, and of Postgres."""
    noted = record.read(Layout(home).record) or {}
    services = {key: psutil.Process(entry["pid"]) for key, entry in noted["services"].items()}
    supervisor = psutil.Process(noted["supervisor"]["pid"])
    found = {key: pss([process, *process.children(recursive=True)]) for key, process in services.items()}
    counted = {process.pid for key in services for process in [services[key], *services[key].children(recursive=True)]}
    ours = record.leftovers(home / "nothing", secrets.load(home).installation_id)
    found["other"] = pss([process for process in ours if process.pid not in counted | {supervisor.pid}])
    found["supervisor"] = pss([supervisor])
    found["postgres"] = pss([one for one in psutil.process_iter(["name"]) if works_below(one, home / "postgres")])
    return found


def works_below(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.info["name"] == "postgres" and Path(process.cwd()).is_relative_to(folder)
    except psutil.Error:
        return False


def pss(processes: list[psutil.Process]) -> int:
    total = 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return round(total / 1024**2)


if __name__ == "__main__":
    main()
