"""The dashboards as people meet them: the product's own process, a database built by dbt, a real browser."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import text

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import create_person
from clientnest.simulate import SimulationConfig, service
from clientnest.workspaces import create_workspace
from tests.browser.chromium import chromium
from tests.conftest import Server, database_of_its_own
from tests.services.processes import ROOT, free_port, process
from tests.services.processes import api as running_api
from tests.worlds import PASSWORD, build_marts

UNTIL = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium; `make setup` installs it."""
    with chromium() as started:
        yield started


@dataclass(frozen=True)
class Site:
    """Running dashboards. `demo` has generated data and best times; `own` is empty. The analyst belongs to the demo
    only, the owner to both."""

    address: str
    demo: UUID
    own: UUID
    analyst: str = "analyst@example.org"
    owner: str = "owner@example.org"

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """What SQL says, as the role that sees every workspace."""
        with session.tenant(Role.ETL) as connection:
            return list(connection.execute(text(statement), {"demo": self.demo, "own": self.own, **values}))

    def one(self, statement: str, **values: Any) -> Any:
        return self.rows(statement, **values)[0][0]


@pytest.fixture(scope="package")
def _database(_embedded: Server) -> Iterator[str]:
    with database_of_its_own(_embedded) as name:
        yield name


@pytest.fixture(scope="package")
def site(_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The processes of dashboards and API on a database of this folder's tests."""
    folder = tmp_path_factory.mktemp("dashboards")
    port = free_port()
    made = _fill(Site(f"http://127.0.0.1:{port}", *_workspaces()))
    build_marts(folder)
    api_port, log = free_port(), folder / "log"
    dashboards = ["streamlit", "run", str(ROOT / "dashboards" / "app.py"), "--server.port", str(port)]
    with (
        running_api(log, port=api_port),
        process(dashboards, f"{made.address}/_stcore/health", log, folder=folder, CLIENTNEST_API_PORT=str(api_port)),
    ):
        yield made


@pytest.fixture(scope="package")
def _cookies() -> dict[str, Any]:
    return {}


@pytest.fixture
def visit(browser: Browser, site: Site, _cookies: dict[str, Any]) -> Iterator[Callable[..., Page]]:
    """`visit("/posts", as_=site.owner, width=390)` gives a page in a browser of its own, signed in where asked."""
    contexts = []

    def open_page(path: str = "/", *, as_: str | None = None, width: int = 1280) -> Page:
        known = _cookies.get(as_ or "")
        context = browser.new_context(viewport={"width": width, "height": 900}, storage_state=known)
        contexts.append(context)
        page = context.new_page()
        page.goto(site.address + path)
        if as_:
            if known is None:
                fill_in(page, as_, PASSWORD)
            signed_in(page)
            _cookies.setdefault(as_, context.storage_state())
        return page

    yield open_page
    for context in contexts:
        context.close()


def signed_in(page: Page) -> None:
    """Wait for a page that only people who are signed in see."""
    page.get_by_role("button", name="Sign out").wait_for(state="attached")
    settled(page)


def fill_in(page: Page, email: str, password: str) -> None:
    """Send the sign-in form."""
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").first.fill(password)
    page.get_by_role("button", name="Sign in").click()


def settled(page: Page) -> None:
    """Wait until the script has run and what it drew is there."""
    page.wait_for_timeout(400)
    page.wait_for_function("document.querySelector('.stApp')?.dataset.testScriptState === 'notRunning'")
    page.wait_for_timeout(300)


def shown(page: Page, name: str) -> int:
    """The whole number that the page shows under that name."""
    written = page.locator(f'[data-number="{name}"]').first.inner_text()
    return int(written.replace(",", "").replace("−", "-"))


def _workspaces() -> tuple[UUID, UUID]:
    with session.tenant(Role.MIGRATE) as connection:
        owner = create_person(connection, Site.owner, "Olive Owner", PASSWORD)
        analyst = create_person(connection, Site.analyst, "Ana Lyst", PASSWORD)
        own = create_workspace(connection, "Acme", "acme", owner=owner.id)
        demo = create_workspace(connection, "Demo brand", "demo", owner=owner.id, is_demo=True)
        connection.execute(
            text("INSERT INTO app.membership (workspace_id, person_id, role) VALUES (:w, :p, 'analyst')"),
            {"w": demo.id, "p": analyst.id},
        )
    return demo.id, own.id


def _fill(site: Site) -> Site:
    with session.etl() as connection:
        service.run(connection, site.demo, SimulationConfig(until=UNTIL, days=70))
    with session.tenant(Role.ETL) as connection:
        connection.execute(
            text("INSERT INTO ml.training_run (workspace_id, id, family, outcome, reason, posts, metrics, baselines) "
                 "VALUES (:w, :w, 'best_times', 'champion', 'The hours paid.', 321, '{\"uplift\": 0.2}', "
                 "'{\"habit\": {\"uplift\": 0.01}}')"), {"w": site.demo},
        )  # fmt: skip
        connection.execute(
            text("INSERT INTO ml.best_time (workspace_id, account_id, hour_of_week, uplift, uplift_low, uplift_high, "
                 "posts, training_run_id) SELECT :w, id, hour, 0.3 - abs(hour - 34) / 200.0, "
                 "0.2 - abs(hour - 34) / 200.0, 0.4, hour % 7, :w "
                 "FROM app.account CROSS JOIN generate_series(0, 167) AS hour WHERE workspace_id = :w"),
            {"w": site.demo},
        )  # fmt: skip
    return site
