"""Captures for the tests of the warehouse, and what `raw` says afterwards."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.records import AccountRef, CaptureRow, PostRow
from clientnest.warehouse.write import LoadCounts, write_capture

ACME = AccountRef("x", "acme", "Acme")
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
ATTRIBUTES = ("published_at", "post_type", "title", "text", "url", "link_url", "duration_seconds")


def post(external_id: str, *, days: float = 0, account: AccountRef = ACME, **rest: Any) -> PostRow:
    """A post's capture `days` after noon of 2026-03-05; keywords that are no attribute of a post are metrics."""
    known = {name: rest.pop(name) for name in (*ATTRIBUTES, "is_repost", "published_time_known") if name in rest}
    return PostRow(account, external_id, NOON + timedelta(days=days), rest, **known)


def write(workspace_id: UUID, rows: Iterable[CaptureRow], *, source: str = "test", **options: Any) -> LoadCounts:
    """One capture in one transaction."""
    with session.etl() as connection:
        return write_capture(connection, workspace_id, rows, source=source, **options)


def query(statement: str, *parameters: Any, role: Role = Role.ETL) -> list[tuple[Any, ...]]:
    with session.etl(role=role) as connection, connection.cursor() as cursor:
        cursor.execute(statement, [str(value) if isinstance(value, UUID) else value for value in parameters] or None)
        return cursor.fetchall() if cursor.description else []


def stored_posts(workspace_id: UUID) -> dict[tuple[str, str], tuple[Any, ...]]:
    """(account, post) → attributes, is_repost, published_time_known, captured_at."""
    rows = query(
        f"SELECT a.external_id, p.external_id, {', '.join('p.' + name for name in ATTRIBUTES)}, is_repost, "
        "published_time_known, captured_at FROM raw.post p "
        "JOIN app.account a ON a.workspace_id = p.workspace_id AND a.id = p.account_id "
        "WHERE p.workspace_id = %s",
        workspace_id,
    )
    return {(account, external_id): tuple(rest) for account, external_id, *rest in rows}


def stored_snapshots(workspace_id: UUID, *metrics: str) -> dict[tuple[str, str, datetime], tuple[Any, ...]]:
    """(account, post, captured_at) → source and the metrics asked for."""
    rows = query(
        f"SELECT a.external_id, p.external_id, s.captured_at, s.source, {', '.join('s.' + name for name in metrics)} "
        "FROM raw.post_snapshot s JOIN raw.post p ON p.workspace_id = s.workspace_id AND p.id = s.post_id "
        "JOIN app.account a ON a.workspace_id = s.workspace_id AND a.id = s.account_id WHERE s.workspace_id = %s",
        workspace_id,
    )
    found = {(account, external_id, at): tuple(rest) for account, external_id, at, *rest in rows}
    assert len(found) == len(rows)
    return found
