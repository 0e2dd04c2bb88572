"""A whole installation: memory of all processes together, how long starting and stopping take, and a large import.

Memory is the sum of PSS (each shared page counted once, divided among those that share it) over the supervisor,
everything it started, and every process of the embedded Postgres. The imports are `clientnest import` of X exports of
three accounts, one after the other, each from the command's start until it says that the posts are in the dashboards;
then the first file once more. Between them the models that learn from each import are waited for.
"""

import csv
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from benchmarks.harness import Figure, at_most, median, report, seconds
from clientnest import secrets
from clientnest.exports.idtimes import X_EPOCH_MS
from clientnest.stack import record
from clientnest.stack.layout import Layout

IDLE_SECONDS = 60
LIMIT_GB = 3.5
POSTS = 100_000
UP = "ClientNest is up"


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="cn-bench-"))
    home.chmod(0o711)
    try:
        first = one_run(home, "first")
        second = one_run(home, "second", posts=POSTS)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    report(
        "installation",
        [
            at_most("All processes, idle, 60 s after a start", second["gigabytes"], "GB", LIMIT_GB, "sum of PSS"),
            at_most("All processes, 60 s after the first start, models being trained", first["gigabytes"], "GB",
                    LIMIT_GB, "sum of PSS"),
            at_most("Second `make run` until the table of addresses", second["start"], "s", 30, "once"),
            at_most("Ctrl-C until everything has stopped", second["stop"], "s", 10, "once"),
            at_most(f"Import of an X export of {POSTS:,} posts, until they are in the dashboards",
                    second["imports"][0], "s", 30, "once, all services running, beside the demo"),
            Figure("… of two more accounts' exports, one on top of the other", median(second["imports"][1:]), "s",
                   how="median of both"),
            Figure("… of the first file again", second["import_again"], "s", how="once"),
        ],
        {"first": first, "second": second},
    )  # fmt: skip


def one_run(home: Path, name: str, *, posts: int = 0) -> dict[str, Any]:
    """Start, wait, measure, import, stop: seconds, gigabytes, and megabytes by process."""
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
    imports = _import(home, posts, environment) if posts else {}
    began = time.monotonic()
    os.killpg(run.pid, signal.SIGINT)  # as a terminal's Ctrl-C reaches make and what it runs
    run.wait()
    return {
        "start": round(started, 1),
        "stop": round(time.monotonic() - began, 1),
        "gigabytes": round(sum(megabytes.values()) / 1024, 2),
        "megabytes": megabytes,
        "busy": round(os.getloadavg()[0], 1),
        **imports,
    }


def _import(home: Path, posts: int, environment: Mapping[str, str]) -> dict[str, Any]:
    """Seconds of importing the exports of three accounts, and the first one again."""
    environment = {**environment, "CLIENTNEST_HOME": str(home)}
    program = str(Path(sys.executable).with_name("clientnest"))
    open_jobs = "SELECT count(*) FROM app.job WHERE state IN ('queued', 'running')"
    taken = []
    for name in ("first", "second", "third", "first"):
        export = home / name / "account_analytics_content_2025-01-01_2025-12-31.csv"
        export.parent.mkdir(exist_ok=True)
        write_export(export, posts, name)
        query = [program, "psql", "etl", "-At", "-c", open_jobs]
        while subprocess.run(query, check=True, env=environment, capture_output=True, text=True).stdout.strip() != "0":
            time.sleep(2)
        time.sleep(10)
        command = [program, "import", str(export), "--wait"]
        taken.append(
            seconds(lambda command=command: subprocess.run(command, check=True, stdout=sys.stderr, env=environment))  # type: ignore[misc]
        )
        print(f"  import: {taken[-1]:.1f} s", file=sys.stderr, flush=True)
    return {"imports": taken[:3], "import_again": taken[3]}


def write_export(path: Path, posts: int, account: str = "bench") -> None:
    """An X export in today's format: posts of one year, of one account."""
    start = datetime(2025, 1, 1, tzinfo=UTC)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Post id", "Date", "Post text", "Post Link", "Impressions", "Likes", "Engagements", "Bookmarks",
                         "Shares", "New follows", "Replies", "Reposts", "Profile visits"])  # fmt: skip
        for number in range(posts):
            at = start + timedelta(seconds=number * 365 * 86_400 // posts)
            identifier = (int(at.timestamp() * 1000) - X_EPOCH_MS) << 22
            likes = number * 7919 % 400
            words = f"Number {number}: what we did this week, and why it matters ☕ #week{number % 52}\nhttps://example.com/{number}"
            writer.writerow([identifier, f"{at:%a, %b %d, %Y}", words, f"https://x.com/{account}/status/{identifier}",
                             likes * 41 + 90, likes, likes * 2, likes // 9, likes // 7, likes // 50, likes // 11, likes // 13,
                             likes // 6])  # fmt: skip


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
