"""Read the history back and compare it with Postgres, row by row, before anything is dropped."""

from datetime import datetime
from pathlib import Path

import duckdb
from psycopg2.extensions import cursor as Cursor

from clientnest.errors import PermanentError
from clientnest.warehouse.history import manifest as manifests
from clientnest.warehouse.history.engine import connect, load_csv, read_parquet, text
from clientnest.warehouse.history.store import open_store
from clientnest.warehouse.history.tables import TABLES

_SNAPSHOTS = next(table for table in TABLES if table.name == "post_snapshot")


def verify_snapshots(cursor: Cursor, destination: str | Path, first: datetime, until: datetime) -> int:
    """Check that the history holds the post snapshots of [first, until) as Postgres does, and give their number.

    Number and checksum over all columns have to be equal. Of workspaces that had the range dropped before and late
    captures since, the history holds more: every row of theirs has to be in it with values at least as great.
    Raises `PermanentError` otherwise.
    """
    store = open_store(destination)
    within = f"captured_at >= '{first.isoformat()}' AND captured_at < '{until.isoformat()}'"
    cursor.execute("SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'")
    cursor.execute(f"SELECT DISTINCT workspace_id FROM raw.post_snapshot_kept WHERE {within}")
    dropped_before = ", ".join(f"{text(row[0])}::UUID" for row in cursor.fetchall())
    with store.workspace() as folder:
        reading = connect(store, spill=folder)
        csv = folder / "piece.csv"
        with csv.open("wb") as file:
            cursor.copy_expert(
                f"COPY (SELECT {', '.join(_SNAPSHOTS.types)} FROM raw.post_snapshot WHERE {within}) "
                "TO STDOUT (FORMAT csv)",
                file,
            )
        rows = cursor.rowcount
        load_csv(reading, "piece", _SNAPSHOTS, csv)
        csv.unlink()
        months = [
            file for file in manifests.load(store).files
            if file.table == _SNAPSHOTS.name and f"{first:%Y-%m}" <= file.month[:7] <= f"{until:%Y-%m}"
        ]  # fmt: skip
        held = f"(SELECT * FROM {read_parquet(store, months)} WHERE {within})" if months else "(FROM piece LIMIT 0)"
        again = f"workspace_id IN ({dropped_before})" if dropped_before else "false"
        same = _equal(reading, held, f"NOT {again}") + _contained(reading, held, again) == rows
    if not same:
        raise PermanentError(
            f"The history of {first:%Y-%m-%d} to {until:%Y-%m-%d} does not hold the {rows} snapshots that Postgres "
            "holds; nothing was dropped.",
            advice="Point CLIENTNEST_HISTORY_URL to an empty folder to have the history written anew, then repeat; "
            "keep the old folder where it holds months that were dropped before.",
        )
    return rows


def _equal(reading: duckdb.DuckDBPyConnection, held: str, where: str) -> int:
    """How many rows both sides have, 0 where number or checksum differ; the checksum counts rows in any order."""
    hashed = f"hash({', '.join(_SNAPSHOTS.types)})"
    checksum = f"SELECT count(*), bit_xor({hashed}), sum({hashed}) FROM {{}} WHERE {where}"
    there = reading.execute(checksum.format("piece")).fetchone()
    here = reading.execute(checksum.format(held)).fetchone()
    return int(there[0]) if there is not None and there == here else 0


def _contained(reading: duckdb.DuckDBPyConnection, held: str, where: str) -> int:
    """How many rows of Postgres are in the history and say nothing that it does not."""
    less = " OR ".join(f"p.{name} > h.{name} OR (h.{name} IS NULL AND p.{name} IS NOT NULL)"
                       for name in _SNAPSHOTS.values)  # fmt: skip
    found = reading.execute(
        f"SELECT count(*) FROM (FROM piece WHERE {where}) p JOIN {held} h USING ({', '.join(_SNAPSHOTS.keys)}) "
        f"WHERE ({less}) IS NOT TRUE"
    ).fetchone()
    return int(found[0]) if found else 0
