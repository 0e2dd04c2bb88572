"""Somebody's own notifications: listed newest first, counted, and marked as read. Needs the person in the scope.

What row-level security lets through is theirs and of workspaces they belong to. `second_factor`: whether they proved
one; without, what workspaces that ask for it have to say stays closed, as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select, update

from clientnest.db.tables.identity import workspace as workspace_table
from clientnest.db.tables.notifications import notification as notification_table
from clientnest.errors import NotFound
from clientnest.notifications.showing import Shown, shown
from clientnest.warehouse.serve import cursor as cursors

MOST_AT_ONCE = 200
_c = notification_table.c


@dataclass(frozen=True, slots=True)
class Page:
    """`next_cursor` is None on the last page."""

    items: Sequence[Shown]
    next_cursor: str | None


def list_notifications(
    connection: Connection, person_id: UUID, *, second_factor: bool, unread: bool = False,
    workspace_id: UUID | None = None, cursor: str | None = None, limit: int = 50,
) -> Page:  # fmt: skip
    """One page. Following `next_cursor` gives every one that was there at the first page once. `BadInput` for a cursor
    of other filters."""
    limit = max(1, min(limit, MOST_AT_ONCE))
    belongs_to = cursors.fingerprint("notifications", person_id, unread, workspace_id)
    conditions = _seen_by(person_id, second_factor)
    if unread:
        conditions.append(_c.read_at.is_(None))
    if workspace_id is not None:
        conditions.append(_c.workspace_id == workspace_id)
    if cursor is not None:
        conditions.append(_c.id < cursors.decode(cursor, belongs_to, instant=True).row_id)
    rows = connection.execute(
        select(notification_table).where(*conditions).order_by(_c.id.desc()).limit(limit + 1)
    ).all()
    page = rows[:limit]
    more = len(rows) > limit
    return Page(
        shown(connection, page), cursors.encode(cursors.Cursor(None, page[-1].id), belongs_to) if more else None
    )


def unread_count(connection: Connection, person_id: UUID, *, second_factor: bool) -> int:
    """How many were not read."""
    conditions = [*_seen_by(person_id, second_factor), _c.read_at.is_(None)]
    return connection.execute(select(func.count()).select_from(notification_table).where(*conditions)).scalar_one()


def mark_read(connection: Connection, person_id: UUID, notification_id: UUID, *, second_factor: bool) -> None:
    """Mark one as read; twice is as once. `NotFound` where there is none of that id to see."""
    conditions = [*_seen_by(person_id, second_factor), _c.id == notification_id]
    done = connection.execute(
        update(notification_table).where(*conditions).values(read_at=func.coalesce(_c.read_at, func.now()))
    )
    if not done.rowcount:
        raise NotFound("There is no such notification.", advice="GET /v1/me/notifications lists yours.")


def mark_all_read(
    connection: Connection, person_id: UUID, up_to: UUID, *, second_factor: bool, workspace_id: UUID | None = None
) -> None:
    """Mark as read what is there up to one that was seen: what came meanwhile stays unread."""
    conditions = [*_seen_by(person_id, second_factor), _c.read_at.is_(None), _c.id <= up_to]
    if workspace_id is not None:
        conditions.append(_c.workspace_id == workspace_id)
    connection.execute(update(notification_table).where(*conditions).values(read_at=func.now()))


def _seen_by(person_id: UUID, second_factor: bool) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_c.person_id == person_id, _c.in_app]
    if not second_factor:
        closed = select(workspace_table.c.id).where(workspace_table.c.require_second_factor)
        conditions.append(_c.workspace_id.is_(None) | _c.workspace_id.not_in(closed))
    return conditions
