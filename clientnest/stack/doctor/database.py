"""The database: whether it runs, fits this version, and lets each role do what it should and no more."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg2.extensions import connection as Connection

from clientnest import settings
from clientnest.db.bootstrap import MINIMUM_SERVER_VERSION
from clientnest.db.roles import Database, Role
from clientnest.db.server import EmbeddedServer
from clientnest.db.urls import administrator, libpq
from clientnest.errors import Unavailable
from clientnest.stack.doctor.findings import Findings, fail, listed, ok, skip, warn
from clientnest.stack.layout import Layout

_NOT_RUNNING = "the database does not run"
_TENANTS = (Role.API, Role.DASHBOARDS, Role.WORKER)
_READABLE = """
    SELECT r.rolname || ' may read ' || n.nspname || '.' || c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN pg_roles r
    WHERE r.rolname = ANY(%s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname = ANY(ARRAY['raw', 'staging', 'intermediate', 'marts', '_timescaledb_internal'])
      AND has_schema_privilege(r.rolname, n.oid, 'USAGE') AND has_table_privilege(r.rolname, c.oid, 'SELECT')
    ORDER BY 1"""
_UNGUARDED = """
    SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('app', 'ml') AND c.relkind = 'r' AND NOT c.relrowsecurity
      AND c.relname <> 'alembic_version' ORDER BY 1"""
_JOBS = """
    SELECT count(*) FILTER (WHERE state = 'running' AND lease_until < now() - interval '2 minutes'),
           count(*) FILTER (WHERE state = 'queued' AND created_at < now() - interval '5 minutes'),
           count(*) FILTER (WHERE state = 'failed' AND finished_at > now() - interval '1 day'),
           count(*) FILTER (WHERE state IN ('queued', 'running'))
    FROM app.job"""


def server(layout: Layout) -> Findings:
    """Whether it runs, its version, and whether every role can sign in with the password that was kept."""
    if settings.database().database_url is None:
        if not (layout.home / "secrets.json").exists():
            yield skip("Database", "not made yet; `make run` makes it")
            return
        embedded = EmbeddedServer(layout.home)
        if not embedded.is_running():
            there = (embedded.folder / "data").exists()
            yield warn(
                "Database", f"{_NOT_RUNNING} ({'its files are in' if there else 'nothing yet in'} {embedded.folder})",
                "`make run` starts it.",
            )  # fmt: skip
            return
    connection = psycopg2.connect(administrator().render_as_string(hide_password=False), connect_timeout=10)
    found = connection.server_version
    connection.close()
    if found < MINIMUM_SERVER_VERSION:
        yield fail("Database", f"is version {found // 10000}; 17 or newer is needed", "Upgrade the server.")
        return
    kind = "embedded" if settings.database().database_url is None else "CLIENTNEST_DATABASE_URL"
    yield ok("Database", f"PostgreSQL {found // 10000}.{found % 10000} runs ({kind})")
    refused = [role.value for role in Role if not _signs_in(role)]
    if refused:
        yield fail("Roles", f"cannot sign in: {listed(refused)}", "`make run` sets their passwords again.")
    else:
        yield ok("Roles", f"all {len(Role)} can sign in")


def migrations(layout: Layout) -> Findings:
    """Whether the tables are those of this version."""
    configuration = Config()
    configuration.set_main_option("script_location", "clientnest:db/migrations")
    scripts = ScriptDirectory.from_config(configuration)
    head = scripts.get_current_head()
    with _connected(layout, Role.MIGRATE) as connection:
        if connection is None:
            yield skip("Migrations", _NOT_RUNNING)
            return
        current = _one(connection, "SELECT version_num FROM app.alembic_version")
    if current == head:
        yield ok("Migrations", f"at revision {head}")
    elif current in {script.revision for script in scripts.walk_revisions()}:
        yield fail(
            "Migrations", f"at revision {current}; this version has {head}", "`make run` or `clientnest migrate`."
        )
    else:
        yield fail("Migrations", f"revision {current} is of a newer version than this one ({head})", "git pull")


def rights(layout: Layout) -> Findings:
    """That roles which serve people reach one workspace at a time, and nothing but `serve`."""
    with _connected(layout, Role.MIGRATE) as connection:
        if connection is None:
            yield skip("Rights", _NOT_RUNNING)
            return
        logins = [role.login for role in _TENANTS]
        too_much = _column(connection, _READABLE, (logins,))
        powerful = _column(
            connection, "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolbypassrls)",
            ([role.login for role in Role],),
        )  # fmt: skip
        unguarded = _column(connection, _UNGUARDED)
    for text in too_much:
        yield fail("Rights", text, "Workspaces could see each other's data: revoke it, and see who granted it.")
    if powerful:
        yield fail(
            "Rights", f"these roles bypass row security: {listed(powerful)}", "ALTER ROLE … NOSUPERUSER NOBYPASSRLS"
        )
    if unguarded:
        yield fail("Rights", f"no row security on {listed(unguarded)}", "`clientnest migrate`; else ask for help.")
    if not (too_much or powerful or unguarded):
        yield ok("Rights", "API and dashboards reach one workspace at a time, and neither raw nor marts")


def results(layout: Layout) -> Findings:
    """Whether the views that API and dashboards read are there."""
    with _connected(layout, Role.API) as connection:
        if connection is None:
            yield skip("Results", _NOT_RUNNING)
            return
        views = _column(
            connection,
            "SELECT c.relname FROM pg_class c WHERE relnamespace = 'serve'::regnamespace AND relkind = 'v' "
            "AND has_table_privilege(c.oid, 'SELECT')",
        )
    if views:
        yield ok("Results", f"{len(views)} views are served")
    else:
        yield warn(
            "Results", "nothing is served yet", "The first import or the demo data builds it; see Jobs and Dagster."
        )


def jobs(layout: Layout) -> Findings:
    """Work that waits or was given up."""
    with _connected(layout, Role.ETL) as connection:
        if connection is None:
            yield skip("Jobs", _NOT_RUNNING)
            return
        with connection.cursor() as cursor:
            cursor.execute(_JOBS)
            abandoned, waiting, failed, open_ = cursor.fetchone() or (0, 0, 0, 0)
            cursor.execute(
                "SELECT kind || ': ' || (error ->> 'message') FROM app.job WHERE state = 'failed' "
                "ORDER BY finished_at DESC LIMIT 1"
            )
            last = (cursor.fetchone() or ("",))[0]
    if abandoned:
        yield warn(
            "Jobs", f"{abandoned} without a sign of life", "Dagster takes them up again by itself while it runs."
        )
    if waiting:
        yield fail(
            "Jobs", f"{waiting} have waited for more than 5 minutes", "See the lines about Dagster: it starts them."
        )
    if failed:
        yield warn("Jobs", f"{failed} failed in the last day, the latest {last}")
    if not (abandoned or waiting or failed):
        yield ok("Jobs", f"{open_} open, none stuck" if open_ else "none open")


@contextmanager
def _connected(layout: Layout, role: Role) -> Iterator[Connection | None]:
    """A read-only connection to the product's database; None where the embedded server does not run."""
    if settings.database().database_url is None and (
        not (layout.home / "secrets.json").exists() or not EmbeddedServer(layout.home).is_running()
    ):
        yield None
        return
    try:
        connection = psycopg2.connect(libpq(role), connect_timeout=10)
    except psycopg2.OperationalError as error:
        raise Unavailable(str(error).strip().splitlines()[0], advice="`make run` prepares the database.") from error
    try:
        connection.set_session(readonly=True, autocommit=True)
        yield connection
    finally:
        connection.close()


def _signs_in(role: Role) -> bool:
    database = {Role.DAGSTER: Database.DAGSTER, Role.MLFLOW: Database.MLFLOW}.get(role, Database.PRODUCT)
    try:
        psycopg2.connect(libpq(role, database), connect_timeout=10).close()
    except psycopg2.OperationalError:
        return False
    return True


def _column(connection: Connection, query: str, parameters: tuple[object, ...] = ()) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [row[0] for row in cursor.fetchall()]


def _one(connection: Connection, query: str) -> str | None:
    found = _column(connection, query)
    return found[0] if found else None
