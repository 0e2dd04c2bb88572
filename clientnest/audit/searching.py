"""Reading the logs: newest first, filtered, page by page, with what can still be opened of their personal values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Uuid, any_, literal, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from clientnest.audit import sealing, subjects
from clientnest.audit.catalogue import ActorKind
from clientnest.audit.logs import PEOPLE, WORKSPACES, Log
from clientnest.audit.model import Event, EventPage, FieldChange, Origin, State
from clientnest.errors import BadInput
from clientnest.warehouse.serve import cursor as cursors

MOST_AT_ONCE = 1000
_LAST_CHARACTER = "\U0010ffff"
_Values = Mapping[str, tuple[Any, State]]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events: all conditions have to hold. `action` is how the name begins (`workspace.member`); `since` is
    included and `until` is not; `text` is a part of the object's id, in any case."""

    actor_id: UUID | None = None
    action: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None


def search(
    connection: Connection,
    workspace_id: UUID,
    filters: Filters | None = None,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> EventPage:
    """One page of a workspace's events. Needs the workspace in the session's scope and a role that may read the log
    (api); whether the person may is the caller's to ask.

    Following `next_cursor` gives every event that was there at the first page once and none twice, whatever is written
    meanwhile. `BadInput` for a cursor of other filters.
    """
    return _page(connection, WORKSPACES, workspace_id, filters or Filters(), cursor, limit)


def personal_events(
    connection: Connection, person_id: UUID, *, cursor: str | None = None, limit: int = 50
) -> EventPage:
    """One page of what happened to a person's way in. Needs the person in the session's scope."""
    return _page(connection, PEOPLE, person_id, Filters(), cursor, limit)


def _page(
    connection: Connection, log: Log, scope_id: UUID, filters: Filters, cursor: str | None, limit: int
) -> EventPage:
    limit = max(1, min(limit, MOST_AT_ONCE))
    columns = log.event.c
    belongs_to = cursors.fingerprint(log.event.name, scope_id, filters)
    conditions = [columns[log.scope] == scope_id, *_conditions(log, filters)]
    if cursor is not None:
        conditions.append(tuple_(columns.at, columns.id) < _last(cursor, belongs_to))
    rows = connection.execute(
        select(log.event).where(*conditions).order_by(columns.at.desc(), columns.id.desc()).limit(limit + 1)
    ).all()
    page = rows[:limit]
    values = _values(connection, log, scope_id, [row.id for row in page])
    more = len(rows) > limit
    return EventPage(
        tuple(_event(row, values.get(row.id, {})) for row in page),
        cursors.encode(cursors.Cursor(page[-1].at, page[-1].id), belongs_to) if more else None,
    )


def _last(cursor: str, belongs_to: str) -> ColumnElement[Any]:
    last = cursors.decode(cursor, belongs_to, instant=True)
    if last.value is None:
        raise BadInput(
            "The cursor is not one that a previous page gave.", advice="Start again without a cursor.",
            details={"field": "query.cursor"},
        )  # fmt: skip
    return tuple_(last.value, last.row_id)


def _conditions(log: Log, filters: Filters) -> list[ColumnElement[bool]]:
    columns = log.event.c
    conditions: list[ColumnElement[bool]] = []
    for column, wanted in (
        (columns.actor_id, filters.actor_id),
        (columns.object_type, filters.object_type),
        (columns.object_id, filters.object_id),
    ):
        if wanted is not None:
            conditions.append(column == wanted)
    if filters.action is not None:
        # A range, and not LIKE: row-level security lets only operators that leak nothing choose an index.
        conditions += [columns.action >= filters.action, columns.action < filters.action + _LAST_CHARACTER]
    if filters.text is not None:
        conditions.append(columns.object_id.icontains(filters.text, autoescape=True))
    if filters.since is not None:
        conditions.append(columns.at >= filters.since)
    if filters.until is not None:
        conditions.append(columns.at < filters.until)
    return conditions


def _values(
    connection: Connection, log: Log, scope_id: UUID, event_ids: Sequence[UUID]
) -> dict[UUID, dict[str, tuple[Any, State]]]:
    """Of each event, its personal values by name, as far as they open."""
    columns = log.value.c
    of_these = columns.event_id == any_(literal(event_ids, ARRAY(Uuid)))
    rows = connection.execute(select(log.value).where(columns[log.scope] == scope_id, of_these)).all()
    keys = subjects.keys(connection, {row.subject_id for row in rows})
    values: dict[UUID, dict[str, tuple[Any, State]]] = {}
    for row in rows:
        key = keys.get(row.subject_id)
        state, opened = State.ERASED, None
        if key is not None and row.ciphertext is not None:
            belongs_to = sealing.place(log.event.name, scope_id, row.event_id, row.subject_id)
            opened = sealing.opened(row.ciphertext, key, belongs_to)
            state = State.SHOWN if opened is not None else State.DAMAGED
        values.setdefault(row.event_id, {}).update({name: ((opened or {}).get(name), state) for name in row.names})
    return values


def _event(row: Row[Any], values: _Values) -> Event:
    return Event(
        id=row.id,
        at=row.at,
        action=row.action,
        actor_kind=ActorKind(row.actor_kind),
        actor_id=row.actor_id,
        object_type=row.object_type,
        object_id=row.object_id,
        changes=tuple(_change(name, row.details, values) for name in row.changed),
        origin=_origin(values),
        request_id=row.request_id,
    )


def _change(name: str, clear: Mapping[str, Any], values: _Values) -> FieldChange:
    if name in clear:
        pair, state = clear[name], State.SHOWN
    else:
        pair, state = values.get(f"changes.{name}", (None, State.NOT_KEPT))
    pair = pair or {}
    return FieldChange(name, pair.get("before"), pair.get("after"), state)


def _origin(values: _Values) -> Origin:
    address, of_address = values.get("address", (None, State.NOT_KEPT))
    agent, of_agent = values.get("user_agent", (None, State.NOT_KEPT))
    return Origin(address, agent, of_agent if of_address is State.NOT_KEPT else of_address)
