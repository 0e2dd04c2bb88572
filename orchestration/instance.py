"""The Dagster instance of an installation: its configuration under `home/dagster`, written anew at every start."""

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from clientnest import settings
from clientnest.db.roles import Database, Role
from clientnest.db.urls import role_url

URL_VARIABLE = "CLIENTNEST_DAGSTER_URL"
LOCATION = "clientnest"

# Two imports read their files at once at most, and one training runs beside them: what two cores and 3.5 GB carry.
_MAX_RUNS = 3
_LIMITS = (
    {"key": "clientnest/kind", "value": "import", "limit": 2},
    {"key": "clientnest/kind", "value": "simulate", "limit": 1},
    {"key": "clientnest/kind", "value": "learn", "limit": 1},
)


def write_config(home: Path, code_server_port: int) -> Path:
    """Write `dagster.yaml` and `workspace.yaml` for one code server on loopback; gives the folder for DAGSTER_HOME.

    Holds no secrets: the database's address is read from the variables of `environment()` by each process.
    """
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "dagster.yaml", _instance(folder))
    _write(folder / "workspace.yaml", _workspace(code_server_port))
    return folder


def environment(home: Path | None = None) -> dict[str, str]:
    """What Dagster's processes need in their environment besides the installation's own variables. Contains a
    password: hand it to a child process, never to a log."""
    url = role_url(Role.DAGSTER, Database.DAGSTER, driver="psycopg2")  # what dagster-postgres can use
    return {
        "DAGSTER_HOME": str((home or settings.core().home) / "dagster"),
        URL_VARIABLE: url.render_as_string(hide_password=False),
        "DAGSTER_EVENT_BATCH_SIZE": "500",
    }


def _instance(folder: Path) -> dict[str, Any]:
    return {
        "storage": {
            "custom": {
                "module": "orchestration.storage",
                "class": "PooledPostgresStorage",
                "config": {"postgres_url": {"env": URL_VARIABLE}},
            }
        },
        "run_launcher": {"module": "dagster", "class": "DefaultRunLauncher"},
        "run_coordinator": {
            "module": "dagster",
            "class": "QueuedRunCoordinator",
            "config": {
                "max_concurrent_runs": _MAX_RUNS,
                "tag_concurrency_limits": list(_LIMITS),
                "dequeue_interval_seconds": 1,
            },
        },
        # A run starts within seconds. One that was killed before it did holds up its job, and a place, until then.
        "run_monitoring": {"enabled": True, "start_timeout_seconds": 60, "poll_interval_seconds": 10},
        "compute_logs": {
            "module": "dagster._core.storage.local_compute_log_manager",
            "class": "LocalComputeLogManager",
            "config": {"base_dir": str(folder / "logs")},
        },
        "retention": {
            "sensor": {"purge_after_days": {"skipped": 1, "failure": 14, "success": 14}},
            "schedule": {"purge_after_days": {"skipped": 7, "failure": 60, "success": 60}},
        },
        "auto_materialize": {"enabled": False},
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
    }


def _workspace(port: int) -> dict[str, Any]:
    return {"load_from": [{"grpc_server": {"host": "127.0.0.1", "port": port, "location_name": LOCATION}}]}


def _write(path: Path, content: dict[str, Any]) -> None:
    """Replace the file at once: a daemon may be reading it."""
    fresh = path.with_suffix(".new")
    fresh.write_text("# Written by ClientNest at every start.\n" + yaml.safe_dump(content, sort_keys=False))
    fresh.replace(path)
