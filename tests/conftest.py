"""Fixtures every test may use: real database servers, one migrated database per module, the real data folder."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from psycopg2 import sql
from xdist.scheduler import LoadFileScheduling

from clientnest import settings
from clientnest.db import session
from clientnest.db.bootstrap import prepare
from clientnest.db.roles import Role
from clientnest.db.server import EmbeddedServer
from clientnest.db.urls import administrator
from clientnest.ids import new_id

_TESTS = Path(__file__).parent
PLAIN, TIMESCALEDB = "plain", "timescaledb"
_BESIDE = ("dagster", "mlflow")  # databases beside the product's
# Tests ask oftener than people; those about limits set their own.
UNHURRIED = {f"CLIENTNEST_RATE_LIMIT_{who}": "1000000/minute" for who in ("PERSON", "PROGRAM", "ADDRESS")}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`@pytest.mark.servers("plain", "timescaledb")` runs a test once on each kind of database server."""
    if "server_kind" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("servers")
        metafunc.parametrize("server_kind", marker.args if marker else (PLAIN,), scope="module")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long go first and unit tests last, so that at the end no processor waits for another one."""

    def place(item: pytest.Item) -> tuple[int, bool]:
        marker = item.get_closest_marker("timeout")
        return -int(marker.args[0]) if marker else 0, "unit" in item.path.relative_to(_TESTS).parts

    items.sort(key=place)  # of those that are alike the order stays


# Folders whose files share something that takes long to start: one process runs all of them, one after the other.
# Every other file is handed out by itself.
_TOGETHER = ("tests/integration/installation/", "tests/browser/dashboards/")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    return _Together(config, log)


class _Together(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return next((folder for folder in _TOGETHER if file.startswith(folder)), file)


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


@contextmanager
def pointed_to(server: Server, name: str) -> Iterator[None]:
    """This process and its children use the databases of that name, whether they are there yet or not."""
    environment = {
        **UNHURRIED,
        **server.environment,
        "CLIENTNEST_DATABASE_NAME": name,
        **{f"CLIENTNEST_{kind.upper()}_DATABASE_NAME": f"{name}_{kind}" for kind in _BESIDE},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CLIENTNEST_DATABASE_URL", raising=False)
        for key, value in environment.items():
            patch.setenv(key, value)
        _forget()
        yield
    _forget()


@contextmanager
def database_of_its_own(server: Server, template: str | None = None) -> Iterator[str]:
    """A fresh migrated database, or a copy of another: gives its name, and is what this process uses meanwhile."""
    name = f"cn_{new_id().hex[-12:]}"
    with pointed_to(server, name):
        if template:
            administer("CREATE DATABASE {} TEMPLATE {} OWNER clientnest_migrate", name, template)
        prepare()  # of a copy, too: rights on the database itself are not copied
        yield name
        drop(name)


@pytest.fixture(scope="module")
def database(server: Server) -> Iterator[str]:
    """A fresh migrated database: gives its name; the environment and the settings of this process point to it."""
    with database_of_its_own(server) as name:
        yield name


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


def drop(name: str) -> None:
    """Drop the databases of that name, which this process is pointed to."""
    session.forget()
    for one in (name, *(f"{name}_{kind}" for kind in _BESIDE)):
        administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", one)


def administer(statement: str, *names: str) -> None:
    """Run a statement on the server outside any transaction, with the names of databases in place of {}."""
    connection = psycopg2.connect(administrator().render_as_string(hide_password=False))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))
    connection.close()
