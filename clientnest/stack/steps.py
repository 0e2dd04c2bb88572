"""What every start does once, around the services: database, migrations, logins, dbt, MLflow's tables, demo data."""

import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import psycopg2

from clientnest import settings
from clientnest.db.roles import Database, Role
from clientnest.db.server import EmbeddedServer
from clientnest.db.urls import libpq
from clientnest.errors import PermanentError
from clientnest.stack import rooms
from clientnest.stack.child import Child, last_lines
from clientnest.stack.database import DatabaseKeeper
from clientnest.stack.layout import Layout
from clientnest.stack.plan import Display, Plan, Step
from clientnest.stack.record import end_leftovers
from clientnest.stack.services import MLFLOW_ARTIFACTS, Ports, mlflow_store, services, working_folder
from clientnest.stack.state import State

if TYPE_CHECKING:
    from clientnest.identity.setup import Logins
    from clientnest.stack.results import Tables

# The command line's own upgrade, with the address (it holds the password) kept out of the list of processes.
_UPGRADE_MLFLOW = (
    "import os, sys; from mlflow.cli import cli; sys.argv = ['mlflow', 'db', 'upgrade', os.environ['STORE']]; cli()"
)


# What MLflow does with an empty database at its first request. Two first requests at once, the start's own and that of
# the API for its models, would do it twice, and wait for each other for ever.
_FILL_MLFLOW = (
    "import os; from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore; "
    f"SqlAlchemyStore(os.environ['STORE'], '{MLFLOW_ARTIFACTS}')"
)


@dataclass
class Start:
    """One start of an installation: gives its plan, and remembers what the steps found out."""

    layout: Layout
    ports: Ports
    base: Mapping[str, str]
    installation_id: str
    display: Display
    stopping: threading.Event
    logins: "Logins | None" = None
    brings_first_results: bool = False  # the demo's data was made by this start, and models are learned from it now
    _tables: "Tables | None" = None
    _keeper: DatabaseKeeper | None = None
    _demo_under_way: bool = False

    def plan(self) -> Plan:
        """Steps and services in the order in which they are shown; what may, runs side by side."""
        rooms.write_dagster_configuration(self.layout.home, self.ports.code)
        running = services(self.layout, self.ports, self.base, rooms.dagster_environment)
        return Plan(
            [
                Step("database", "Database", self._start_database),
                Step("schema", "Roles and migrations", self._prepare, after=("database",)),
                Step("logins", "Logins and workspaces", self._make_logins, after=("schema",)),
                Step("manifest", "Transformations (dbt)", self._parse),
                Step("models", "Model store", self._upgrade_mlflow, after=("schema",)),
                *running,
                Step("demo", "Demo data, first results", self._demo, after=("logins", "manifest", "code", "daemon")),
            ],
            before_stop=self._before_stop,
            finish=self._finish,
        )

    def refresh_tables(self) -> None:
        """Once everything runs: bring the dashboards' tables to this version where they are an earlier one's."""
        if self._tables is not None and not self._tables.fit and not self._demo_under_way:
            self.display.notice("The dashboards' tables are being rebuilt for this version, in the background.")
            self._tables.rebuild(self.base, working_folder(), self.display.notice)

    def _start_database(self) -> str | None:
        if settings.database().database_url is not None:
            return "CLIENTNEST_DATABASE_URL"
        self._keeper = DatabaseKeeper(EmbeddedServer(self.layout.home), self.display)
        self._keeper.start()
        return None

    # Each step loads what it needs itself: meanwhile the first processes are being started already.

    def _prepare(self) -> None:
        from clientnest.db import bootstrap

        bootstrap.prepare()

    def _make_logins(self) -> None:
        from clientnest.identity.setup import ensure_logins
        from clientnest.stack.results import ask_for_demo_data

        self.logins = ensure_logins()
        ask_for_demo_data()

    def _parse(self) -> None:
        from clientnest.stack.results import Tables

        self._tables = Tables(self.layout, rooms.dbt_manifest())

    def _upgrade_mlflow(self) -> str | None:
        """Make MLflow's tables, or bring them to its installed version, before it serves anybody."""
        state, wanted = State(self.layout.state), version("mlflow")
        if state.get("mlflow") == wanted:
            return None
        self.layout.mlflow.mkdir(exist_ok=True)
        remark = None
        if _has_tables(Database.MLFLOW, Role.MLFLOW):
            self._run([sys.executable, "-c", _UPGRADE_MLFLOW], {"STORE": mlflow_store()}, "mlflow-upgrade")
            remark = f"upgraded to MLflow {wanted}"
        else:
            self._run([sys.executable, "-c", _FILL_MLFLOW], {"STORE": mlflow_store()}, "mlflow-tables")
        state.set("mlflow", wanted)
        return remark

    def _demo(self) -> str | None:
        from clientnest.stack.results import Demo, follow_demo_data

        said: list[str] = []

        def tell(text: str) -> None:
            said.append(text)
            self.display.remark("demo", text)

        became = follow_demo_data(tell, self.stopping.is_set)
        self._demo_under_way = became is Demo.UNDER_WAY
        self.brings_first_results = became in {Demo.BROUGHT, Demo.UNDER_WAY}
        if became is Demo.BROUGHT and self._tables is not None:
            self._tables.note_fit()  # its run has just built them
        return {
            Demo.UNDER_WAY: "still being made, in the background",
            Demo.FAILED: f"there is none: {said[-1] if said else ''}",
        }.get(became)

    def _run(self, command: list[str], environment: Mapping[str, str], name: str) -> None:
        """Run a program to its end; its log says what went wrong."""
        log = self.layout.log(name)
        running = Child(command, {**self.base, **environment}, log, working_folder())
        while (code := running.wait(0.2)) is None:
            if self.stopping.is_set():
                running.stop(2)
                return
        if code != 0:
            said = last_lines(log)
            raise PermanentError(
                f"{name} failed: {said[0] if said else f'it ended with code {code}'}", advice=f"Its log is {log}."
            )

    def _before_stop(self) -> None:
        if self._keeper is not None:
            self._keeper.write_down()

    def _finish(self) -> None:
        """After the services: whatever they left behind, then the database."""
        end_leftovers(self.layout.record, self.installation_id, seconds=1.5)
        if self._keeper is not None:
            self._keeper.stop()


def _has_tables(database: Database, role: Role) -> bool:
    connection = psycopg2.connect(libpq(role, database))
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL")
            return bool((cursor.fetchone() or (False,))[0])
    finally:
        connection.close()
