"""The processes of an installation: what each is started with, and how to tell that it is ready and alive."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from clientnest.db.roles import Database, Role
from clientnest.db.urls import role_url
from clientnest.errors import PermanentError
from clientnest.stack.child import MARK
from clientnest.stack.health import accepts, graphql, http_ok
from clientnest.stack.layout import Layout
from clientnest.stack.plan import Service

_HOST = "127.0.0.1"
MLFLOW_ARTIFACTS = "mlflow-artifacts:/"
"""Where MLflow says that artifacts lie: behind the server itself."""
_DAEMONS = "{instance{daemonHealth{allDaemonStatuses{required lastHeartbeatTime}}}}"
# Nobody is called home, no library takes a memory arena or a thread pool for each core of a large machine, and what a
# user's shell says about Python or about another MLflow or Dagster does not reach ours.
_QUIET = {
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
    "NO_COLOR": "1",
}
_FOREIGN = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV")
_FOREIGN_PREFIXES = ("MLFLOW_", "_MLFLOW_", "DAGSTER_", "DBT_", "STREAMLIT_", "UVICORN_")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each process listens on this machine."""

    api: int
    dashboards: int
    dagster: int
    mlflow: int
    code: int

    def addresses(self) -> dict[str, str]:
        """What a person opens in a browser."""
        return {
            "dashboards": f"http://{_HOST}:{self.dashboards}",
            "api": f"http://{_HOST}:{self.api}/docs",
            "dagster": f"http://{_HOST}:{self.dagster}",
            "mlflow": f"http://{_HOST}:{self.mlflow}",
        }


def working_folder() -> Path:
    """Where the processes work: the folder that holds the rooms."""
    return Path(__file__).resolve().parents[2]


def base_environment(layout: Layout, ports: Ports, installation_id: str) -> dict[str, str]:
    """What every process gets: the caller's environment without what is meant for other programs, and ours."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _FOREIGN and not name.startswith(_FOREIGN_PREFIXES)
    }
    return {
        **kept,
        **_QUIET,
        MARK: installation_id,
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), kept.get("PATH", os.defpath))),
        "CLIENTNEST_HOME": str(layout.home),
        "CLIENTNEST_API_PORT": str(ports.api),
        "CLIENTNEST_DASHBOARDS_PORT": str(ports.dashboards),
        "CLIENTNEST_DAGSTER_PORT": str(ports.dagster),
        "CLIENTNEST_MLFLOW_PORT": str(ports.mlflow),
        "MLFLOW_TRACKING_URI": f"http://{_HOST}:{ports.mlflow}",
        "DAGSTER_HOME": str(layout.dagster),
    }


def services(
    layout: Layout, ports: Ports, base: Mapping[str, str], dagster: Callable[[], Mapping[str, str]]
) -> list[Service]:
    """The processes in the order in which they are shown. `dagster` gives what Dagster's own need besides `base`.

    Those that need the database wait for the step `schema`; the slowest two to load do not.
    """

    def python(*arguments: str) -> Callable[[], list[str]]:
        return lambda: [sys.executable, *arguments]

    def dagster_environment() -> dict[str, str]:
        return {**base, **dagster()}

    begun = time.time()
    workspace = str(layout.dagster / "workspace.yaml")
    return [
        Service(
            "code", "Dagster code",
            python("-m", "orchestration.code_server", "--host", _HOST, "--port", str(ports.code),
                   "--module-name", "orchestration.definitions", "--location-name", "clientnest"),
            dagster_environment,
            ready=lambda: accepts(ports.code), alive=lambda: accepts(ports.code),
            after=("manifest",), wave=2,
        ),
        Service(
            "mlflow", "MLflow", python(*uvicorn_arguments("mlflow.server.fastapi_app:app", ports.mlflow)),
            lambda: mlflow_environment(layout, base),
            ready=lambda: http_ok(ports.mlflow, "/api/2.0/mlflow/experiments/get?experiment_id=0", timeout=60),
            alive=lambda: http_ok(ports.mlflow, "/health"),
            after=("schema", "models"), wave=2,
        ),
        Service(
            "dagster", "Dagster",
            python("-m", "dagster_webserver", "-h", _HOST, "-p", str(ports.dagster), "-w", workspace),
            dagster_environment,
            ready=lambda: http_ok(ports.dagster, "/server_info"), alive=lambda: http_ok(ports.dagster, "/server_info"),
            after=("schema",),
        ),
        Service(
            "daemon", "Dagster daemon", python("-m", "dagster._daemon", "run", "-w", workspace), dagster_environment,
            ready=lambda: daemons_beat(ports.dagster, begun),
            alive=lambda: True,  # it watches its threads itself, and ends when one hangs
            after=("schema",),
        ),
        Service(
            "api", "API", python(*api_arguments(ports.api)), lambda: base,
            ready=lambda: http_ok(ports.api, "/healthz"), alive=lambda: http_ok(ports.api, "/healthz"),
            after=("logins",),
        ),
        Service(
            "worker", "Worker", python("-m", "clientnest.cli", "worker"), lambda: base,
            ready=lambda: True, alive=lambda: True,  # it needs nobody's answer; where it ends it is started again
            after=("schema",),
        ),
        Service(
            "dashboards", "Dashboards",
            lambda: [sys.executable, "-m", "streamlit", "run", str(_dashboards()),
                     "--server.address", _HOST, "--server.port", str(ports.dashboards), "--server.headless", "true"],
            lambda: base,
            ready=lambda: http_ok(ports.dashboards, "/_stcore/health"),
            alive=lambda: http_ok(ports.dashboards, "/_stcore/health"),
            after=("logins",),
        ),
    ]  # fmt: skip


def mlflow_environment(layout: Layout, base: Mapping[str, str]) -> dict[str, str]:
    """What `mlflow server` would set for its worker. That command is not used: it keeps a second copy of itself and
    nine processes for evaluation jobs, 600 MB in all, and its arguments would show the database's password."""
    kept = {name: value for name, value in base.items() if name != "MLFLOW_TRACKING_URI"}
    return {
        **kept,
        "_MLFLOW_SERVER_FILE_STORE": mlflow_store(),
        "_MLFLOW_SERVER_ARTIFACT_ROOT": MLFLOW_ARTIFACTS,
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(layout.mlflow),
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }


def mlflow_store() -> str:
    """The address of MLflow's database. Contains the password."""
    return role_url(Role.MLFLOW, Database.MLFLOW, driver="psycopg2").render_as_string(hide_password=False)


def daemons_beat(port: int, since: float) -> bool:
    """Whether every daemon that Dagster needs has given a sign of life since then (seconds since 1970)."""
    answer = graphql(port, _DAEMONS)
    if not answer:
        return False
    daemons = answer["instance"]["daemonHealth"]["allDaemonStatuses"]
    return all((daemon["lastHeartbeatTime"] or 0) >= since for daemon in daemons if daemon["required"])


def api_arguments(port: int) -> tuple[str, ...]:
    """What Python is started with to serve the API: connections keep manners, and what a listener says is short."""
    manners = ("--http", "api.manners.connection:Connection", "--ws-max-size", "65536")
    return (*uvicorn_arguments("api.main:app", port), *manners)


def uvicorn_arguments(application: str, port: int) -> tuple[str, ...]:
    """What Python is started with to serve an application on this machine."""
    # Events are a few hundred bytes: to compress them saves nothing, and holds memory for each who listens.
    return (
        "-m", "uvicorn", application, "--host", _HOST, "--port", str(port), "--no-access-log", "--no-server-header",
        "--timeout-graceful-shutdown", "2", "--log-level", "warning", "--ws-per-message-deflate", "false",
    )  # fmt: skip


def _dashboards() -> Path:
    """The dashboards' script; found, not imported."""
    specification = find_spec("dashboards")
    if specification is None or specification.origin is None:
        raise PermanentError("The dashboards are not installed.", advice="Run `make install`.")
    return Path(specification.origin).with_name("app.py")
