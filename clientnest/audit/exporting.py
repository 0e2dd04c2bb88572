"""The log as a file: CSV for spreadsheets, JSON lines for programs. Whatever its length, a batch at a time.

Each batch is read in a transaction of its own, so that a reader who is slow, or gone, holds no connection, and one who
loses the right to read stops there.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from clientnest.audit.model import Event, State
from clientnest.audit.searching import MOST_AT_ONCE, Filters, search

_HEADER = ("at", "action", "actor_kind", "actor_id", "object_type", "object_id", "changes", "address", "user_agent",
           "request_id", "id")  # fmt: skip
_STARTS_A_FORMULA = ("=", "+", "-", "@")
_STARTS_A_CELL_ANEW = ("\t", "\r", "\n")

Batches = Iterable[tuple[Event, ...]]


def batches(
    open_log: Callable[[], AbstractContextManager[Connection]], workspace_id: UUID, filters: Filters | None = None
) -> Iterator[tuple[Event, ...]]:
    """A workspace's events, newest first, up to `MOST_AT_ONCE` at a time.

    `open_log` gives a transaction inside the workspace, as `search` needs it, after asking whether the log may be read.
    """
    cursor: str | None = None
    while True:
        with open_log() as connection:
            page = search(connection, workspace_id, filters, cursor=cursor, limit=MOST_AT_ONCE)
        yield page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def export_csv(events: Batches) -> Iterator[bytes]:
    """RFC 4180 in UTF-8 with a mark that spreadsheets recognise; the header comes first. No cell is a formula."""
    yield b"\xef\xbb\xbf" + _csv([_HEADER])
    for batch in events:
        yield _csv(_cells(event) for event in batch)


def export_json_lines(events: Batches) -> Iterator[bytes]:
    """One JSON object a line, with the members of `Event`."""
    for batch in events:
        yield b"".join(json.dumps(as_json(event)).encode("ascii") + b"\n" for event in batch)


def as_json(event: Event) -> dict[str, Any]:
    """The event in JSON's own types."""
    origin = event.origin
    return {
        "id": str(event.id),
        "at": event.at.isoformat(),
        "action": event.action,
        "actor_kind": event.actor_kind.value,
        "actor_id": None if event.actor_id is None else str(event.actor_id),
        "object_type": event.object_type,
        "object_id": event.object_id,
        "changes": [
            {"field": one.field, "before": one.before, "after": one.after, "state": one.state.value}
            for one in event.changes
        ],
        "origin": {"address": origin.address, "user_agent": origin.user_agent, "state": origin.state.value},
        "request_id": event.request_id,
    }


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows([_harmless(cell) for cell in row] for row in rows)
    return written.getvalue().encode()


def _cells(event: Event) -> tuple[str, ...]:
    origin = event.origin
    unreadable = "" if origin.state in {State.SHOWN, State.NOT_KEPT} else origin.state.value
    return (
        event.at.isoformat(), event.action, event.actor_kind.value, str(event.actor_id or ""), event.object_type,
        event.object_id or "", _told(event), origin.address or unreadable, origin.user_agent or unreadable,
        event.request_id or "", str(event.id),
    )  # fmt: skip


def _told(event: Event) -> str:
    """The changes as one JSON object: values before and after, or the state of those that cannot be shown."""
    if not event.changes:
        return ""
    return json.dumps({
        one.field: [one.before, one.after] if one.state is State.SHOWN else one.state.value for one in event.changes
    }, ensure_ascii=False)  # fmt: skip


def _harmless(cell: str) -> str:
    """The cell as text that no spreadsheet takes for a formula, blanks before it or not."""
    dangerous = cell.startswith(_STARTS_A_CELL_ANEW) or cell.lstrip().startswith(_STARTS_A_FORMULA)
    return f"'{cell}" if dangerous else cell
