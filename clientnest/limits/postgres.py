"""Counters of rate limits in Postgres, as a storage of the `limits` library: for installations without Redis.

Every operation is one statement in a transaction of its own, decided by the server's clock, and given up after
`PATIENCE_MILLISECONDS`. Rows that have expired are deleted in passing, a bounded number at a time.
"""

from collections.abc import Sequence
from itertools import count
from threading import Lock
from typing import Any, NamedTuple

from limits.errors import StorageError
from limits.storage import SlidingWindowCounterSupport, Storage
from sqlalchemy import Engine, Row, create_engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.limits.window import Window

SCHEME = "clientnest-postgres"
PATIENCE_MILLISECONDS = 250
CONNECTIONS = 4
_SWEEP_EVERY = 128  # hits of a process
_SWEEP_ROWS = 256

# Volatile, so that the clock is read once, and only when the row's former writer has let go of it.
_SHIFTED = """
    LATERAL (SELECT clock_timestamp() AS at, make_interval(secs => w.expiry) AS length) AS clock
    CROSS JOIN LATERAL (SELECT greatest(at - c.started_at, interval '0') AS age) AS a
    CROSS JOIN LATERAL (SELECT
        CASE WHEN age >= 2 * length THEN at WHEN age >= length THEN c.started_at + length ELSE c.started_at END
            AS start,
        CASE WHEN age >= length THEN 0 ELSE c.current END AS current,
        CASE WHEN age >= 2 * length THEN 0 WHEN age >= length THEN c.current ELSE c.previous END AS previous) AS s
    CROSS JOIN LATERAL (SELECT greatest(extract(epoch FROM start + length - at), 0) AS "left") AS l
"""
_WANTED = (
    "unnest(%(keys)s::text[], %(limits)s::bigint[], %(expiries)s::double precision[], %(amounts)s::bigint[]) "
    "AS w (key, most, expiry, amount)"
)
# In one order, so that no two statements wait for each other's rows.
_TAKE = f"""
INSERT INTO app.rate_counter AS c (key, started_at, current, allowed, expires_at)
SELECT key, at, CASE WHEN fits THEN greatest(amount, 0) ELSE 0 END, fits, at + 2 * length
FROM {_WANTED} CROSS JOIN LATERAL (
    SELECT clock_timestamp() AS at, make_interval(secs => expiry) AS length, amount <= most AS fits) AS f
ORDER BY key COLLATE "C"
ON CONFLICT (key) DO UPDATE SET (started_at, current, previous, allowed, expires_at) = (
    SELECT start, CASE WHEN fits THEN greatest(s.current + w.amount, 0) ELSE s.current END, s.previous, fits,
        start + 2 * length
    FROM {_WANTED} CROSS JOIN {_SHIFTED}
    CROSS JOIN LATERAL (SELECT
        floor(s.previous * least("left" / w.expiry, 1)) + s.current + w.amount <= w.most AS fits) AS f
    WHERE w.key = c.key)
RETURNING key, allowed, previous, current, extract(epoch FROM expires_at - clock_timestamp()) AS kept
"""  # noqa: S608
_SWEEP = f"""
WITH swept AS (DELETE FROM app.rate_counter WHERE key IN (
    SELECT key FROM app.rate_counter WHERE expires_at < now() AND key <> ALL(%(keys)s::text[])
    ORDER BY expires_at LIMIT {_SWEEP_ROWS} FOR UPDATE SKIP LOCKED))
"""  # noqa: S608
_LOOK = f"""
SELECT s.previous, s.current, "left" FROM app.rate_counter AS c
CROSS JOIN (SELECT %(expiry)s::double precision AS expiry) AS w CROSS JOIN {_SHIFTED} WHERE c.key = %(key)s
"""  # noqa: S608
_CLEAR = """
DELETE FROM app.rate_counter WHERE key IN (
    SELECT key FROM app.rate_counter WHERE key = ANY(%(keys)s::text[]) ORDER BY key FOR UPDATE)
RETURNING key
"""
_COUNT = """
INSERT INTO app.rate_counter AS c (key, started_at, current, expires_at)
SELECT %(key)s, at, greatest(%(amount)s, 0), at + make_interval(secs => %(expiry)s)
FROM (SELECT clock_timestamp() AS at) AS clock
ON CONFLICT (key) DO UPDATE SET (started_at, current, expires_at) = (
    SELECT CASE WHEN over THEN at ELSE c.started_at END,
        greatest(CASE WHEN over THEN 0 ELSE c.current END + %(amount)s, 0),
        CASE WHEN over THEN at + make_interval(secs => %(expiry)s) ELSE c.expires_at END
    FROM (SELECT clock_timestamp() AS at) AS clock CROSS JOIN LATERAL (SELECT c.expires_at <= at AS over) AS o)
RETURNING current
"""


class Wanted(NamedTuple):
    """A hit to be counted under `key`: `amount` of at most `limit` in a window of `expiry` seconds."""

    key: str
    limit: int
    expiry: int
    amount: int


class PostgresStorage(Storage, SlidingWindowCounterSupport):
    """Fixed windows and sliding window counters in `app.rate_counter`. Every failure is a `StorageError`."""

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012  # the library's own attribute

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **_: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions)
        self._main: Engine | None = None
        self._engine: Engine | None = None
        self._lock = Lock()
        self._takes = count(1)

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def take(self, *hits: Wanted) -> list[tuple[bool, Window]]:
        """Count each hit that fits under its limit, and say how the counters stand: all of it in one round trip."""
        sweep = _SWEEP if next(self._takes) % _SWEEP_EVERY == 0 else ""
        keys, limits, expiries, amounts = map(list, zip(*hits, strict=True))
        rows = self._all(sweep + _TAKE, keys=keys, limits=limits, expiries=expiries, amounts=amounts)
        found = {row.key: row for row in rows}
        return [(row.allowed, Window(hit.expiry, row.previous, row.current, max(float(row.kept) - hit.expiry, 0.0)))
                for hit in hits for row in [found[hit.key]]]  # fmt: skip

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        ((allowed, _),) = self.take(Wanted(key, limit, expiry, amount))
        return allowed

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        row = self._one(_LOOK, key=key, expiry=expiry)
        if row is None:
            return 0, 0.0, 0, 0.0
        return row.previous, float(row.left), row.current, float(row.left) + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:  # noqa: ARG002  # the library's signature
        self.clear(key)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        row = self._one(_COUNT, key=key, expiry=expiry, amount=amount)
        return 0 if row is None else int(row.current)

    def get(self, key: str) -> int:
        row = self._one(
            "SELECT current FROM app.rate_counter WHERE key = %(key)s AND expires_at > clock_timestamp()", key=key
        )
        return 0 if row is None else int(row.current)

    def get_expiry(self, key: str) -> float:
        row = self._one(
            "SELECT extract(epoch FROM greatest(max(expires_at), clock_timestamp())) AS ends "
            "FROM app.rate_counter WHERE key = %(key)s", key=key,
        )  # fmt: skip
        return 0.0 if row is None else float(row.ends)

    def check(self) -> bool:
        try:
            return self._one("SELECT count(*) FROM app.rate_counter WHERE key = ''") is not None
        except StorageError:
            return False

    def reset(self) -> int | None:
        row = self._one("WITH gone AS (DELETE FROM app.rate_counter RETURNING 1) SELECT count(*) AS gone FROM gone")
        return None if row is None else int(row.gone)

    def clear(self, *keys: str) -> None:
        self._all(_CLEAR, keys=list(keys))

    def _one(self, statement: str, **values: Any) -> Row[Any] | None:
        return next(iter(self._all(statement, **values)), None)

    def _all(self, statement: str, **values: Any) -> Sequence[Row[Any]]:
        try:
            return self._asked(statement, values)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise StorageError(error) from error
        except SQLAlchemyError as error:
            raise StorageError(error) from error
        try:  # the server was restarted: every pooled connection has just been forgotten
            return self._asked(statement, values)
        except SQLAlchemyError as error:
            raise StorageError(error) from error

    def _asked(self, statement: str, values: dict[str, Any]) -> Sequence[Row[Any]]:
        with self._pool().connect() as connection:
            return connection.exec_driver_sql(statement, values).all()

    def _pool(self) -> Engine:
        """Connections of its own, so that counting never waits for a request; made anew where the process's are."""
        with self._lock:
            main = session.engine(Role.API)
            if self._main is not main or self._engine is None:
                if self._engine is not None:
                    self._engine.dispose()
                self._main, self._engine = main, _engine(main)
            return self._engine


def _engine(main: Engine) -> Engine:
    return create_engine(
        main.url,
        poolclass=QueuePool,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=PATIENCE_MILLISECONDS / 1000,
        isolation_level="AUTOCOMMIT",  # one statement, one round trip
        connect_args={
            "connect_timeout": 2,
            "tcp_user_timeout": 1_000,  # milliseconds: a network that swallows everything
            "options": f"-c statement_timeout={PATIENCE_MILLISECONDS}",
        },
    )
