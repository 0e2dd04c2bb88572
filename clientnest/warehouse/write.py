"""Write a capture into `raw`: COPY into temporary tables, then set-based merges, all in the caller's transaction.

Writing is a join of a semilattice: the same posts and snapshots result from any order, split or repetition of captures.
Load ids become visible in order, so "greater than the greatest I have seen" is a safe watermark for readers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from clientnest.errors import NotFound
from clientnest.metrics import Grain
from clientnest.records import CaptureRow
from clientnest.warehouse.load import Load, careful_planning, take_write_lock
from clientnest.warehouse.merge_posts import MergedPosts, merge_posts, resolve_accounts
from clientnest.warehouse.merge_snapshots import MergedRows, merge_rows
from clientnest.warehouse.staging import Staging


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """What a capture held, and what it changed.

    `posts`, `snapshots`, `account_rows`, `period_rows`: distinct ones in the capture, the same at every repetition;
    `*_new`: not stored before; `snapshots_changed`: stored before, and at least one value was raised or filled in;
    `load_id`: the row of `raw.load`, None where nothing changed; `captured_*`: first and last instant (UTC).
    """

    posts: int = 0
    posts_new: int = 0
    snapshots: int = 0
    snapshots_new: int = 0
    snapshots_changed: int = 0
    account_rows: int = 0
    period_rows: int = 0
    load_id: int | None = None
    captured_from: datetime | None = None
    captured_to: datetime | None = None


def write_capture(
    connection: Connection,
    workspace_id: UUID,
    rows: Iterable[CaptureRow],
    *,
    source: str,
    import_file_id: UUID | None = None,
    run_id: str | None = None,
    batch_rows: int = 50_000,
) -> LoadCounts:
    """Write all rows in the caller's transaction (role etl, READ COMMITTED); the caller commits or rolls back.

    `source` says where the rows come from, like `export:x_analytics`, `poll:bluesky` or `simulate`. Accounts that the
    workspace does not have yet are made. Memory is bounded by `batch_rows`.

    Raises `BadInput` naming the field for a value that cannot be stored, `NotFound` for an unknown workspace,
    `PermanentError` where counted rows do not add up; after any of them the transaction has to be rolled back.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM app.workspace WHERE id = %s", (str(workspace_id),))
        if cursor.fetchone() is None:
            raise NotFound(f"There is no workspace {workspace_id}.")
        staging = Staging(cursor)
        staging.fill(rows, batch_rows)
        if staging.captured_from is None or staging.captured_to is None:
            staging.drop()
            return LoadCounts()
        take_write_lock(cursor)
        for month in sorted(staging.months):
            cursor.execute("SELECT raw.ensure_partitions(%s, %s)", (month, month))
        load_id = _open_load(cursor, workspace_id, source, import_file_id, run_id)
        load = Load(workspace_id, load_id, source, staging.captured_from, staging.captured_to)
        with careful_planning(cursor, max(staging.versions, *staging.rows.values())):
            posts, merged = _merge(cursor, load, staging)
        changes = posts.new + posts.changed + sum(rows.new + rows.changed for rows in merged.values())
        _close_load(cursor, load, posts.posts, merged[Grain.POST].rows, keep=changes > 0)
        return LoadCounts(
            posts=posts.posts,
            posts_new=posts.new,
            snapshots=merged[Grain.POST].rows,
            snapshots_new=merged[Grain.POST].new,
            snapshots_changed=merged[Grain.POST].changed,
            account_rows=merged[Grain.ACCOUNT].rows,
            period_rows=merged[Grain.PERIOD].rows,
            load_id=load_id if changes else None,
            captured_from=staging.captured_from,
            captured_to=staging.captured_to,
        )


def _merge(cursor: Cursor, load: Load, staging: Staging) -> tuple[MergedPosts, dict[Grain, MergedRows]]:
    resolve_accounts(cursor, load.workspace_id, staging.accounts)
    posts, merged = MergedPosts(0, 0, 0), dict.fromkeys(Grain, MergedRows())
    if staging.versions:
        posts = merge_posts(cursor, load, staging.versions)
    for grain, staged_rows in staging.rows.items():
        if staged_rows:
            merged[grain] = merge_rows(cursor, load, grain, staged_rows)
    staging.drop()
    return posts, merged


def _open_load(cursor: Cursor, workspace_id: UUID, source: str, import_file_id: UUID | None, run_id: str | None) -> int:
    cursor.execute(
        "INSERT INTO raw.load (workspace_id, source, import_file_id, run_id) VALUES (%s, %s, %s, %s) RETURNING id",
        (str(workspace_id), source, None if import_file_id is None else str(import_file_id), run_id),
    )
    row = cursor.fetchone()
    assert row is not None  # noqa: S101 -- RETURNING of one inserted row
    return int(row[0])


def _close_load(cursor: Cursor, load: Load, posts: int, snapshots: int, *, keep: bool) -> None:
    """Complete the load's row, or take it away again where the capture said nothing new."""
    where = "WHERE workspace_id = %(workspace)s AND id = %(load)s"
    if keep:
        cursor.execute(
            "UPDATE raw.load SET captured_from = %(first)s, captured_to = %(last)s, posts = %(posts)s, "
            f"snapshots = %(snapshots)s {where}",
            {**load.parameters, "posts": posts, "snapshots": snapshots},
        )
    else:
        cursor.execute(f"DELETE FROM raw.load {where}", load.parameters)
