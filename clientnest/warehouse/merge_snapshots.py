"""From staged metrics to the raw snapshot tables; runs under the write lock, after accounts and posts are resolved.

Two captures of the same key agree by taking, per metric, the greater value, and any value before none: of two readings
of one cumulative total at one instant the smaller was read late or in part. That is a join of a semilattice, so order,
splitting and repetition of captures do not matter.
"""

from dataclasses import dataclass

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import cursor as Cursor

from clientnest.errors import PermanentError
from clientnest.metrics import Grain, columns
from clientnest.warehouse.load import Load, matching
from clientnest.warehouse.staging import STAGED, STAGED_KEYS

_TARGET = {Grain.POST: "raw.post_snapshot", Grain.ACCOUNT: "raw.account_snapshot", Grain.PERIOD: "raw.account_period"}
_OWNER = {Grain.POST: "resolved_version", Grain.ACCOUNT: "staged_account", Grain.PERIOD: "staged_account"}
_OWNED = {Grain.POST: ("account_id", "post_id"), Grain.ACCOUNT: ("account_id",), Grain.PERIOD: ("account_id",)}
_PLACE = {Grain.POST: "place", Grain.ACCOUNT: "account_number", Grain.PERIOD: "account_number"}


@dataclass(frozen=True, slots=True)
class MergedRows:
    """`rows`: distinct keys of the capture; `new`: keys not stored before; `changed`: stored ones that took a value."""

    rows: int = 0
    new: int = 0
    changed: int = 0


def merge_rows(cursor: Cursor, load: Load, grain: Grain, staged_rows: int) -> MergedRows:
    """Merge one staged table, which holds `staged_rows`, into its raw table."""
    keys = (*_OWNED[grain], *STAGED_KEYS[grain][1:])
    cursor.execute(f"ANALYZE {STAGED[grain]} ({', '.join(STAGED_KEYS[grain])})")
    staged = (
        f"(SELECT {_PLACE[grain]} AS place, {', '.join((*keys, *columns(grain)))} "
        f"FROM {STAGED[grain]} JOIN {_OWNER[grain]} USING ({STAGED_KEYS[grain][0]}))"
    )
    if grain is Grain.POST:
        _bring_back_kept(cursor, load, staged, staged_rows)
    known, changed = 0, 0
    if _holds_any(cursor, load, grain):
        known, changed = _compare(cursor, load, grain, staged, keys, staged_rows)
    if known == 0 and _insert_as_they_are(cursor, load, grain, staged, keys, staged_rows):
        return MergedRows(staged_rows, staged_rows, 0)
    rows = _count(cursor, f"SELECT count(*) FROM (SELECT DISTINCT place, {', '.join(keys)} FROM {staged} s) keys")
    if rows < staged_rows:
        staged = _greatest_per_key(cursor, grain, staged, keys)
        known, changed = _compare(cursor, load, grain, staged, keys, rows)
    if known < rows or changed:
        written = _insert(cursor, load, grain, staged, keys, _on_conflict(grain, keys))
        if written != rows - known + changed:
            raise PermanentError(
                f"{rows} rows were staged for {_TARGET[grain]}: {known} were there, {changed} of them had to change, "
                f"and {written} were written, which does not add up. Nothing was written.",
                advice="Please report this with the source of the rows.",
            )
    return MergedRows(rows, rows - known, changed)


def _holds_any(cursor: Cursor, load: Load, grain: Grain) -> bool:
    """Whether anything of the workspace is stored from the time that the capture covers; mostly nothing is."""
    cursor.execute(
        f"SELECT EXISTS (SELECT FROM {_TARGET[grain]} WHERE workspace_id = %(workspace)s::uuid "
        "AND captured_at BETWEEN %(first)s AND %(last)s)",
        load.parameters,
    )
    return cursor.fetchone() == (True,)


def _compare(
    cursor: Cursor, load: Load, grain: Grain, staged: str, keys: tuple[str, ...], rows: int
) -> tuple[int, int]:
    """How many staged rows are stored already, and how many of them say more than what is stored."""
    cursor.execute(
        f"SELECT count(*), count(*) FILTER (WHERE {_takes(grain, '%(source)s', 's')}) "
        f"FROM {matching(staged, _TARGET[grain], keys, rows)}",
        load.parameters,
    )
    known, changed = cursor.fetchone() or (0, 0)
    return known, changed


def _insert_as_they_are(
    cursor: Cursor, load: Load, grain: Grain, staged: str, keys: tuple[str, ...], rows: int
) -> bool:
    """The usual case, everything is new: write without asking whether a key comes twice. False, undone, if one does."""
    cursor.execute("SAVEPOINT as_they_are")
    try:
        written = _insert(cursor, load, grain, staged, keys, "")
    except UniqueViolation:
        cursor.execute("ROLLBACK TO SAVEPOINT as_they_are")
        return False
    cursor.execute("RELEASE SAVEPOINT as_they_are")
    if written != rows:
        raise PermanentError(
            f"{rows} rows were staged for {_TARGET[grain]} and {written} were written. Nothing was written.",
            advice="Please report this with the source of the rows.",
        )
    return True


def _insert(cursor: Cursor, load: Load, grain: Grain, staged: str, keys: tuple[str, ...], on_conflict: str) -> int:
    names = ", ".join((*keys, *columns(grain)))
    cursor.execute(
        f"INSERT INTO {_TARGET[grain]} AS t (workspace_id, source, load_id, {names}) "
        f"SELECT %(workspace)s::uuid, %(source)s, %(load)s, {names} FROM {staged} s "
        # In the order of the key: pages of the index fill one after the other, and a post's rows lie together.
        f"ORDER BY place, captured_at {on_conflict}",
        load.parameters,
    )
    return cursor.rowcount


def _takes(grain: Grain, source: str, row: str) -> str:
    """Whether `row` says more than the stored row `t`."""
    metrics = [f"{row}.{name} > t.{name} OR (t.{name} IS NULL AND {row}.{name} IS NOT NULL)" for name in columns(grain)]
    return " OR ".join([f'{source} COLLATE "C" > t.source', *metrics])


def _on_conflict(grain: Grain, keys: tuple[str, ...]) -> str:
    merged = ", ".join(f"{name} = greatest(t.{name}, excluded.{name})" for name in columns(grain))
    return (
        f"ON CONFLICT (workspace_id, {', '.join(keys)}) DO UPDATE SET load_id = excluded.load_id, "
        f'source = greatest(t.source COLLATE "C", excluded.source), {merged} '
        f"WHERE {_takes(grain, 'excluded.source', 'excluded')}"
    )


def _greatest_per_key(cursor: Cursor, grain: Grain, staged: str, keys: tuple[str, ...]) -> str:
    """A temporary table of the staged rows with one row per key."""
    table, names = f"distinct_{grain.value}", ", ".join(("place", *keys))
    greatest = ", ".join(f"max({name}) AS {name}" for name in columns(grain))
    cursor.execute(
        f"CREATE TEMP TABLE {table} ON COMMIT DROP AS SELECT {names}, {greatest} FROM {staged} s GROUP BY {names}"
    )
    cursor.execute(f"ANALYZE {table} ({names})")
    return table


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
            f"CREATE TEMP TABLE kept_again ON COMMIT DROP AS SELECT DISTINCT t.* FROM {again}; "
            f"ANALYZE kept_again ({names}); "
            f"DELETE FROM raw.post_snapshot_kept WHERE ({names}) IN (SELECT {names} FROM kept_again); "
            "INSERT INTO raw.post_snapshot SELECT * FROM kept_again",
            load.parameters,
        )


def _count(cursor: Cursor, query: str) -> int:
    cursor.execute(query)
    row = cursor.fetchone()
    return int(row[0]) if row else 0
