"""A built database for tests that read results: made once, cloned for each module that asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clientnest.db import session
from clientnest.db.bootstrap import prepare
from clientnest.ids import new_id
from tests.conftest import Server, database_of_its_own, drop, pointed_to
from tests.worlds import World, build_marts, make_world


@pytest.fixture(scope="session")
def _template(_embedded: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, World]]:
    name = f"cn_{new_id().hex[-12:]}"
    with pointed_to(_embedded, name):
        prepare()
        made = make_world()
        build_marts(Path(tmp_path_factory.mktemp("dbt")))
        session.forget()
    yield name, made
    with pointed_to(_embedded, name):
        drop(name)


@pytest.fixture(scope="module")
def world(_embedded: Server, _template: tuple[str, World]) -> Iterator[World]:
    """Two workspaces with results (see `tests.worlds`), in a database of this module's own."""
    template, made = _template
    with database_of_its_own(_embedded, template):
        yield made
