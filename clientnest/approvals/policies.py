"""Policies: what has to be approved, by whom, at which levels. For the role `api`."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from clientnest.approvals.model import ABLE, MOST_LEVELS, Level, Mode, Policy
from clientnest.db.refused import NO_SUCH_ROW
from clientnest.db.tables.approvals import approval_level as level_table
from clientnest.db.tables.approvals import approval_policy as policy_table
from clientnest.db.tables.identity import membership as membership_table
from clientnest.errors import BadInput, Conflict, NotFound
from clientnest.ids import new_id
from clientnest.workspaces.revisions import stale
from clientnest.workspaces.service import WorkspaceRole

_c, _l, _m = policy_table.c, level_table.c, membership_table.c


def policies(connection: Connection, workspace_id: UUID, *which: ColumnElement[bool]) -> list[Policy]:
    """The policies of a workspace: its own first, then those of labels and accounts in the order they were made."""
    rows = connection.execute(
        select(policy_table).where(_c.workspace_id == workspace_id, *which)
        .order_by(_c.account_id.is_not(None), _c.label_id.is_not(None), _c.id)
    ).all()  # fmt: skip
    levels: dict[UUID, list[Level]] = {}
    for row in connection.execute(
        select(level_table).where(_l.workspace_id == workspace_id, _l.policy_id.in_([row.id for row in rows]))
        .order_by(_l.policy_id, _l.number)
    ):  # fmt: skip
        levels.setdefault(row.policy_id, []).append(
            Level(tuple(row.people), tuple(WorkspaceRole(role) for role in row.roles), row.client_by_link)
        )
    return [_policy(row, levels.get(row.id, ())) for row in rows]


def policy(connection: Connection, workspace_id: UUID, policy_id: UUID) -> Policy:
    """One policy; `NotFound` where the workspace has none of that id."""
    found = policies(connection, workspace_id, _c.id == policy_id)
    if not found:
        raise NotFound("There is no such approval policy.", advice="GET …/approval-policies lists those there are.")
    return found[0]


def create(
    connection: Connection, workspace_id: UUID, mode: Mode, levels: Sequence[Level], *, account_id: UUID | None = None,
    label_id: UUID | None = None, created_by: UUID | None = None,
) -> Policy:  # fmt: skip
    """A new policy, for an account, a label, or the workspace. `Conflict` where that has one; `BadInput` for one that
    nobody could approve by, or that does not know what it wants; `NotFound` for what is not the workspace's."""
    if account_id is not None and label_id is not None:
        raise BadInput(
            "A policy is for an account or for a label, not for both.", advice="Make two policies.",
            details={"field": "body.label_id"},
        )  # fmt: skip
    _check(connection, workspace_id, mode, levels)
    policy_id = new_id()
    values = {"workspace_id": workspace_id, "id": policy_id, "account_id": account_id, "label_id": label_id,
              "mode": mode.value, "created_by": created_by}  # fmt: skip
    try:
        with connection.begin_nested():
            connection.execute(insert(policy_table).values(values))
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) == NO_SUCH_ROW:
            what = "account" if account_id else "label"
            raise NotFound(f"The workspace has no such {what}.", details={"field": f"body.{what}_id"}) from error
        raise Conflict("There is a policy for that already.", advice="Change it: PATCH …/{policy_id}.") from error
    _keep(connection, workspace_id, policy_id, levels)
    return policy(connection, workspace_id, policy_id)


def change(
    connection: Connection, workspace_id: UUID, policy_id: UUID, *, revision: int | None = None,
    mode: Mode | None = None, levels: Sequence[Level] | None = None,
) -> Policy:  # fmt: skip
    """Change what is given. Rounds that are open go on by the levels they began with. `Stale` (412) where there is a
    newer revision than the one the change was decided on."""
    before = policy(connection, workspace_id, policy_id)
    wanted, asked = mode or before.mode, before.levels if levels is None else levels
    _check(connection, workspace_id, wanted, asked)
    statement = update(policy_table).where(*_named(workspace_id, policy_id))
    if revision is not None:
        statement = statement.where(_c.revision == revision)
    if not connection.execute(statement.values(mode=wanted.value, revision=_c.revision + 1)).rowcount:
        raise stale("The policy")
    connection.execute(delete(level_table).where(_l.workspace_id == workspace_id, _l.policy_id == policy_id))
    _keep(connection, workspace_id, policy_id, asked)
    return policy(connection, workspace_id, policy_id)


def remove(connection: Connection, workspace_id: UUID, policy_id: UUID) -> Policy:
    """Remove a policy; gives it as it was. A less special one holds from now on, or none."""
    gone = policy(connection, workspace_id, policy_id)
    connection.execute(delete(policy_table).where(*_named(workspace_id, policy_id)))
    return gone


def _check(connection: Connection, workspace_id: UUID, mode: Mode, levels: Sequence[Level]) -> None:
    if mode is Mode.NONE and levels:
        raise _unusable("Without approval there are no levels.", "levels")
    if mode is not Mode.NONE and not 1 <= len(levels) <= MOST_LEVELS:
        raise _unusable(f"Approval has 1 to {MOST_LEVELS} levels.", "levels")
    members = {
        row.person_id: WorkspaceRole(row.role)
        for row in connection.execute(select(_m.person_id, _m.role).where(_m.workspace_id == workspace_id))
    }
    able = {person for person, role in members.items() if role in ABLE}
    for place, level in enumerate(levels):
        here = f"levels.{place}"
        if not set(level.roles) <= ABLE:
            raise _unusable(f"A role of level {place + 1} may not approve.", f"{here}.roles")
        for person in level.people:
            if person not in members:
                raise NotFound(
                    f"Nobody of the id {person} belongs to the workspace.", advice="GET …/members lists who does.",
                    details={"field": f"body.{here}.people"},
                )  # fmt: skip
            if person not in able:
                raise _unusable(f"As {members[person]}, {person} may not approve.", f"{here}.people")
        if not _has_somebody(level, {members[person] for person in able}):
            raise _unusable(f"Nobody could approve at level {place + 1}.", here)


def _has_somebody(level: Level, roles: Collection[WorkspaceRole]) -> bool:
    return level.client_by_link or bool(level.people) or not set(level.roles).isdisjoint(roles)


def _unusable(message: str, field: str) -> BadInput:
    named = ", ".join(role.value for role in WorkspaceRole if role in ABLE)
    return BadInput(
        message, advice=f"Name people who are {named}, a role that somebody has, or a client by link.",
        details={"field": f"body.{field}"},
    )  # fmt: skip


def _keep(connection: Connection, workspace_id: UUID, policy_id: UUID, levels: Iterable[Level]) -> None:
    rows = [
        {"workspace_id": workspace_id, "policy_id": policy_id, "number": number,
         "people": list(dict.fromkeys(level.people)), "roles": sorted({role.value for role in level.roles}),
         "client_by_link": level.client_by_link}
        for number, level in enumerate(levels, 1)
    ]  # fmt: skip
    if rows:
        connection.execute(insert(level_table), rows)


def _named(workspace_id: UUID, policy_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (_c.workspace_id == workspace_id, _c.id == policy_id)


def _policy(row: Row[Any], levels: Sequence[Level]) -> Policy:
    return Policy(row.id, row.account_id, row.label_id, Mode(row.mode), tuple(levels), row.revision, row.created_by,
                  row.created_at)  # fmt: skip
