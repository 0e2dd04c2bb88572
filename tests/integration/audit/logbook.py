"""What the tests of the logs share: people who act, events they leave, and a long log made at once."""

from datetime import UTC, datetime
from uuid import UUID

from psycopg2.extras import execute_values
from sqlalchemy import Connection

from clientnest.audit import (
    Action,
    Actor,
    ActorKind,
    Change,
    PersonalAction,
    record,
    record_personal,
    sealing,
    subjects,
)
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id

ADDRESS, AGENT = "203.0.113.77", "Mozilla/5.0 (Audited)"
INVITED = "newcomer@example.org"


def somebody() -> Actor:
    return Actor(ActorKind.PERSON, new_id(), ADDRESS, AGENT, "request-00001")


def invited(connection: Connection, workspace_id: UUID, actor: Actor, subject_id: UUID) -> UUID:
    """An event with a value in clear and one that is somebody else's than the actor's address."""
    return record(
        connection, Action.MEMBER_INVITED, actor=actor, workspace_id=workspace_id, object_type="invitation",
        object_id=subject_id, changes={"role": Change(None, "editor"), "email": Change(None, INVITED)},
        subject_id=subject_id,
    )  # fmt: skip


def invite(workspace_id: UUID, actor: Actor, subject_id: UUID | None = None, *, role: Role = Role.API) -> UUID:
    with session.tenant(role, workspace_id=workspace_id) as connection:
        return invited(connection, workspace_id, actor, subject_id or new_id())


def sign_in(actor: Actor) -> UUID:
    assert actor.id is not None
    with session.tenant(Role.IDENTITY) as connection:
        return record_personal(
            connection, PersonalAction.SIGNED_IN, actor=actor, person_id=actor.id,
            changes={"method": Change(None, "password")},
        )  # fmt: skip


def long_log(workspace_id: UUID, actor: Actor, events: int) -> None:
    """Fill a workspace's log with `events` events of one actor, their addresses sealed, as the tables' owner."""
    assert actor.id is not None
    with session.tenant(Role.MIGRATE) as connection:
        key = subjects.keys_for_writing(connection, [actor.id])[actor.id]
    assert key is not None
    at = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [new_id() for _ in range(events)]
    values = [
        (str(workspace_id), str(one), str(actor.id), ["address"],
         sealing.sealed({"address": ADDRESS}, key, sealing.place("audit_event", workspace_id, one, actor.id)))
        for one in ids
    ]  # fmt: skip
    with session.etl(role=Role.MIGRATE) as raw, raw.cursor() as cursor:
        execute_values(
            cursor,
            "INSERT INTO app.audit_event (workspace_id, id, at, action, actor_kind, actor_id, object_type, changed, "
            "details) VALUES %s",
            [(str(workspace_id), str(one), at, "workspace.member.role_changed", "person", str(actor.id), "member",
              ["role"], '{"role": {"before": "editor", "after": "admin"}}') for one in ids],
            page_size=1000,
        )  # fmt: skip
        execute_values(
            cursor,
            "INSERT INTO app.audit_value (workspace_id, event_id, subject_id, names, ciphertext) VALUES %s",
            values, page_size=1000,
        )  # fmt: skip
        cursor.execute("ANALYZE app.audit_event, app.audit_value")
