"""Counters in each kind of store, and a clock of the database's that tests set."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from clientnest import settings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.urls import administrator
from clientnest.limits import rates
from tests.services import redis


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with redis.running() as url:
        yield url


@pytest.fixture(autouse=True)
def _rested() -> None:
    """No test inherits another's pause after counters that did not answer."""
    rates._rest = rates._Rest()


@pytest.fixture(params=["postgres", "redis"])
def store(request: pytest.FixtureRequest, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Rate limits are counted there."""
    if request.param == "redis":
        monkeypatch.setenv("CLIENTNEST_RATE_LIMIT_URL", request.getfixturevalue("redis_url"))
    settings.forget()
    yield request.param
    monkeypatch.undo()
    settings.forget()


class Clock:
    """What `clock_timestamp()` says to the role `api` in this database."""

    def __init__(self, database: str) -> None:
        self._connection = psycopg2.connect(
            administrator().set(database=database).render_as_string(hide_password=False)
        )
        self._connection.autocommit = True
        self.run("CREATE SCHEMA fake; CREATE TABLE fake.clock (at timestamptz); INSERT INTO fake.clock VALUES (now())")
        self.run("CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql "
                 "AS 'SELECT at FROM fake.clock'")  # fmt: skip
        self.run(f"GRANT USAGE ON SCHEMA fake TO {Role.API.login}; GRANT SELECT ON fake.clock TO {Role.API.login}")
        self.run(f"ALTER ROLE {Role.API.login} IN DATABASE {database} SET search_path = fake, pg_catalog")
        self.now = datetime(2100, 1, 1, tzinfo=UTC)  # no row has expired for whoever asks the real clock
        session.forget()

    def run(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.run(f"UPDATE fake.clock SET at = '{self.now.isoformat()}'")

    def stop(self, database: str) -> None:
        self.run(f"ALTER ROLE {Role.API.login} IN DATABASE {database} RESET search_path; DROP SCHEMA fake CASCADE")
        self._connection.close()
        session.forget()


@pytest.fixture
def clock(database: str) -> Iterator[Clock]:
    made = Clock(database)
    made.forward(0)
    yield made
    made.stop(database)
