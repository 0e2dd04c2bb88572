"""Transactions: one per request or job, committed at the boundary, scoped to a workspace where the role is."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import UUID

import psycopg
import psycopg2
from psycopg2.extensions import connection as Psycopg2Connection
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from clientnest.db.roles import Database, Role
from clientnest.db.urls import libpq, role_url
from clientnest.errors import Unavailable

_CANCELLED = "57014"  # what Postgres calls a statement that ran into its time limit
_made: list[Engine] = []
_TRUSTED_SECONDS = 1.0
_RESTED = "rested_since"
_IN_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_SCOPE = text(
    "SELECT set_config('clientnest.workspace_id', :workspace, true), set_config('clientnest.person_id', :person, true)"
)


@cache
def engine(role: Role) -> Engine:
    """The process's one pool for a role (psycopg 3)."""
    made = create_engine(role_url(role, driver="psycopg"), pool_size=8, max_overflow=8)
    _watch(made)
    _made.append(made)
    return made


def _watch(made: Engine) -> None:
    """Ask connections that have rested whether their server is still there; one in use just now is trusted."""

    @event.listens_for(made, "checkin")
    def _rests(_: object, entry: ConnectionPoolEntry) -> None:
        entry.info[_RESTED] = time.monotonic()

    @event.listens_for(made, "checkout")
    def _is_asked(connection: DBAPIConnection, entry: ConnectionPoolEntry, _: object) -> None:
        if time.monotonic() - entry.info.get(_RESTED, math.inf) < _TRUSTED_SECONDS:
            return
        try:
            made.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError("the server went away") from error


def forget() -> None:
    """Close every pool of this process (when the database it should lead to changes, or before a fork)."""
    while _made:
        _made.pop().dispose()
    engine.cache_clear()


@contextmanager
def transaction(role: Role) -> Iterator[Connection]:
    """A transaction of a role, without a scope yet.

    Raises `Unavailable` where a statement took longer than the role may (`Role.longest_statement`).
    """
    try:
        with engine(role).begin() as connection:
            yield connection
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _CANCELLED:
            raise
        allowed = f"{role.longest_statement} seconds" if role.longest_statement else "the time it was given"
        raise Unavailable(
            f"The answer was not ready after {allowed}, and was given up.",
            advice="Choose a shorter period or fewer accounts; if it stays so, tell who runs this installation.",
        ) from error


@contextmanager
def tenant(role: Role, *, workspace_id: UUID | None = None, person_id: UUID | None = None) -> Iterator[Connection]:
    """A transaction that sees one workspace (none: only what the person may know before choosing one).

    The scope is set for the transaction only, so a pooled connection never carries it over to another request.
    Raises as `transaction`.
    """
    with transaction(role) as connection:
        connection.execute(_SCOPE, {"workspace": str(workspace_id or ""), "person": str(person_id or "")})
        yield connection


def in_turn(connection: Connection, key: str) -> None:
    """Wait until nobody else is in a transaction that asked for the same key; others wait until this one ends."""
    connection.execute(_IN_TURN, {"key": key})


@contextmanager
def etl(database: Database = Database.PRODUCT, *, role: Role = Role.ETL) -> Iterator[Psycopg2Connection]:
    """A psycopg2 transaction for COPY and set-wise work over all workspaces: committed at the end, or rolled back."""
    try:
        connection = psycopg2.connect(libpq(role, database))
    except psycopg2.OperationalError as error:
        raise Unavailable(
            f"The database does not answer: {str(error).strip().splitlines()[0]}",
            advice="Start it with `make run`; `clientnest doctor` checks the usual reasons.",
        ) from error
    try:
        with connection:
            yield connection
    finally:
        connection.close()
