"""Retention: old months of post snapshots move from Postgres to the Parquet history for good.

Nothing is dropped before the history was read back and found to hold the same rows. What the marts need of a dropped
month stays in `raw.post_snapshot_kept`, so that rebuilding them from scratch gives what it gave before.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from clientnest.db.tables import raw
from clientnest.errors import BadInput, Unavailable
from clientnest.metrics import Grain, columns
from clientnest.warehouse.history import HistoryReport, export_history
from clientnest.warehouse.history.verify import verify_snapshots
from clientnest.warehouse.load import take_write_lock

AGES = ("1 hour", "24 hours", "7 days")
"""Ages of a post at which the marts work out its totals, between the snapshots around each."""

_PATIENCE = "60s"


@dataclass(frozen=True, slots=True)
class DroppedPiece:
    """A month (or chunk) of snapshots that left Postgres: from `first` up to `until`, its rows, and how many of them
    stay in `raw.post_snapshot_kept`."""

    first: datetime
    until: datetime
    rows: int
    kept: int


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """The history after the export, and what was dropped; no piece means that nothing is that old."""

    history: HistoryReport
    dropped: tuple[DroppedPiece, ...]


def archive_and_drop(connection: Connection, destination: str | Path, *, before: date) -> RetentionReport:
    """Export, verify, keep what marts need, and drop every whole month (chunk) of post snapshots before a day (UTC).

    Runs in the caller's psycopg2 transaction (role etl); the caller commits. Imports wait meanwhile. Raises `BadInput`
    for a day in the future, `PermanentError` where the history does not hold the same rows (nothing is dropped then),
    `Unavailable` where somebody reads the months for too long.
    """
    if before > datetime.now(UTC).date():
        raise BadInput(f"{before} lies in the future.", advice="Give a day up to which snapshots may leave Postgres.")
    export_history(connection, destination)  # the bulk, while imports may still go on
    with connection.cursor() as cursor:
        take_write_lock(cursor)
        history = export_history(connection, destination)
        limit = datetime(before.year, before.month, before.day, tzinfo=UTC)
        cursor.execute("SELECT first, until FROM raw.post_snapshot_pieces() WHERE until <= %s ORDER BY first", (limit,))
        dropped = tuple(_archive(cursor, destination, first, until) for first, until in cursor.fetchall())
        _drop(cursor, dropped)
    return RetentionReport(history, dropped)


def _archive(cursor: Cursor, destination: str | Path, first: datetime, until: datetime) -> DroppedPiece:
    rows = verify_snapshots(cursor, destination, first, until)
    cursor.execute(_KEEP, {"first": first, "until": until})
    return DroppedPiece(first, until, rows, cursor.rowcount)


def _drop(cursor: Cursor, pieces: tuple[DroppedPiece, ...]) -> None:
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", (_PATIENCE,))
    try:
        for piece in pieces:
            cursor.execute("SELECT raw.drop_post_snapshots(%s, %s)", (piece.first, piece.until))
    except LockNotAvailable as error:
        raise Unavailable(
            "The old months are being read at the moment; nothing was dropped.",
            advice="Run the command again when no build of the marts is going on.",
        ) from error
    cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def _keep_statement() -> str:
    """Per post and set of known metrics: the last snapshot of each UTC day, and those around each age.

    Per set of known metrics, because marts look for the last known value of each metric on its own: whatever snapshot
    holds it, the last one with the same metrics known is kept.
    """
    metrics = columns(Grain.POST)
    known = " + ".join(f"{1 << bit}::bigint * (s.{name} IS NOT NULL)::integer" for bit, name in enumerate(metrics))
    names = ", ".join(column.name for column in raw.post_snapshot.columns)
    around = [
        condition
        for age in AGES
        for condition in (
            f"captured_at = max(captured_at) FILTER (WHERE captured_at <= published_at + interval '{age}') OVER post",
            f"captured_at = min(captured_at) FILTER (WHERE captured_at >= published_at + interval '{age}') OVER post",
        )
    ]
    return (
        f"INSERT INTO raw.post_snapshot_kept ({names}) SELECT {names} FROM (SELECT *, captured_at = max(captured_at) "
        f"OVER (PARTITION BY workspace_id, account_id, post_id, known, day) OR {' OR '.join(around)} AS wanted FROM ("
        f"SELECT s.*, p.published_at, {known} AS known, (s.captured_at AT TIME ZONE 'UTC')::date AS day "
        "FROM raw.post_snapshot s LEFT JOIN raw.post p ON p.workspace_id = s.workspace_id AND p.id = s.post_id "
        "WHERE s.captured_at >= %(first)s AND s.captured_at < %(until)s) piece "
        "WINDOW post AS (PARTITION BY workspace_id, account_id, post_id, known)) ranked WHERE wanted"
    )


_KEEP = _keep_statement()
