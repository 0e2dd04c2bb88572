"""What the benchmarks share: an installation of their own, repeated alternating runs, results that say where and how.

A benchmark is a module `benchmarks/bench_<topic>.py` with `main()`. It measures inside `installation()`, compares
variants by `alternate()`, and hands its `Figure`s to `report()`, which prints them and writes
`benchmarks/results/<topic>.json`. `python -m benchmarks.report` makes the table in `benchmarks/README.md` out of these.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from clientnest import settings
from clientnest.db import session
from clientnest.db.bootstrap import prepare
from clientnest.db.roles import Role
from clientnest.db.server import EmbeddedServer
from clientnest.ids import new_id

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `target` says what was promised ("≥ 0.4"), empty where nothing was; `met` whether it held.

    `how` says in a few words what was compared, and how often.
    """

    what: str
    value: float
    unit: str
    target: str = ""
    met: bool | None = None
    how: str = ""


def at_least(what: str, value: float, unit: str, limit: float, how: str) -> Figure:
    return Figure(what, value, unit, f"≥ {limit:g} {unit}".rstrip(), value >= limit, how)


def at_most(what: str, value: float, unit: str, limit: float, how: str) -> Figure:
    return Figure(what, value, unit, f"≤ {limit:g} {unit}".rstrip(), value <= limit, how)


@contextmanager
def installation() -> Iterator[Path]:
    """A fresh embedded server with a migrated database; gives its home folder and removes everything afterwards."""
    home = Path(tempfile.mkdtemp(prefix="cn-bench-"))
    home.chmod(0o711)  # the server's system user has to enter it
    former = {name: os.environ.pop(name, None) for name in ("CLIENTNEST_HOME", "CLIENTNEST_DATABASE_URL")}
    os.environ["CLIENTNEST_HOME"] = str(home)
    _forget()
    server = EmbeddedServer(home)
    try:
        server.start()
        prepare()
        yield home
    finally:
        session.forget()
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)
        del os.environ["CLIENTNEST_HOME"]
        os.environ.update({name: value for name, value in former.items() if value is not None})
        _forget()


def _forget() -> None:
    session.forget()
    settings.forget()


def make_workspace() -> UUID:
    """A workspace to write into."""
    workspace_id = new_id()
    execute("INSERT INTO app.workspace (id, name, slug) VALUES (%s, 'Benchmark', %s)", str(workspace_id),
            f"b-{workspace_id.hex}", role=Role.MIGRATE)  # fmt: skip
    return workspace_id


def execute(statement: str, *parameters: Any, role: Role = Role.ETL) -> list[tuple[Any, ...]]:
    """One statement in a transaction of its own; its rows, if it has any."""
    with session.etl(role=role) as connection, connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []


def seconds(run: Callable[[], object]) -> float:
    """Wall-clock time of one run."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def alternate(
    variants: Mapping[str, Callable[[], object]], repeats: int, before: Callable[[], object] = lambda: None
) -> dict[str, list[float]]:
    """Seconds of each variant, run in turns (and in turned order): a slow spell of the machine hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in variants}
    for repeat in range(repeats):
        order = list(variants) if repeat % 2 == 0 else list(reversed(variants))
        for name in order:
            before()
            times[name].append(seconds(variants[name]))
            print(f"  {name}: {times[name][-1]:.2f} s", file=sys.stderr, flush=True)
    return times


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Median over the repeats of one variant's time over another's, each pair from the same repeat."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


def machine() -> dict[str, Any]:
    """What the figures were measured on. `busy`: how many processes waited for a processor on average (1 minute)."""
    return {
        "processor": _processor(),
        "processors": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 1024**3, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "commit": _commit(),
        "busy": round(os.getloadavg()[0], 1),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _commit() -> str:
    answer = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False,
                            cwd=Path(__file__).parent)  # fmt: skip
    return answer.stdout.strip()


def report(topic: str, figures: Sequence[Figure], details: Mapping[str, Any], *, command: str = "") -> None:
    """Print the figures as Markdown and JSON, and keep them for the table. `command` makes them again."""
    result = {
        "topic": topic,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command or f"python -m benchmarks.bench_{topic} {' '.join(sys.argv[1:])}".strip(),
        "machine": machine(),
        "figures": [asdict(figure) for figure in figures],
        "details": dict(details),
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result, indent=1, ensure_ascii=False)
    (RESULTS / f"{topic}.json").write_text(text + "\n", encoding="utf-8")
    for figure in result["figures"]:
        print(markdown(figure))
    print(text)


def markdown(figure: Mapping[str, Any]) -> str:
    """A figure as a row of a Markdown table."""
    value = figure["value"]
    shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    mark = {True: "✓", False: "✗", None: ""}[figure["met"]]
    return f"| {figure['what']} | {shown} {figure['unit']} | {figure['target']} {mark} | {figure['how']} |"
