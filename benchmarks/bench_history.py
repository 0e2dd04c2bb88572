"""Ten million snapshots: written as a stream in little memory, exported to Parquet, and asked a question there.

The question is the median growth curve per network and format: the median of impressions by age of the post, in steps
of six hours. The same SQL runs in Postgres on the same rows, and both answers have to be equal.
"""

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from math import isclose
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg2

from benchmarks.captures import CAPTURES_PER_POST, captures
from benchmarks.harness import Figure, alternate, at_least, at_most, installation, make_workspace, median, ratio, report
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.urls import libpq
from clientnest.warehouse.history import export_history, open_history
from clientnest.warehouse.write import write_capture

QUESTION = """
SELECT p.network, p.post_type,
    floor((date_part('epoch', s.captured_at) - date_part('epoch', p.published_at)) / 21600) AS age,
    count(*) AS snapshots, percentile_cont(0.5) WITHIN GROUP (ORDER BY s.impressions) AS median_impressions
FROM post_snapshot s JOIN post p ON p.workspace_id = s.workspace_id AND p.id = s.post_id
WHERE s.workspace_id = '{workspace}'
GROUP BY p.network, p.post_type, 3
ORDER BY p.network, p.post_type, 3
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with installation() as home:
        workspace_id, history = make_workspace(), home / "history"
        write_seconds, writer_mb = _in_child(_write, workspace_id, options.rows)
        export_seconds, export_mb = _in_child(_export, history)
        _analyze()
        answers: dict[str, list[tuple[Any, ...]]] = {}
        times = alternate(
            {
                "Postgres": partial(_ask, answers, "Postgres", partial(_postgres, workspace_id)),
                "DuckDB": partial(_ask, answers, "DuckDB", partial(_duckdb, history, workspace_id)),
            },
            options.repeats,
        )
        size = sum(path.stat().st_size for path in history.rglob("*.parquet"))
    _compare(answers["Postgres"], answers["DuckDB"])
    rows, how = options.rows, f"{options.rows:,} snapshots, median of {options.repeats} turns, equal answers"
    report(
        "history",
        [
            at_most("peak memory of the writer, streaming", writer_mb, "MB", 600, f"{rows:,} rows in one capture"),
            Figure("… its speed, with making the rows", rows / write_seconds, "rows/s", how=f"{rows:,} rows, once"),
            at_least("growth curve per network and format, DuckDB against Postgres",
                     ratio(times["Postgres"], times["DuckDB"]), "×", 10, how),
            Figure("… in DuckDB on Parquet", median(times["DuckDB"]), "s", how=how),
            Figure("export to the Parquet history", rows / export_seconds, "rows/s", how=f"{rows:,} rows, once"),
            Figure("… peak memory", export_mb, "MB", how="of which DuckDB may take 512 MB"),
            Figure("… size", size / rows, "bytes per snapshot", how="zstd, 10 metrics"),
        ],
        {"seconds": times, "groups": len(answers["DuckDB"])},
    )  # fmt: skip


def _in_child(run: Callable[..., None], *arguments: Any) -> tuple[float, float]:
    """Seconds that a function takes in a process of its own, and the peak of its resident memory in MB."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=_measured, args=(sending, run, arguments))
    child.start()
    child.join()
    if child.exitcode != 0:
        sys.exit(f"{run.__name__} failed")
    taken: tuple[float, float] = receiving.recv()
    print(f"  {run.__name__}: {taken[0]:.0f} s, {taken[1]:.0f} MB", file=sys.stderr, flush=True)
    return taken


def _measured(sending: Any, run: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    started = time.perf_counter()
    run(*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sending.send((time.perf_counter() - started, peak / 1024 if sys.platform == "linux" else peak / 1024**2))


def _write(workspace_id: UUID, rows: int) -> None:
    with session.etl() as connection:
        counts = write_capture(connection, workspace_id, captures(rows // CAPTURES_PER_POST), source="benchmark")
    if counts.snapshots_new != rows:
        sys.exit(f"{rows} rows were streamed, {counts.snapshots_new} were new")


def _export(history: Path) -> None:
    with session.etl() as connection:
        export_history(connection, history)


def _analyze() -> None:
    """Postgres knows its rows as it would after a night: analysed, vacuumed, all visible."""
    connection = psycopg2.connect(libpq(Role.MIGRATE))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) raw.post_snapshot")
        cursor.execute("VACUUM (ANALYZE) raw.post")
    connection.close()


def _ask(answers: dict[str, list[tuple[Any, ...]]], name: str, ask: Callable[[], list[tuple[Any, ...]]]) -> None:
    answers[name] = ask()


def _postgres(workspace_id: UUID) -> list[tuple[Any, ...]]:
    with session.etl() as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = raw; SET LOCAL work_mem = '256MB'")
        cursor.execute(QUESTION.format(workspace=workspace_id))
        return cursor.fetchall()


def _duckdb(history: Path, workspace_id: UUID) -> list[tuple[Any, ...]]:
    with open_history(history, workspace_id) as reading:
        return reading.execute(QUESTION.format(workspace=workspace_id)).fetchall()


def _compare(expected: list[tuple[Any, ...]], found: list[tuple[Any, ...]]) -> None:
    for one, other in zip(expected, found, strict=True):
        same = one[:2] == other[:2] and all(
            isclose(a, b, rel_tol=1e-12) for a, b in zip(one[2:], other[2:], strict=True)
        )
        if not same:
            sys.exit(f"Postgres says {one}, DuckDB says {other}")


if __name__ == "__main__":
    main()
