"""Delegates: who decides for a member while they are away. For the role `api`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from clientnest.approvals.model import ABLE
from clientnest.db.tables.approvals import approval_delegation as delegation_table
from clientnest.errors import BadInput, NotFound
from clientnest.workspaces.members import member

_c = delegation_table.c


@dataclass(frozen=True, slots=True)
class Delegation:
    """`person_id` lets `delegate_id` decide for them, from one instant until another (None: until they end it)."""

    person_id: UUID
    delegate_id: UUID
    starts_at: datetime
    ends_at: datetime | None


_COLUMNS = tuple(_c[name] for name in Delegation.__dataclass_fields__)


def delegations(connection: Connection, workspace_id: UUID, person_id: UUID) -> list[Delegation]:
    """Those that somebody gave or was given, in the order of time; past ones too, until they are replaced."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(_c.workspace_id == workspace_id, or_(_c.person_id == person_id, _c.delegate_id == person_id))
        .order_by(_c.starts_at, _c.person_id)
    )  # fmt: skip
    return [Delegation(**row._mapping) for row in rows]


def delegate(connection: Connection, workspace_id: UUID, given: Delegation, now: datetime) -> Delegation:
    """Let somebody decide, in place of what was said before. `NotFound` for somebody who is no member, `BadInput` for
    one who could not approve, and for a time that is over."""
    if given.delegate_id == given.person_id:
        raise _unusable("Nobody is their own delegate.", "delegate_id")
    found = member(connection, workspace_id, given.delegate_id)
    if found.role not in ABLE:
        raise _unusable(f"As {found.role}, {found.name} may not approve.", "delegate_id")
    if given.ends_at is not None and given.ends_at <= max(given.starts_at, now):
        raise _unusable("It ends before it begins, or is over already.", "ends_at")
    values = {"delegate_id": given.delegate_id, "starts_at": given.starts_at, "ends_at": given.ends_at}
    connection.execute(
        insert(delegation_table).values(workspace_id=workspace_id, person_id=given.person_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id", "person_id"], set_=values)
    )  # fmt: skip
    return given


def end(connection: Connection, workspace_id: UUID, person_id: UUID) -> Delegation:
    """Decide oneself again. `NotFound` where nobody was to decide instead."""
    row = connection.execute(
        delete(delegation_table).where(*_of(workspace_id, person_id)).returning(*_COLUMNS)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("You let nobody decide for you.", advice="PUT …/delegations does that.")
    return Delegation(**row._mapping)


def _of(workspace_id: UUID, person_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (_c.workspace_id == workspace_id, _c.person_id == person_id)


def _unusable(message: str, field: str) -> BadInput:
    return BadInput(message, advice="Choose a colleague who may approve, and when.", details={"field": f"body.{field}"})
