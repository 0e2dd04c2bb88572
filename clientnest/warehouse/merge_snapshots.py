"""From staged metrics to the raw snapshot tables; runs under the write lock, after accounts and posts are resolved.

Two captures of the same key agree by taking, per metric, the greater value, and any value before none: of two readings
of one cumulative total at one instant the smaller was read late or in part. That is a join of a semilattice, so order,
splitting and repetition of captures do not matter.
"""

from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from clientnest.errors import PermanentError
from clientnest.metrics import Grain, columns
from clientnest.warehouse.load import Load, matching
from clientnest.warehouse.staging import STAGED, STAGED_KEYS

_TARGET = {Grain.POST: "raw.post_snapshot", Grain.ACCOUNT: "raw.account_snapshot", Grain.PERIOD: "raw.account_period"}
_OWNER = {Grain.POST: "resolved_version", Grain.ACCOUNT: "staged_account", Grain.PERIOD: "staged_account"}
_OWNED = {Grain.POST: ("account_id", "post_id"), Grain.ACCOUNT: ("account_id",), Grain.PERIOD: ("account_id",)}


@dataclass(frozen=True, slots=True)
class MergedRows:
    """`rows`: distinct keys of the capture; `new`: keys not stored before; `changed`: stored ones that took a value."""

    rows: int = 0
    new: int = 0
    changed: int = 0


def merge_rows(cursor: Cursor, load: Load, grain: Grain, staged_rows: int) -> MergedRows:
    """Merge one staged table, which holds `staged_rows`, into its raw table."""
    target, metrics = _TARGET[grain], columns(grain)
    keys = (*_OWNED[grain], *STAGED_KEYS[grain][1:])
    staged, rows = _distinct(cursor, grain, keys, staged_rows)
    if grain is Grain.POST:
        _bring_back_kept(cursor, load, staged, rows)
    takes = " OR ".join(
        ['%(source)s COLLATE "C" > t.source',
         *(f"s.{name} > t.{name} OR (t.{name} IS NULL AND s.{name} IS NOT NULL)" for name in metrics)]
    )  # fmt: skip
    cursor.execute(
        f"SELECT count(*), count(*) FILTER (WHERE {takes}) FROM {matching(staged, target, keys, rows)}",
        load.parameters,
    )
    known, changed = cursor.fetchone() or (0, 0)
    if known < rows or changed:
        names = ", ".join((*keys, *metrics))
        cursor.execute(
            f"INSERT INTO {target} AS t (workspace_id, source, load_id, {names}) "
            f"SELECT %(workspace)s::uuid, %(source)s, %(load)s, {names} FROM {staged} s "
            + (_on_conflict(keys, metrics) if known else ""),
            load.parameters,
        )
        if cursor.rowcount != rows - known + changed:
            raise PermanentError(
                f"{rows} rows were staged for {target}: {known} were there, {changed} of them had to change, and "
                f"{cursor.rowcount} were written, which does not add up. Nothing was written.",
                advice="Please report this with the source of the rows.",
            )
    return MergedRows(rows, rows - known, changed)


def _on_conflict(keys: tuple[str, ...], metrics: tuple[str, ...]) -> str:
    takes = " OR ".join(
        ['excluded.source COLLATE "C" > t.source',
         *(f"excluded.{name} > t.{name} OR (t.{name} IS NULL AND excluded.{name} IS NOT NULL)" for name in metrics)]
    )  # fmt: skip
    merged = ", ".join(f"{name} = greatest(t.{name}, excluded.{name})" for name in metrics)
    return (
        f"ON CONFLICT (workspace_id, {', '.join(keys)}) DO UPDATE SET load_id = excluded.load_id, "
        f'source = greatest(t.source COLLATE "C", excluded.source), {merged} WHERE {takes}'
    )


def _distinct(cursor: Cursor, grain: Grain, keys: tuple[str, ...], staged_rows: int) -> tuple[str, int]:
    """A relation with one row per key (account and post resolved), and its number of rows."""
    owner_key = STAGED_KEYS[grain][0]
    cursor.execute(f"ANALYZE {STAGED[grain]} ({', '.join(STAGED_KEYS[grain])})")
    joined = f"{STAGED[grain]} JOIN {_OWNER[grain]} USING ({owner_key})"
    names = ", ".join(keys)
    rows = _count(cursor, f"SELECT count(*) FROM (SELECT DISTINCT {names} FROM {joined}) keys")
    if rows == staged_rows:
        return f"(SELECT {names}, {', '.join(columns(grain))} FROM {joined})", rows
    table = f"distinct_{grain.value}"
    greatest = ", ".join(f"max({name}) AS {name}" for name in columns(grain))
    cursor.execute(
        f"CREATE TEMP TABLE {table} ON COMMIT DROP AS SELECT {names}, {greatest} FROM {joined} GROUP BY {names}"
    )
    cursor.execute(f"ANALYZE {table} ({names})")
    return table, rows


def _bring_back_kept(cursor: Cursor, load: Load, staged: str, rows: int) -> None:
    """Rows of archived months that this capture speaks of again return to their table, to be merged there."""
    keys = ("workspace_id", "account_id", "post_id", "captured_at")
    cursor.execute(
        "SELECT EXISTS (SELECT FROM raw.post_snapshot_kept WHERE captured_at BETWEEN %(first)s AND %(last)s)",
        load.parameters,
    )
    if cursor.fetchone() == (True,):
        again = matching(staged, "raw.post_snapshot_kept", keys[1:], rows)
        names = ", ".join(keys)
        cursor.execute(
            f"CREATE TEMP TABLE kept_again ON COMMIT DROP AS SELECT t.* FROM {again}; ANALYZE kept_again ({names}); "
            f"DELETE FROM raw.post_snapshot_kept WHERE ({names}) IN (SELECT {names} FROM kept_again); "
            "INSERT INTO raw.post_snapshot SELECT * FROM kept_again",
            load.parameters,
        )


def _count(cursor: Cursor, query: str) -> int:
    cursor.execute(query)
    row = cursor.fetchone()
    return int(row[0]) if row else 0
