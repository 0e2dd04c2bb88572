"""Queue slots: the times of the week at which an account posts what waits for its turn. For the role `api`.

A slot is a weekday and a wall-clock time, in its own zone, else the account's, else the workspace's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from clientnest.db import session
from clientnest.db.tables.identity import account as account_table
from clientnest.db.tables.identity import workspace as workspace_table
from clientnest.db.tables.planning import queue_slot as slot_table
from clientnest.errors import Conflict, NotFound
from clientnest.ids import new_id
from clientnest.workspaces.revisions import stale
from clientnest.zones import zone

MOST = 200
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_c, _a, _w = slot_table.c, account_table.c, workspace_table.c


@dataclass(frozen=True, slots=True)
class Slot:
    """A time of the week. `weekday`: 0 is Monday. `timezone`: its own; `zone`: the one that holds at present."""

    id: UUID
    account_id: UUID
    weekday: int
    local_time: time
    timezone: str | None
    zone: str
    revision: int
    created_by: UUID | None
    created_at: datetime


class SlotFields(TypedDict, total=False):
    """What of a slot can be changed. `timezone` None: the account's again."""

    weekday: int
    local_time: time
    timezone: str | None


_zone = func.coalesce(_c.timezone, _a.timezone, _w.timezone).label("zone")
_slots: Select[Any] = (
    select(*(_zone if name == "zone" else _c[name] for name in Slot.__dataclass_fields__))
    .join(account_table, (_a.workspace_id == _c.workspace_id) & (_a.id == _c.account_id))
    .join(workspace_table, _w.id == _c.workspace_id)
    .order_by(_c.account_id, _c.weekday, _c.local_time)
)


def slots(connection: Connection, workspace_id: UUID, account_id: UUID | None = None) -> list[Slot]:
    """The slots of an account in the order of its week; without one, those of all accounts. `NotFound` where the
    workspace has no such account."""
    statement = _slots.where(_c.workspace_id == workspace_id)
    if account_id is not None:
        check_account(connection, workspace_id, account_id)
        statement = statement.where(_c.account_id == account_id)
    return [_slot(row) for row in connection.execute(statement)]


def slot(connection: Connection, workspace_id: UUID, account_id: UUID, slot_id: UUID) -> Slot:
    """One slot; `NotFound` where the account has none of that id."""
    row = connection.execute(_slots.where(*_named(workspace_id, account_id, slot_id))).one_or_none()
    if row is None:
        raise NotFound("There is no such slot.", advice="GET …/slots lists those of the account.")
    return _slot(row)


def create(
    connection: Connection, workspace_id: UUID, account_id: UUID, weekday: int, local_time: time,
    timezone: str | None = None, *, created_by: UUID | None,
) -> Slot:  # fmt: skip
    """A new slot. `Conflict` where the account has one at that time of the week, or 200."""
    check_account(connection, workspace_id, account_id)
    if timezone is not None:
        zone(timezone, field="body.timezone")
    session.in_turn(connection, f"{workspace_id}/{account_id}/slots")
    there = select(func.count()).where(_c.workspace_id == workspace_id, _c.account_id == account_id)
    if connection.execute(there).scalar_one() >= MOST:
        raise Conflict(f"An account has at most {MOST} slots.", advice="Remove one first.")
    slot_id = new_id()
    values = {"workspace_id": workspace_id, "id": slot_id, "account_id": account_id, "weekday": weekday,
              "local_time": local_time, "timezone": timezone, "created_by": created_by}  # fmt: skip
    try:
        with connection.begin_nested():
            connection.execute(insert(slot_table).values(values))
    except IntegrityError as error:
        raise _taken(weekday, local_time) from error
    return slot(connection, workspace_id, account_id, slot_id)


def change(
    connection: Connection, workspace_id: UUID, account_id: UUID, slot_id: UUID, *, revision: int | None = None,
    **given: Unpack[SlotFields],
) -> Slot:  # fmt: skip
    """Change what is given. `revision`: the one the change was decided on; `Stale` (412) where there is a newer one."""
    before = slot(connection, workspace_id, account_id, slot_id)
    if given.get("timezone") is not None:
        zone(str(given["timezone"]), field="body.timezone")
    statement = update(slot_table).where(*_named(workspace_id, account_id, slot_id))
    if revision is not None:
        statement = statement.where(_c.revision == revision)
    try:
        with connection.begin_nested():
            changed = connection.execute(statement.values(**given, revision=_c.revision + 1))
    except IntegrityError as error:
        weekday, local_time = given.get("weekday", before.weekday), given.get("local_time", before.local_time)
        raise _taken(weekday, local_time) from error
    if changed.rowcount == 0:
        raise stale("The slot")
    return slot(connection, workspace_id, account_id, slot_id)


def remove(connection: Connection, workspace_id: UUID, account_id: UUID, slot_id: UUID) -> Slot:
    """Remove a slot; gives it as it was. What is planned at its times stays there."""
    gone = slot(connection, workspace_id, account_id, slot_id)
    connection.execute(delete(slot_table).where(*_named(workspace_id, account_id, slot_id)))
    return gone


def check_account(connection: Connection, workspace_id: UUID, account_id: UUID) -> None:
    """`NotFound` where the workspace has no such account."""
    found = connection.execute(select(_a.id).where(_a.workspace_id == workspace_id, _a.id == account_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such account.", advice="GET …/accounts lists those of the workspace.")


def _named(workspace_id: UUID, account_id: UUID, slot_id: UUID) -> Sequence[ColumnElement[bool]]:
    return (_c.workspace_id == workspace_id, _c.account_id == account_id, _c.id == slot_id)


def _slot(row: Row[Any]) -> Slot:
    return Slot(**row._mapping)


def _taken(weekday: int, local_time: time) -> Conflict:
    return Conflict(
        f"The account has a slot on {WEEKDAYS[weekday]} at {local_time:%H:%M} already.", advice="Choose another time."
    )
