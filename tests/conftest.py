"""Fixtures every test may use: real database servers, one migrated database per module, the real data folder."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg2
import pytest
from psycopg2 import sql

from clientnest import settings
from clientnest.db import session
from clientnest.db.bootstrap import prepare
from clientnest.db.roles import Role
from clientnest.db.server import EmbeddedServer
from clientnest.db.urls import administrator
from clientnest.ids import new_id

PLAIN, TIMESCALEDB = "plain", "timescaledb"
# Tests ask oftener than people; those about limits set their own.
UNHURRIED = {f"CLIENTNEST_RATE_LIMIT_{who}": "1000000/minute" for who in ("PERSON", "PROGRAM", "ADDRESS")}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`@pytest.mark.servers("plain", "timescaledb")` runs a test once on each kind of database server."""
    if "server_kind" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("servers")
        metafunc.parametrize("server_kind", marker.args if marker else (PLAIN,), scope="module")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long go first, so that at the end no processor waits for another one's long file."""

    def longest(item: pytest.Item) -> int:
        marker = item.get_closest_marker("timeout")
        return -int(marker.args[0]) if marker else 0

    items.sort(key=longest)  # of those that are alike the order stays


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    """A test that runs a command in this process leaves the command's umask to nobody."""
    former = os.umask(0o022)
    yield
    os.umask(former)


@dataclass(frozen=True)
class Server:
    """A running database server and the environment that leads ClientNest to it."""

    kind: str
    environment: dict[str, str]


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A data folder that the embedded server's own system user may enter (pytest's own folders are closed to it)."""
    folder = Path(tempfile.mkdtemp(prefix="cn-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _embedded(home: Path) -> Iterator[Server]:
    embedded = EmbeddedServer(home)
    embedded.start()
    yield Server(PLAIN, {"CLIENTNEST_HOME": str(home)})
    embedded.stop()


@pytest.fixture(scope="module")
def server(server_kind: str, request: pytest.FixtureRequest) -> Server:
    """The database server of this run of the test: embedded Postgres, or a real TimescaleDB server."""
    name = {PLAIN: "_embedded", TIMESCALEDB: "_timescaledb"}[server_kind]
    chosen = request.getfixturevalue(name)
    assert isinstance(chosen, Server)
    return chosen


@pytest.fixture(scope="session")
def _timescaledb(home: Path) -> Iterator[Server]:
    from tests.services import timescaledb

    with timescaledb.running(home / "timescaledb") as url:
        yield Server(TIMESCALEDB, {"CLIENTNEST_HOME": str(home), "CLIENTNEST_DATABASE_URL": url})


@pytest.fixture(scope="module")
def database(server: Server) -> Iterator[str]:
    """A fresh migrated database: gives its name; the environment and the settings of this process point to it."""
    name = f"cn_{new_id().hex[-12:]}"
    environment = {
        "CLIENTNEST_DATABASE_URL": "",
        **UNHURRIED,
        **server.environment,
        "CLIENTNEST_DATABASE_NAME": name,
        "CLIENTNEST_DAGSTER_DATABASE_NAME": f"{name}_dagster",
        "CLIENTNEST_MLFLOW_DATABASE_NAME": f"{name}_mlflow",
    }
    with pytest.MonkeyPatch.context() as patch:
        for key, value in environment.items():
            if value:
                patch.setenv(key, value)
            else:
                patch.delenv(key, raising=False)
        _forget()
        prepare()
        yield name
        _drop((name, f"{name}_dagster", f"{name}_mlflow"))
    _forget()


@pytest.fixture
def workspace(database: str) -> UUID:
    """A workspace of its own for one test."""
    return make_workspace()


def make_workspace(*, is_demo: bool = False, timezone: str = "UTC") -> UUID:
    """Insert a workspace as the tables' owner."""
    workspace_id = new_id()
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO app.workspace (id, name, slug, is_demo, timezone) VALUES (%s, %s, %s, %s, %s)",
            (str(workspace_id), "Test brand", f"t-{workspace_id.hex}", is_demo, timezone),
        )
    return workspace_id


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data (CLIENTNEST_REAL_DATA); CI sets it."""
    folder = os.environ.get("CLIENTNEST_REAL_DATA")
    if not folder:
        pytest.skip("CLIENTNEST_REAL_DATA is not set")
    return Path(folder)


def _forget() -> None:
    session.forget()
    settings.forget()


def _drop(names: tuple[str, ...]) -> None:
    session.forget()
    connection = psycopg2.connect(administrator().render_as_string(hide_password=False))
    connection.autocommit = True
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    connection.close()
