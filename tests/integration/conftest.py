"""A built database for tests that read results: made once, cloned for each module that asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import sql

from clientnest import settings
from clientnest.db import session
from clientnest.db.bootstrap import prepare
from clientnest.db.urls import administrator
from clientnest.ids import new_id
from tests.conftest import UNHURRIED, Server
from tests.worlds import World, build_marts, make_world


@contextmanager
def _pointed_to(server: Server, name: str) -> Iterator[None]:
    """This process and its children use the database of that name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CLIENTNEST_DATABASE_URL", raising=False)
        for key, value in {**UNHURRIED, **server.environment, "CLIENTNEST_DATABASE_NAME": name}.items():
            patch.setenv(key, value)
        for database in ("dagster", "mlflow"):
            patch.setenv(f"CLIENTNEST_{database.upper()}_DATABASE_NAME", f"{name}_{database}")
        _forget()
        yield
    _forget()


@pytest.fixture(scope="session")
def _template(_embedded: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, World]]:
    name = f"cn_{new_id().hex[-12:]}"
    with _pointed_to(_embedded, name):
        prepare()
        made = make_world()
        build_marts(Path(tmp_path_factory.mktemp("dbt")))
        session.forget()
    yield name, made
    with _pointed_to(_embedded, name):
        _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@pytest.fixture(scope="module")
def world(_embedded: Server, _template: tuple[str, World]) -> Iterator[World]:
    """Two workspaces with results (see `tests.worlds`), in a database of this module's own."""
    template, made = _template
    name = f"cn_{new_id().hex[-12:]}"
    with _pointed_to(_embedded, name):
        _administer("CREATE DATABASE {} TEMPLATE {} OWNER clientnest_migrate", name, template)
        prepare()  # rights on the database itself are not copied
        yield made
        session.forget()
        for kind in ("", "_dagster", "_mlflow"):
            _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name + kind)


def _administer(statement: str, *names: str) -> None:
    connection = psycopg2.connect(administrator().render_as_string(hide_password=False))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))
    connection.close()


def _forget() -> None:
    session.forget()
    settings.forget()
