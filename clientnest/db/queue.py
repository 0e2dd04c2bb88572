"""The tables of the task queue (Procrastinate), in schema `queue` of the product's database.

They belong to the library, as Dagster's database belongs to Dagster: a new installation gets the tables of the
installed version, and an older one the library's own migrations since, each in a transaction of its own. The comment of
the schema says which was the last.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from clientnest.db.roles import Role

SCHEMA = "queue"
# Who may add tasks in a transaction of theirs; only the worker sees any.
DEFERRING = (Role.API, Role.IDENTITY, Role.ETL)


def ensure_queue(connection: Connection) -> None:
    """Make or upgrade the queue. Needs an autocommit connection of the role that owns it; idempotent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path')")
        ((former,),) = cursor.fetchall()
        cursor.execute("SELECT set_config('search_path', %s, false)", (SCHEMA,))
        noted = _noted(cursor)
        migrations = sorted(file.name for file in _library("migrations").iterdir() if file.name.endswith(".sql"))
        if noted is None:
            _apply(cursor, _library("schema.sql").read_text(encoding="utf-8"), migrations[-1])
        for name in migrations:
            if noted is not None and name > noted:
                _apply(cursor, _library("migrations").joinpath(name).read_text(encoding="utf-8"), name)
        _grant(cursor)
        cursor.execute("SELECT set_config('search_path', %s, false)", (former,))


def _library(name: str) -> Traversable:
    return files("procrastinate.sql").joinpath(name)


def _noted(cursor: Cursor) -> str | None:
    cursor.execute("SELECT obj_description(%s::regnamespace)", (SCHEMA,))
    row = cursor.fetchone()
    return str(row[0]) if row and row[0] else None


def _apply(cursor: Cursor, statements: str, name: str) -> None:
    """Run a script of the library; what it made and the note of it come together or not at all."""
    cursor.execute(b"BEGIN")
    try:
        cursor.execute(statements)
        cursor.execute(sql.SQL("COMMENT ON SCHEMA {} IS %s").format(sql.Identifier(SCHEMA)), (name,))
    except BaseException:
        cursor.execute(b"ROLLBACK")
        raise
    cursor.execute(b"COMMIT")


def _grant(cursor: Cursor) -> None:
    schema = sql.Identifier(SCHEMA)
    adding = sql.SQL(", ").join(sql.Identifier(role.login) for role in DEFERRING)
    working = sql.Identifier(Role.WORKER.login)
    for statement in (
        "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {schema} FROM PUBLIC",
        "GRANT USAGE ON SCHEMA {schema} TO {adding}, {working}",
        "GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {working}",
        "GRANT ALL ON ALL SEQUENCES IN SCHEMA {schema} TO {working}",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {working}",
        # Adding goes through this one door, so that nobody but the worker reads what is in the queue.
        "ALTER FUNCTION procrastinate_defer_jobs_v1 SECURITY DEFINER SET search_path = {schema}, pg_temp",
        "GRANT EXECUTE ON FUNCTION procrastinate_defer_jobs_v1 TO {adding}",
    ):
        cursor.execute(sql.SQL(statement).format(schema=schema, adding=adding, working=working))
