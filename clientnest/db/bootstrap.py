"""From an empty server to a ready one: roles, databases, extension, schemas, migrations. Safe to run at every start."""

import psycopg2
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from sqlalchemy.engine import URL

from clientnest import secrets, settings
from clientnest.db import queue
from clientnest.db.roles import Database, Role
from clientnest.db.urls import administrator, database_name, role_url
from clientnest.errors import PermanentError, TransientError

MINIMUM_SERVER_VERSION = 170000
_EXTENSIONS = ("btree_gin", "pg_trgm")
_BOOTSTRAP_LOCK = 0x636E_6573_7401  # one bootstrap at a time per server
_DBT_SCHEMAS = ("staging", "intermediate", "marts", "serve")


def prepare() -> None:
    """Make the server ready for this version of ClientNest. Needs a running server; idempotent; one at a time."""
    server = _connect(administrator())
    try:
        with server.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (_BOOTSTRAP_LOCK,))
        _check_version(server)
        _check_rights(server)
        _check_extensions(server)
        _ensure_roles(server)
        for database, owner in (
            (Database.PRODUCT, Role.MIGRATE),
            (Database.DAGSTER, Role.DAGSTER),
            (Database.MLFLOW, Role.MLFLOW),
        ):
            _ensure_database(server, database_name(database), owner)
        _ensure_schemas()
        migrate()
        _ensure_queue()
    except psycopg2.errors.InsufficientPrivilege as error:
        said = "; ".join(line.strip() for line in str(error).strip().splitlines()[:2])
        raise PermanentError(
            f"The database user of CLIENTNEST_DATABASE_URL may not prepare this server: {said}",
            advice="Use the user who prepared it the first time, or a superuser.",
        ) from error
    finally:
        server.close()


def migrate(revision: str = "head") -> None:
    """Bring `app`, `raw` and `ml` to a revision, as the role that owns them."""
    configuration = Config()
    configuration.set_main_option("script_location", "clientnest:db/migrations")
    configuration.attributes["url"] = role_url(Role.MIGRATE, driver="psycopg2")
    try:
        command.upgrade(configuration, revision)
    except CommandError as error:
        raise PermanentError(
            f"The database was written by a newer version of ClientNest: {error}.",
            advice="Run that version or a later one (`git pull`), or point CLIENTNEST_HOME to another data folder.",
        ) from error


def _ensure_queue() -> None:
    owner = _connect(role_url(Role.MIGRATE))
    try:
        queue.ensure_queue(owner)
    finally:
        owner.close()


def _connect(url: URL) -> Connection:
    try:
        connection = psycopg2.connect(url.render_as_string(hide_password=False), connect_timeout=10)
    except psycopg2.OperationalError as error:
        where = f"{url.host}:{url.port or 5432}" if url.host else url.query.get("host") or "the local socket"
        said = str(error).strip().splitlines()[0].split("failed: ", 1)[-1]
        raise TransientError(
            f"The database at {where} cannot be used: {said}",
            advice="Check CLIENTNEST_DATABASE_URL, or leave it empty for the embedded database."
            if settings.database().database_url
            else "Start it with `make run`; `clientnest doctor` checks the usual reasons.",
        ) from error
    connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
    return connection


def _check_version(server: Connection) -> None:
    if server.server_version < MINIMUM_SERVER_VERSION:
        raise PermanentError(
            f"The database server is version {server.server_version // 10000}; ClientNest needs 17 or newer.",
            advice="Point CLIENTNEST_DATABASE_URL to a Postgres 17 or 18 server, or leave it empty: one is embedded.",
        )


def _check_rights(server: Connection) -> None:
    """The administrator has to be able to make roles and databases; said at once, with the statement that helps."""
    with server.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper OR rolcreaterole, rolsuper OR rolcreatedb FROM pg_roles "
            "WHERE rolname = current_user"
        )
        name, may_make_roles, may_make_databases = cursor.fetchone() or ("", False, False)
    missing = [right for right, has in (("CREATEROLE", may_make_roles), ("CREATEDB", may_make_databases)) if not has]
    if missing:
        raise PermanentError(
            f"The database user {name} of CLIENTNEST_DATABASE_URL lacks the right {' and '.join(missing)}.",
            advice=f'As the server\'s administrator: ALTER ROLE "{name}" {" ".join(missing)};',
        )


def _check_extensions(server: Connection) -> None:
    """What search needs comes with Postgres, in a package that some servers lack."""
    with server.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_available_extensions WHERE name = ANY (%s)", (list(_EXTENSIONS),))
        missing = sorted(set(_EXTENSIONS) - {name for (name,) in cursor.fetchall()})
    if missing:
        raise PermanentError(
            f"The database server lacks the extension {' and '.join(missing)}.",
            advice="Install PostgreSQL's contrib package on it (postgresql-contrib).",
        )


def _ensure_roles(server: Connection) -> None:
    passwords = secrets.load().passwords
    with server.cursor() as cursor:
        for role in Role:
            name = sql.Identifier(role.login)
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role.login,))
            verb = "ALTER ROLE {} LOGIN" if cursor.fetchone() else "CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS"
            cursor.execute(
                sql.SQL(verb + " PASSWORD %s").format(name),
                (passwords[role.value],),
            )
            if role in (*queue.DEFERRING, Role.WORKER):
                # The queue's library names its tables without their schema; statements of ours name it always.
                cursor.execute(
                    sql.SQL("ALTER ROLE {} SET search_path = public, {}").format(name, sql.Identifier(queue.SCHEMA))
                )
            if role.longest_statement is not None:
                cursor.execute(
                    sql.SQL("ALTER ROLE {} SET statement_timeout = %s").format(name), (f"{role.longest_statement}s",)
                )
        # An administrator that is not a superuser (managed servers) may hand ownership only to roles it is a member of.
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() == (False,):
            for role in Role:
                cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role.login)))


def _ensure_database(server: Connection, name: str, owner: Role) -> None:
    with server.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if cursor.fetchone() is None:
            cursor.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                    sql.Identifier(name), sql.Identifier(owner.login)
                )
            )
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
        roles = [role for role in Role if role not in {Role.DAGSTER, Role.MLFLOW}]
        for role in roles if owner is Role.MIGRATE else [owner]:
            cursor.execute(
                sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                    sql.Identifier(name), sql.Identifier(role.login)
                )
            )


def _ensure_schemas() -> None:
    """What needs the administrator inside the product's database: the extension, and one owner per schema."""
    product = _connect(administrator().set(database=database_name(Database.PRODUCT)))
    try:
        with product.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'")
            if cursor.fetchone():
                _ensure_timescaledb(cursor)
            for schema in ("app", "raw", "ml", queue.SCHEMA):
                _ensure_schema(product, schema, Role.MIGRATE)
            for schema in _DBT_SCHEMAS:
                _ensure_schema(product, schema, Role.DBT)
            readers = sql.SQL(", ").join(sql.Identifier(role.login) for role in (Role.API, Role.DASHBOARDS))
            cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA serve TO {}").format(readers))
            # The learning and the history read marts for every workspace.
            for schema in ("marts", "intermediate"):
                cursor.execute(
                    sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(
                        sql.Identifier(schema), sql.Identifier(Role.ETL.login)
                    )
                )
                cursor.execute(
                    sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA {} GRANT SELECT ON TABLES TO {}").format(
                        sql.Identifier(Role.DBT.login), sql.Identifier(schema), sql.Identifier(Role.ETL.login)
                    )
                )
    finally:
        product.close()


def _ensure_timescaledb(cursor: Cursor) -> None:
    try:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    except psycopg2.Error as error:
        said = str(error).strip().splitlines()[0]
        raise PermanentError(
            f"The server has TimescaleDB, but it cannot be switched on: {said}",
            advice="Add timescaledb to shared_preload_libraries and restart the server, and let a superuser run "
            f"CREATE EXTENSION timescaledb in the database {database_name(Database.PRODUCT)}.",
        ) from error


def _ensure_schema(connection: Connection, schema: str, owner: Role) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(
                sql.Identifier(schema), sql.Identifier(owner.login)
            )
        )
