"""Bring the Parquet history up to date: only months and buckets with new loads are rewritten, and all become visible
at once.

Changed rows leave Postgres through COPY; DuckDB merges them with the partition as it was, sorts and writes. Rows that
retention dropped from Postgres so stay, and rows captured again for a dropped month are merged like any others.
"""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from uuid import UUID

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from clientnest.errors import PermanentError
from clientnest.ids import new_id
from clientnest.warehouse.history import manifest as manifests
from clientnest.warehouse.history.engine import connect, load_csv, read_parquet, text
from clientnest.warehouse.history.manifest import HistoryFile, Manifest
from clientnest.warehouse.history.store import Store, open_store
from clientnest.warehouse.history.tables import TABLES, HistoryTable, bucket_of

HISTORY_LOCK = 0x636E_6869_7374_0001
"""Advisory transaction lock: one export at a time."""

LARGEST_FILE = 256 * 1024**2
_WANTED_FILE = 160 * 1024**2
_ROW_GROUP = 122_880


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """What an export did: loads it brought in (after `from_load_id` up to `to_load_id`), rows that came from Postgres,
    partitions (table, month, bucket) rewritten, and the history as it is now: files, rows, bytes."""

    from_load_id: int
    to_load_id: int
    changed_rows: int
    partitions: int
    files: int
    rows: int
    size: int


def export_history(
    connection: Connection, destination: str | Path, *, since_load_id: int | None = None
) -> HistoryReport:
    """Write what was loaded after `since_load_id` (None: after what the history holds; 0: everything again).

    Runs in the caller's psycopg2 transaction (role etl), which only reads. Killed at any moment it leaves the history
    as it was; the next export cleans up. Raises `PermanentError` where the history belongs to another database.
    """
    store = open_store(destination)
    with connection.cursor() as cursor, store.workspace() as folder:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (HISTORY_LOCK,))
        cursor.execute("SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'")
        current = manifests.load(store)
        manifests.sweep(store, current)
        since = current.load_id if since_load_id is None else since_load_id
        newest = _newest_load(cursor, current)
        export = _Export(cursor, store, folder, current)
        for table in TABLES if newest > since else ():
            export.take(table, since)
        if newest > since:
            current = manifests.publish(store, replace(export.state, load_id=newest))
        return HistoryReport(
            since, newest, export.changed_rows, export.partitions, len(current.files),
            sum(file.rows for file in current.files), sum(file.size for file in current.files),
        )  # fmt: skip


def _newest_load(cursor: Cursor, current: Manifest) -> int:
    """The highest committed load; loads commit in order, so everything up to it is visible."""
    cursor.execute("SELECT coalesce(max(id), 0) FROM raw.load")
    row = cursor.fetchone()
    newest = int(row[0]) if row else 0
    if newest < current.load_id:
        raise PermanentError(
            f"The history holds loads up to {current.load_id}, but the database only knows {newest}: "
            "they do not belong together.",
            advice="Point CLIENTNEST_HISTORY_URL to this database's history, or to an empty folder.",
        )
    return newest


class _Export:
    """One run: `state` is the manifest it is working towards."""

    def __init__(self, cursor: Cursor, store: Store, folder: Path, state: Manifest) -> None:
        self._cursor = cursor
        self._store = store
        self._folder = folder
        self._duckdb = connect(store, spill=folder)
        self.state = state
        self.changed_rows = 0
        self.partitions = 0

    def take(self, table: HistoryTable, since: int) -> None:
        """Export one table, month by month so that disk and memory hold one month of changes."""
        if not table.by_month:
            self._take_part(table, since, "", "true")
            return
        for month in self._changed_months(table, since):
            following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
            within = f"captured_at >= '{month}' AND captured_at < '{following}'"
            self._take_part(table, since, month.isoformat(), within)

    def _changed_months(self, table: HistoryTable, since: int) -> list[date]:
        # The loads say between which captures they lie, so that other months are not even opened.
        self._cursor.execute("SELECT min(captured_from), max(captured_to) FROM raw.load WHERE id > %s", (since,))
        first, last = self._cursor.fetchone() or (None, None)
        self._cursor.execute(
            f"SELECT DISTINCT date_trunc('month', captured_at)::date FROM raw.{table.name} "
            "WHERE load_id > %s AND captured_at BETWEEN %s AND %s ORDER BY 1",
            (since, first, last),
        )
        return [row[0] for row in self._cursor.fetchall()]

    def _take_part(self, table: HistoryTable, since: int, month: str, within: str) -> None:
        csv = self._folder / "changed.csv"
        with csv.open("wb") as file:
            self._cursor.copy_expert(
                f"COPY (SELECT {', '.join(table.types)} FROM raw.{table.name} WHERE load_id > {since:d} AND {within}) "
                "TO STDOUT (FORMAT csv)",
                file,
            )
        rows = load_csv(self._duckdb, "changed", table, csv)
        if rows != self._cursor.rowcount:
            raise PermanentError(
                f"{self._cursor.rowcount} rows left raw.{table.name} and {rows} arrived; the history is unchanged.",
                advice="Check the disk that CLIENTNEST_HOME is on, then run the export again.",
            )
        csv.unlink()
        self.changed_rows += rows
        buckets: dict[int, list[UUID]] = {}
        for (workspace_id,) in self._duckdb.execute("SELECT DISTINCT workspace_id FROM changed").fetchall():
            buckets.setdefault(bucket_of(workspace_id), []).append(workspace_id)
        for bucket, workspaces in sorted(buckets.items()):
            self._rewrite(table, month, bucket, workspaces)

    def _rewrite(self, table: HistoryTable, month: str, bucket: int, workspaces: list[UUID]) -> None:
        """Write one partition anew: what it held, and the changed rows."""
        old = self.state.of(table.name, month, bucket)
        chosen = ", ".join(f"{text(str(workspace_id))}::UUID" for workspace_id in workspaces)
        changed = f"(SELECT * FROM changed WHERE workspace_id IN ({chosen}))"
        if old:
            merged = _merged(table, changed, read_parquet(self._store, old))
        else:
            merged = f"SELECT {', '.join(table.types)} FROM {changed}"
        place = f"{table.name}/{f'month={month[:7]}/' if month else ''}bucket={bucket:02d}"
        fresh = self._write(f"{merged} ORDER BY {table.order}", place, table, month, bucket)
        if sum(file.rows for file in fresh) < sum(file.rows for file in old):
            raise PermanentError(f"The history of {place} would lose rows; it is unchanged.")
        self.state = self.state.replaced(old, fresh)
        self.partitions += 1

    def _write(self, query: str, place: str, table: HistoryTable, month: str, bucket: int) -> list[HistoryFile]:
        """Write a sorted query as one file, or as several where one would be too large."""
        whole = self._folder / "whole.parquet"
        rows = self._copy(query, whole)
        parts = 1 if whole.stat().st_size <= LARGEST_FILE else -(-whole.stat().st_size // _WANTED_FILE)
        written = []
        for part in range(parts):
            path = whole
            first, last = rows * part // parts, rows * (part + 1) // parts
            if parts > 1:
                path = self._folder / "part.parquet"
                self._copy(
                    f"SELECT * EXCLUDE (file_row_number) FROM read_parquet({text(str(whole))}, file_row_number = true) "
                    f"WHERE file_row_number >= {first} AND file_row_number < {last} ORDER BY file_row_number",
                    path,
                )
            name, size = f"{place}/{new_id()}.parquet", path.stat().st_size
            self._store.adopt(path, name)
            written.append(HistoryFile(name, table.name, month, bucket, last - first, size))
        whole.unlink(missing_ok=True)
        return written

    def _copy(self, query: str, path: Path) -> int:
        """COPY to a Parquet file; gives the number of rows, as the file itself says it."""
        target = text(str(path))
        sent = self._duckdb.execute(
            f"COPY ({query}) TO {target} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})"
        ).fetchone()
        held = self._duckdb.execute(f"SELECT num_rows FROM parquet_file_metadata({target})").fetchone()
        if sent is None or held is None or sent[0] != held[0]:
            raise PermanentError(
                f"{sent} rows were written to {path.name} and it holds {held}; the history is unchanged.",
                advice="Check the disk that the history is on, then run the export again.",
            )
        return int(held[0])


def _merged(table: HistoryTable, changed: str, old: str) -> str:
    """The union of both, one row per key."""
    if table.grows:
        values = [f"greatest(c.{name}, o.{name}) AS {name}" for name in table.values]
    else:
        values = [f"CASE WHEN c.load_id IS NULL THEN o.{name} ELSE c.{name} END AS {name}" for name in table.values]
    chosen = {name.rpartition(" AS ")[2]: name for name in values} | {name: name for name in table.keys}
    return (
        f"SELECT {', '.join(chosen[name] for name in table.types)} "
        f"FROM {changed} c FULL JOIN {old} o USING ({', '.join(table.keys)})"
    )
