"""Writing a million snapshots: the product's own path against plain COPY into the same table, and against dlt's merge.

All three write the same records. Plain COPY reads a prepared CSV of finished rows (ids resolved, in the order of the
records) and neither stages, nor merges, nor counts; it is the least that Postgres can do. dlt gets the records as
dicts, without texts of posts, and merges on account, post and time of capture.
"""

import argparse
import gc
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from benchmarks.captures import CAPTURES_PER_POST, captures
from benchmarks.harness import (
    Figure,
    alternate,
    at_least,
    execute,
    installation,
    make_workspace,
    median,
    ratio,
    report,
)
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.urls import administrator
from clientnest.records import PostRow
from clientnest.warehouse.write import write_capture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--dlt-repeats", type=int, default=3)
    options = parser.parse_args()
    rows = list(captures(options.rows // CAPTURES_PER_POST))
    gc.freeze()
    with installation() as home:
        workspace_id = make_workspace()
        _write(workspace_id, rows)
        prepared = {
            "plain COPY": _prepared("captured_at, p.external_id"),
            "plain COPY, sorted by key": _prepared("s.account_id, s.post_id, captured_at"),
        }
        variants: dict[str, Callable[[], None]] = {name: partial(_copy, csv) for name, csv in prepared.items()}
        variants["ClientNest"] = partial(_write, workspace_id, rows)
        times = alternate(variants, options.repeats, before=_empty)
        _write_fresh(workspace_id, rows)
        times |= alternate({"nothing new": partial(_write, workspace_id, rows)}, options.repeats)
        _expect(len(rows))
        against = {"dlt": partial(_dlt, home, rows), "ClientNest": partial(_write_fresh, workspace_id, rows)}
        merges = alternate(against, options.dlt_repeats)
    how = f"{len(rows):,} rows, median of {options.repeats} turns"
    ours = median(times["ClientNest"])
    report(
        "write",
        [
            at_least("write path, as a share of plain COPY's speed", ratio(times["plain COPY"], times["ClientNest"]),
                     "", 0.4, how),
            at_least("… of plain COPY of rows sorted by key", ratio(times["plain COPY, sorted by key"],
                     times["ClientNest"]), "", 0.4, how),
            at_least("write path, against dlt's merge", ratio(merges["dlt"], merges["ClientNest"]), "×", 10,
                     f"{len(rows):,} rows, median of {options.dlt_repeats} turns"),
            Figure("write path", len(rows) / ours, "rows/s", how=how),
            Figure("the same capture again, nothing new", len(rows) / median(times["nothing new"]),
                   "rows/s", how=how),
        ],
        {"seconds": times, "seconds_with_dlt": merges},
    )  # fmt: skip


def _empty() -> None:
    execute("TRUNCATE raw.post_snapshot, raw.post, raw.load", role=Role.MIGRATE)


def _expect(rows: int) -> None:
    found = execute("SELECT count(*) FROM raw.post_snapshot")
    if found != [(rows,)]:
        raise SystemExit(f"{rows} rows were written, {found} are there")


def _write(workspace_id: UUID, rows: list[PostRow]) -> None:
    with session.etl() as connection:
        write_capture(connection, workspace_id, rows, source="benchmark")


def _write_fresh(workspace_id: UUID, rows: list[PostRow]) -> None:
    _empty()
    _write(workspace_id, rows)


def _prepared(order: str) -> io.BytesIO:
    """What is in the table, as CSV in an order."""
    csv = io.BytesIO()
    with session.etl() as connection, connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY (SELECT s.* FROM raw.post_snapshot s JOIN raw.post p ON p.id = s.post_id AND "
            f"p.workspace_id = s.workspace_id ORDER BY {order}) TO STDOUT (FORMAT csv)",
            csv,
        )
    return csv


def _copy(csv: io.BytesIO) -> None:
    csv.seek(0)
    with session.etl() as connection, connection.cursor() as cursor:
        cursor.copy_expert("COPY raw.post_snapshot FROM STDIN (FORMAT csv)", csv, size=1 << 18)


def _dlt(home: Path, rows: list[PostRow]) -> None:
    """A merge by dlt into a fresh data set of the same server."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    import dlt

    server = administrator()
    credentials = {
        "host": quote(str(server.query["host"]), safe=""), "port": 5432, "database": server.database,
        "username": server.username, "password": server.password,
    }  # fmt: skip
    with tempfile.TemporaryDirectory(dir=home) as folder:
        pipeline = dlt.pipeline(
            "benchmark", pipelines_dir=folder, dataset_name="dlt_benchmark",
            destination=dlt.destinations.postgres(credentials),
        )  # fmt: skip
        pipeline.run(
            _records(rows), table_name="post_snapshot", write_disposition="merge",
            primary_key=("network", "account", "post", "captured_at"),
        )  # fmt: skip
        with pipeline.sql_client() as client:
            found = client.execute_sql("SELECT count(*) FROM post_snapshot")
            client.execute_sql("DROP SCHEMA dlt_benchmark CASCADE")
            client.execute_sql("DROP SCHEMA dlt_benchmark_staging CASCADE")
    if not found or found[0][0] != len(rows):
        raise SystemExit(f"dlt was given {len(rows)} rows, {found} are there")


def _records(rows: list[PostRow]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {
            "network": row.account.network, "account": row.account.external_id, "post": row.external_id,
            "captured_at": row.captured_at, **row.metrics,
        }  # fmt: skip


if __name__ == "__main__":
    main()
