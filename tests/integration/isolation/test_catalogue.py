"""Every table and view that knows workspaces, as the database itself lists them: a new one is guarded or this fails.

Tenant roles read and write one workspace at a time wherever they have rights at all; raw captures and marts, which have
no row security (docs/adr/0004), they cannot touch.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from uuid import UUID

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege
from psycopg2.extensions import cursor as Cursor

from clientnest.db.roles import Role
from clientnest.db.urls import libpq
from clientnest.ids import new_id
from tests.integration.isolation.conftest import scoped_relations, superuser
from tests.worlds import World

TENANTS = (Role.API, Role.DASHBOARDS, Role.WORKER)
PERSON = new_id()
# A value of each type, as SQL, for columns that may not be empty.
_VALUES = {
    "uuid": "gen_random_uuid()", "boolean": "true", "bytea": "decode(md5(random()::text), 'hex')", "jsonb": "'{}'",
    "timestamp with time zone": "now()", "date": "now()::date", "time without time zone": "'09:00'",
    "timestamp without time zone": "now()", "text": "md5(random()::text)", "text[]": "'{}'",
    "uuid[]": "'{}'", "smallint": "1", "integer": "1", "bigint": "(random() * 1e9)::bigint", "double precision": "1",
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(world: World) -> World:
    """Each table holds a row of each workspace at least, whatever the row says: only whose it is counts here."""
    with superuser() as cursor:
        cursor.execute("SET session_replication_role = replica")  # neither references nor triggers
        for table in scoped_relations(cursor, "rp"):
            for brand in (world.mine, world.other):
                _fill(cursor, table, brand.workspace_id)
    return world


def _fill(cursor: Cursor, table: str, workspace_id: UUID) -> None:
    cursor.execute(f"SELECT 1 FROM {table} WHERE workspace_id = %s LIMIT 1", (str(workspace_id),))
    if cursor.fetchone() is not None:
        return
    cursor.execute("SELECT quote_ident(conname) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'",
                   (table,))  # fmt: skip
    for (check,) in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {check}")
    cursor.execute(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
        "AND NOT attisdropped AND attnotnull AND NOT atthasdef AND attidentity = '' AND attname <> 'workspace_id'",
        (table,),
    )  # fmt: skip
    values = {name: f"'{PERSON}'" if name == "person_id" else _VALUES[kind] for name, kind in cursor.fetchall()}
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(('workspace_id', *values))}) VALUES ({', '.join(('%s', *values.values()))})",
        (str(workspace_id),),
    )


@contextmanager
def tenant(role: Role, workspace_id: UUID | None = None, person_id: UUID | None = None) -> Iterator[Cursor]:
    """A session of a role in a workspace, or in none, that commits nothing."""
    with closing(psycopg2.connect(libpq(role))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for name, value in (("workspace_id", workspace_id), ("person_id", person_id)):
            cursor.execute(f"SELECT set_config('clientnest.{name}', %s, false)", (str(value or ""),))
        connection.autocommit = False
        yield cursor


def shared(role: Role, kinds: str, person_id: UUID | None) -> list[str]:
    """Relations whose rows a role is shown by workspace; without a person in its session also those that show people
    what is theirs, in whatever workspace."""
    with superuser() as cursor:
        cursor.execute(
            "SELECT relation, array_remove(array_agg(p.qual) || array_agg(p.with_check), NULL) "
            "FROM unnest(%s) AS relation "
            "LEFT JOIN pg_policies p ON relation = format('%%I.%%I', p.schemaname, p.tablename) "
            "AND p.roles && ARRAY[%s, 'public']::name[] GROUP BY 1 ORDER BY 1",
            (scoped_relations(cursor, kinds), role.login),
        )
        return [
            relation for relation, conditions in cursor.fetchall()
            if person_id is None or not any(map(_follows_the_person, conditions))
        ]  # fmt: skip


def _follows_the_person(condition: str) -> bool:
    return "current_person" in condition and ("current_workspace" not in condition or " OR " in condition)


def seen(role: Role, workspace_id: UUID | None, person_id: UUID | None = None) -> dict[str, set[UUID]]:
    """Whose rows a session sees, by relation."""
    found = {}
    with superuser() as owner, tenant(role, workspace_id, person_id) as cursor:
        for relation in shared(role, "rpvm", person_id):
            owner.execute("SELECT has_column_privilege(%s, %s, 'workspace_id', 'SELECT')", (role.login, relation))
            if owner.fetchone() == (True,):
                cursor.execute(f"SELECT DISTINCT workspace_id::text FROM {relation} WHERE workspace_id IS NOT NULL")
                found[relation] = {UUID(row[0]) for row in cursor.fetchall()}
    return found


def leaking(role: Role, world: World) -> set[str]:
    """Relations of which a session sees more than its workspace."""
    return {
        relation
        for scope in (world.mine.workspace_id, world.other.workspace_id, None)
        for person in (None, PERSON)
        for relation, workspaces in seen(role, scope, person).items()
        if workspaces - {scope}
    }


@pytest.mark.parametrize("role", TENANTS)
def test_a_session_sees_its_workspace_only_and_nothing_without_one(filled: World, role: Role) -> None:
    assert leaking(role, filled) == set()


@pytest.mark.parametrize("role", TENANTS)
def test_a_session_sees_what_is_in_its_workspace(filled: World, role: Role) -> None:
    """Without rows that it sees, the test above would show nothing."""
    mine = filled.mine.workspace_id
    assert {relation for relation, found in seen(role, mine, PERSON).items() if found != {mine}} == set()


def _changes(role: Role, table: str, workspace_id: UUID) -> Iterator[str]:
    yield f"INSERT INTO {table} (workspace_id) VALUES ('{workspace_id}')"
    yield f"DELETE FROM {table} WHERE workspace_id = '{workspace_id}'"
    with superuser() as cursor:
        cursor.execute(
            "SELECT string_agg(format('%%1$I = %%1$I', attname), ', ') FROM pg_attribute WHERE attrelid = %s::regclass "
            "AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = '' "
            "AND has_column_privilege(%s, attrelid, attnum, 'UPDATE')", (table, role.login),
        )  # fmt: skip
        (unchanged,) = cursor.fetchone() or (None,)
    if unchanged is not None:
        yield f"UPDATE {table} SET {unchanged} WHERE workspace_id = '{workspace_id}'"


def writes(role: Role, into: UUID, scope: UUID, person_id: UUID | None) -> list[str]:
    """The statements with which a session in one workspace got so far as to write into a workspace."""
    done = []
    with tenant(role, scope, person_id) as cursor:
        for statement in (one for table in shared(role, "rp", person_id) for one in _changes(role, table, into)):
            try:
                cursor.execute(statement)
                if cursor.rowcount > 0:
                    done.append(statement)
            except InsufficientPrivilege:  # no right, or the row security of the table
                pass
            except psycopg2.Error:  # what is asked after them
                done.append(statement)
            cursor.connection.rollback()
    return done


@pytest.mark.parametrize("role", TENANTS)
def test_a_session_writes_into_its_workspace_only(filled: World, role: Role) -> None:
    mine, other = filled.mine.workspace_id, filled.other.workspace_id
    for person in (None, PERSON):
        assert writes(role, other, mine, person) == []
    assert writes(role, other, other, PERSON), "a role that writes nothing anywhere would pass"


def unguarded() -> set[str]:
    """What tenant roles have a right to although nothing there keeps workspaces apart."""
    with superuser() as cursor:
        cursor.execute(
            "SELECT DISTINCT format('%%I.%%I', n.nspname, c.relname) FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped "
            "CROSS JOIN unnest(%s) AS role WHERE c.relkind IN ('r', 'p', 'v', 'm') AND (NOT c.relrowsecurity) "
            "AND NOT (c.relkind = 'v' AND coalesce(c.reloptions, '{}') @> '{security_barrier=true}') AND ("
            "has_table_privilege(role, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE') OR "
            "has_any_column_privilege(role, c.oid, 'SELECT, INSERT, UPDATE'))",
            ([role.login for role in (*TENANTS, Role.IDENTITY)],),
        )
        return {row[0] for row in cursor.fetchall()}


def test_what_knows_workspaces_has_row_security_or_a_barrier_or_is_closed_to_tenants(filled: World) -> None:
    assert unguarded() == set()
    with superuser() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relrowsecurity AND relnamespace = 'app'::regnamespace")
        assert cursor.fetchone() > (10,)


@pytest.mark.parametrize(
    ("mistake", "found", "undo"),
    [
        ("ALTER TABLE app.job DISABLE ROW LEVEL SECURITY", "app.job", "ALTER TABLE app.job ENABLE ROW LEVEL SECURITY"),
        ("CREATE TABLE app.fresh (workspace_id uuid); GRANT INSERT ON app.fresh TO clientnest_worker", "app.fresh",
         "DROP TABLE app.fresh"),
        ("CREATE VIEW serve.fresh AS SELECT * FROM marts.dim_account; GRANT SELECT ON serve.fresh TO clientnest_api",
         "serve.fresh", "DROP VIEW serve.fresh"),
        ("GRANT SELECT (id) ON raw.post TO clientnest_dashboards", "raw.post",
         "REVOKE SELECT (id) ON raw.post FROM clientnest_dashboards"),
    ],
)  # fmt: skip
def test_these_tests_notice_what_is_not_guarded(filled: World, mistake: str, found: str, undo: str) -> None:
    with superuser() as cursor:
        cursor.execute(mistake)
        try:
            assert unguarded() == {found}
        finally:
            cursor.execute(undo)


@pytest.mark.parametrize(
    ("mistake", "found", "undo"),
    [
        ("CREATE POLICY wide ON app.account TO clientnest_api USING (true)", "app.account",
         "DROP POLICY wide ON app.account"),
        ("CREATE VIEW serve.wide WITH (security_barrier) AS SELECT * FROM marts.dim_account; "
         "GRANT SELECT ON serve.wide TO clientnest_api", "serve.wide", "DROP VIEW serve.wide"),
    ],
)  # fmt: skip
def test_these_tests_notice_a_policy_and_a_view_that_show_too_much(
    filled: World, mistake: str, found: str, undo: str
) -> None:
    with superuser() as cursor:
        cursor.execute(mistake)
        try:
            assert leaking(Role.API, filled) == {found}
        finally:
            cursor.execute(undo)
