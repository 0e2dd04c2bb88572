"""The migrated schema, on each kind of server: what tables say, who may read what, what is a hypertable."""

import psycopg2
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from clientnest.db import session
from clientnest.db.bootstrap import prepare
from clientnest.db.roles import Role
from clientnest.db.tables import metadata
from clientnest.db.urls import libpq, role_url
from clientnest.errors import Unavailable
from clientnest.ids import new_id
from tests.conftest import TIMESCALEDB, make_workspace

pytestmark = pytest.mark.servers("plain", "timescaledb")
COLUMN_CHANGES = {"add_table", "remove_table", "add_column", "remove_column", "modify_type", "modify_nullable"}


def test_the_table_definitions_say_what_the_migrations_made(database: str) -> None:
    options = {
        "include_schemas": True,
        "version_table_schema": "app",
        "compare_type": True,
        "include_name": lambda name, kind, _parents: kind != "schema" or name in {"app", "raw", "ml"},
        "include_object": lambda _o, name, kind, reflected, _c: not (kind == "table" and reflected and "_20" in name),
    }
    engine = create_engine(role_url(Role.MIGRATE, driver="psycopg"))
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    engine.dispose()
    flat = [part for entry in differences for part in (entry if isinstance(entry, list) else [entry])]
    assert [entry for entry in flat if entry[0] in COLUMN_CHANGES] == []


def test_preparing_twice_more_changes_nothing(database: str) -> None:
    workspace_id = make_workspace()
    prepare()
    prepare()
    with session.etl() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM app.workspace WHERE id = %s", (str(workspace_id),))
        assert cursor.fetchone() == (1,)


def test_snapshots_are_hypertables_where_timescaledb_runs_and_native_partitions_elsewhere(
    database: str, server_kind: str
) -> None:
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        if server_kind == TIMESCALEDB:
            cursor.execute("SELECT hypertable_name::text FROM timescaledb_information.hypertables "
                           "WHERE hypertable_schema = 'raw'")  # fmt: skip
            assert {row[0] for row in cursor.fetchall()} == {"post_snapshot", "account_snapshot"}
        else:
            cursor.execute("SELECT relname::text FROM pg_partitioned_table JOIN pg_class ON oid = partrelid")
            assert {row[0] for row in cursor.fetchall()} == {"post_snapshot", "account_snapshot"}


@pytest.mark.parametrize("role", [Role.API, Role.DASHBOARDS, Role.WORKER])
def test_no_tenant_role_reads_a_capture_or_the_piece_of_storage_that_holds_it(database: str, role: Role) -> None:
    workspace_id, account_id, post_id = make_workspace(), new_id(), new_id()
    with session.etl() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT raw.ensure_partitions(%s, %s)", ("2026-03-01", "2026-03-31"))
        cursor.execute(
            "INSERT INTO raw.post_snapshot (workspace_id, account_id, post_id, captured_at, source, load_id, likes) "
            "VALUES (%s, %s, %s, '2026-03-05', 'test', 1, 7) RETURNING tableoid::regclass::text",
            (str(workspace_id), str(account_id), str(post_id)),
        )
        stored_in = cursor.fetchone()
    assert stored_in is not None
    connection = psycopg2.connect(libpq(role))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('clientnest.workspace_id', %s, false)", (str(workspace_id),))
        for table in ("raw.post_snapshot", "raw.post", "raw.load", stored_in[0]):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"SELECT * FROM {table}")
    connection.close()


def test_a_tenant_session_sees_its_workspace_only_and_nothing_without_one(database: str) -> None:
    mine, other = make_workspace(), make_workspace()
    with session.etl() as connection, connection.cursor() as cursor:
        for workspace_id in (mine, other):
            cursor.execute("INSERT INTO app.job (workspace_id, id, kind) VALUES (%s, %s, 'import')",
                           (str(workspace_id), str(new_id())))  # fmt: skip
    with session.tenant(Role.API, workspace_id=mine) as scoped:
        assert [row[0] for row in scoped.execute(text("SELECT workspace_id FROM app.job"))] == [mine]
        assert [row[0] for row in scoped.execute(text("SELECT id FROM app.workspace"))] == [mine]
    with session.tenant(Role.API) as unscoped:
        assert unscoped.execute(text("SELECT count(*) FROM app.job")).scalar() == 0
        assert unscoped.execute(text("SELECT count(*) FROM app.workspace")).scalar() == 0


def _sleep(role: Role) -> None:
    with session.tenant(role) as connection:
        connection.execute(text("SET LOCAL statement_timeout = '20ms'"))
        connection.execute(text("SELECT pg_sleep(5)"))


@pytest.mark.parametrize(("role", "limit"), [(Role.API, "30s"), (Role.DASHBOARDS, "1min"), (Role.ETL, "0")])
def test_those_who_answer_people_give_up_what_takes_too_long(database: str, role: Role, limit: str) -> None:
    with session.tenant(role) as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == limit
    with pytest.raises(Unavailable, match="was not ready after"):
        _sleep(role)
