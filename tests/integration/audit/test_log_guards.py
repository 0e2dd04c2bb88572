"""What the database itself refuses: rewriting the logs, reading those of others, saying when something happened."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege
from psycopg2.extensions import connection as Psycopg2Connection
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from clientnest.audit import expire_events, search
from clientnest.db import session
from clientnest.db.roles import Database, Role
from clientnest.db.urls import administrator, database_name, libpq
from clientnest.errors import BadInput
from clientnest.ids import new_id
from tests.conftest import make_workspace
from tests.integration.audit.logbook import invite, invited, sign_in, somebody

LOGS = ("audit_event", "audit_value", "personal_event", "personal_value")
EVERYBODY = ["superuser", *(role for role in Role if role not in {Role.DAGSTER, Role.MLFLOW})]


def _as(who: Role | str, workspace_id: UUID, person_id: UUID) -> Psycopg2Connection:
    url = administrator().set(database=database_name(Database.PRODUCT)).render_as_string(hide_password=False)
    connection = psycopg2.connect(libpq(who) if isinstance(who, Role) else url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for name, value in (("workspace_id", workspace_id), ("person_id", person_id)):
            cursor.execute("SELECT set_config(%s, %s, false)", (f"clientnest.{name}", str(value)))
    return connection


def _stored() -> list[object]:
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        rows = []
        for table in LOGS:
            cursor.execute(f"SELECT '{table}', t::text FROM app.{table} t ORDER BY 2")
            rows += cursor.fetchall()
    return rows


@pytest.mark.parametrize("who", EVERYBODY)
def test_nobody_changes_or_deletes_what_was_logged(workspace: UUID, who: Role | str) -> None:
    actor = somebody()
    assert actor.id is not None
    invite(workspace, actor)
    sign_in(actor)
    before = _stored()
    connection = _as(who, workspace, actor.id)
    with connection.cursor() as cursor:
        for table in LOGS:
            column = "action" if table.endswith("event") else "names"
            for statement in (
                f"UPDATE app.{table} SET {column} = {column}",
                f"DELETE FROM app.{table}",
                f"TRUNCATE app.{table} CASCADE",
                f"MERGE INTO app.{table} USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
            ):
                with pytest.raises(InsufficientPrivilege):
                    cursor.execute(statement)
    connection.close()
    assert _stored() == before
    assert before


def test_the_owner_is_refused_by_the_tables_themselves(workspace: UUID) -> None:
    invite(workspace, somebody())
    for statement in ("UPDATE app.audit_event SET at = at", "DELETE FROM app.audit_event",
                      "DELETE FROM app.audit_value", "TRUNCATE app.audit_value"):  # fmt: skip
        with pytest.raises(ProgrammingError, match="only grows"), session.tenant(Role.MIGRATE) as connection:
            connection.execute(text(statement))


@pytest.mark.parametrize("role", [role for role in EVERYBODY if role not in {"superuser", Role.MIGRATE}])
def test_no_role_of_the_product_was_given_more_than_writing_and_reading(database: str, role: Role) -> None:
    with session.tenant(Role.MIGRATE) as connection:
        for table in (*LOGS, "subject_key"):
            granted = connection.execute(
                text("SELECT has_table_privilege(:role, :table, 'DELETE, TRUNCATE, TRIGGER, REFERENCES') "
                     "OR has_any_column_privilege(:role, :table, 'UPDATE')"),
                {"role": role.login, "table": f"app.{table}"},
            ).scalar_one()  # fmt: skip
            assert not granted, table


def test_a_session_of_the_api_sees_the_log_of_its_workspace_and_the_person_their_own(database: str) -> None:
    mine, other = make_workspace(), make_workspace()
    me, stranger = somebody(), somebody()
    assert me.id is not None
    for workspace_id, actor in ((mine, me), (other, stranger)):
        invite(workspace_id, actor)
        sign_in(actor)
    connection = _as(Role.API, mine, me.id)
    with connection.cursor() as cursor:
        for table, scope, whose in (
            ("audit_event", "workspace_id", mine), ("audit_value", "workspace_id", mine),
            ("personal_event", "person_id", me.id), ("personal_value", "person_id", me.id),
        ):  # fmt: skip
            cursor.execute(f"SELECT DISTINCT {scope} FROM app.{table}")
            assert cursor.fetchall() == [(str(whose),)]
        with pytest.raises(InsufficientPrivilege):
            cursor.execute("SELECT * FROM app.subject_key")
        for table, scope, whose in (("audit", "workspace_id", other), ("personal", "person_id", stranger.id)):
            with pytest.raises(InsufficientPrivilege, match="row-level security"):
                cursor.execute(f"INSERT INTO app.{table}_event ({scope}, id, action, actor_kind, object_type) "
                               "VALUES (%s, %s, 'workspace.changed', 'system', 'workspace')",
                               (str(whose), str(new_id())))  # fmt: skip
    connection.close()
    with session.tenant(Role.API) as unscoped:
        for table in LOGS:
            assert unscoped.execute(text(f"SELECT count(*) FROM app.{table}")).scalar_one() == 0
    with session.tenant(Role.API, workspace_id=mine) as scoped:
        assert search(scoped, other).items == ()


@pytest.mark.parametrize("role", [Role.DASHBOARDS, Role.WORKER, Role.IDENTITY])
def test_those_who_only_write_read_nothing_back(workspace: UUID, role: Role) -> None:
    invite(workspace, somebody(), role=role)
    with pytest.raises(ProgrammingError, match="permission denied"), session.tenant(role, workspace_id=workspace) as c:
        c.execute(text("SELECT id FROM app.audit_event"))


@pytest.mark.parametrize("role", [Role.API, Role.DASHBOARDS, Role.WORKER, Role.IDENTITY])
def test_the_servers_clock_says_when(workspace: UUID, role: Role) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), session.tenant(role, workspace_id=workspace) as c:
        c.execute(text("INSERT INTO app.audit_event (workspace_id, id, at, action, actor_kind, object_type) "
                       "VALUES (:w, :id, '2020-01-01', 'workspace.changed', 'system', 'workspace')"),
                  {"w": workspace, "id": new_id()})  # fmt: skip


def test_events_of_one_transaction_keep_their_order(workspace: UUID) -> None:
    actor = somebody()
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        written = [invited(connection, workspace, actor, new_id()) for _ in range(5)]
        assert [event.id for event in search(connection, workspace).items] == written[::-1]


def _event_of(workspace_id: UUID, age: timedelta) -> None:
    with session.tenant(Role.MIGRATE) as connection:
        row = {"w": workspace_id, "id": new_id(), "at": datetime.now(UTC) - age}
        connection.execute(text("INSERT INTO app.audit_event (workspace_id, id, at, action, actor_kind, object_type) "
                                "VALUES (:w, :id, :at, 'workspace.changed', 'system', 'workspace')"), row)  # fmt: skip
        connection.execute(text("INSERT INTO app.audit_value (workspace_id, event_id, subject_id, names) "
                                "VALUES (:w, :id, :w, '{address}')"), row)  # fmt: skip


def test_old_events_expire_through_one_door_only_and_none_of_the_last_year(workspace: UUID) -> None:
    for age in (timedelta(days=800), timedelta(days=500), timedelta(days=10)):
        _event_of(workspace, age)
    with pytest.raises(ProgrammingError, match="only grows"), session.tenant(Role.MIGRATE) as connection:
        connection.execute(text("DELETE FROM app.audit_event WHERE at < now() - interval '2 years'"))
    with session.tenant(Role.MIGRATE) as connection:
        assert expire_events(connection, datetime.now(UTC) - timedelta(days=700)) == 1
    with session.tenant(Role.MIGRATE) as connection, pytest.raises(BadInput):
        expire_events(connection, datetime.now(UTC) - timedelta(days=300))
    with pytest.raises(ProgrammingError, match="only grows"), session.tenant(Role.MIGRATE) as connection:
        connection.execute(text("SELECT app.expire_events(now())"))
    for role in (Role.API, Role.WORKER, Role.IDENTITY, Role.ETL):
        with pytest.raises(ProgrammingError, match="permission denied"), session.tenant(role) as connection:
            connection.execute(text("SELECT app.expire_events('2020-01-01')"))
    with session.tenant(Role.MIGRATE) as connection:
        left = text("SELECT (SELECT count(*) FROM app.audit_event WHERE workspace_id = :w), "
                    "(SELECT count(*) FROM app.audit_value WHERE workspace_id = :w)")  # fmt: skip
        assert tuple(connection.execute(left, {"w": workspace}).one()) == (2, 2)


def test_the_log_of_a_deleted_workspace_stays(database: str) -> None:
    workspace_id = make_workspace()
    event_id = invite(workspace_id, somebody())
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM app.workspace WHERE id = %s", (str(workspace_id),))
        cursor.execute("SELECT id FROM app.audit_event WHERE workspace_id = %s", (str(workspace_id),))
        assert cursor.fetchall() == [(str(event_id),)]
