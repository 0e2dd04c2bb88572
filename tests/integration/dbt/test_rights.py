"""Who may read what dbt builds: one workspace at a time, through `serve`, and nothing behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import psycopg2
import pytest
from psycopg2 import sql
from psycopg2.errors import InsufficientPrivilege
from psycopg2.extensions import cursor as Cursor

from clientnest.db.roles import Role
from clientnest.db.urls import libpq
from tests.conftest import make_workspace
from tests.integration.dbt.captures import post, write
from tests.integration.dbt.conftest import Dbt

TENANT_VIEWS = ("account", "post", "account_daily", "posting_slot", "hashtag", "content_type", "data_health")
READERS = (Role.API, Role.DASHBOARDS)

pytestmark = pytest.mark.servers("plain", "timescaledb")


@pytest.fixture(scope="module")
def workspaces(dbt: Dbt) -> tuple[UUID, UUID]:
    """Two workspaces that follow the same account of a network, built twice: from nothing, and again in full."""
    made = make_workspace(), make_workspace()
    for workspace in made:
        for day in range(1, 10):
            write(workspace, [post(age=timedelta(days=day), likes=day, text="secret #plan")])
    dbt("build")
    dbt("build", "--full-refresh")
    return made


@contextmanager
def session(role: Role, workspace: UUID | None = None) -> Iterator[Cursor]:
    connection = psycopg2.connect(libpq(role))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            if workspace is not None:
                cursor.execute("SELECT set_config('clientnest.workspace_id', %s, false)", (str(workspace),))
            yield cursor
    finally:
        connection.close()


def relations(cursor: Cursor) -> list[tuple[str, str]]:
    """Every table and view behind `serve`: dbt's own, raw, and the partitions or chunks of raw, wherever they lie."""
    cursor.execute(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'v', 'p', 'm') AND (n.nspname IN ('raw', 'staging', 'intermediate', 'marts') "
        "OR c.oid IN (SELECT inhrelid FROM pg_inherits))"
    )
    return cursor.fetchall()


@pytest.mark.parametrize("role", READERS)
def test_nothing_behind_serve_can_be_read(role: Role, workspaces: tuple[UUID, UUID]) -> None:
    with session(Role.MIGRATE) as cursor:
        behind = relations(cursor)
    assert {"post_snapshot", "fct_post_performance", "int_post_day", "stg_raw__post"} <= {name for _, name in behind}
    assert any(name.startswith(("post_snapshot_2025_03", "_hyper_")) for _, name in behind)
    with session(role, workspaces[0]) as cursor:
        for schema, name in behind:
            with pytest.raises(InsufficientPrivilege):
                cursor.execute(sql.SQL("SELECT 1 FROM {}.{} LIMIT 1").format(*map(sql.Identifier, (schema, name))))


@pytest.mark.parametrize("role", READERS)
def test_serve_may_be_read_and_nothing_else(role: Role, workspaces: tuple[UUID, UUID]) -> None:
    with session(role) as cursor:
        cursor.execute(
            "SELECT c.relname, c.reloptions::text, array_agg(a.privilege_type) FROM pg_class c "
            "CROSS JOIN aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee "
            "WHERE c.relnamespace = 'serve'::regnamespace AND r.rolname = current_user GROUP BY 1, 2"
        )
        held = {name: (options, rights) for name, options, rights in cursor.fetchall()}
    assert set(held) == {*TENANT_VIEWS, "metric_catalogue"}
    assert all(found == ("{security_barrier=true}", ["SELECT"]) for found in held.values()), held


@pytest.mark.parametrize("view", TENANT_VIEWS)
def test_a_session_sees_its_workspace_only(view: str, workspaces: tuple[UUID, UUID]) -> None:
    query = sql.SQL("SELECT workspace_id, count(*) FROM serve.{} GROUP BY 1").format(sql.Identifier(view))
    with session(Role.API) as cursor:
        cursor.execute(query)
        assert cursor.fetchall() == []
    for workspace in workspaces:
        with session(Role.API, workspace) as cursor:
            cursor.execute(query)
            (found, rows) = cursor.fetchone() or (None, 0)
            assert found == str(workspace)
            assert rows > 0
            assert cursor.fetchone() is None


def test_a_readers_own_function_is_not_shown_other_rows(workspaces: tuple[UUID, UUID]) -> None:
    with session(Role.API, workspaces[0]) as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.peek(uuid) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS "
            "$$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$"
        )
        cursor.execute("SELECT count(*) FROM serve.post WHERE pg_temp.peek(workspace_id)")
        seen = "".join(cursor.connection.notices)
    assert str(workspaces[0]) in seen
    assert str(workspaces[1]) not in seen


def test_learning_reads_the_marts_of_every_workspace(workspaces: tuple[UUID, UUID]) -> None:
    with session(Role.ETL) as cursor:
        cursor.execute("SELECT DISTINCT workspace_id FROM marts.fct_post_performance")
        assert {row[0] for row in cursor.fetchall()} == {str(workspace) for workspace in workspaces}


def test_the_catalogue_is_the_same_for_all(workspaces: tuple[UUID, UUID]) -> None:
    with session(Role.DASHBOARDS) as cursor:
        cursor.execute("SELECT native FROM serve.metric_catalogue WHERE name = 'likes' AND network = 'bluesky'")
        assert cursor.fetchall() == [("likeCount",)]
