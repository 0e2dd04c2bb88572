"""What runs: the supervisor, its services, the ports, and whether Dagster can do its work."""

import time
from collections.abc import Mapping
from typing import Any

from clientnest import settings
from clientnest.stack import ports as listening
from clientnest.stack import record
from clientnest.stack.doctor.findings import Findings, fail, ok, skip, warn
from clientnest.stack.health import graphql, http_ok
from clientnest.stack.layout import Layout

_PATHS = {"api": "/healthz", "dashboards": "/_stcore/health", "dagster": "/server_info", "mlflow": "/health"}
_DAGSTER = (
    "{instance{daemonHealth{allDaemonStatuses{daemonType required lastHeartbeatTime}}}"
    "workspaceOrError{... on Workspace{locationEntries{name locationOrLoadError"
    "{__typename ... on PythonError{message}}}}}}"
)
_SILENCE = 300.0  # seconds without a heartbeat after which a daemon counts as stuck


def supervisor(layout: Layout) -> Findings:
    """Whether ClientNest runs, and each of its services."""
    noted = record.read(layout.record)
    if noted is None or record.process(noted["supervisor"]) is None:
        if noted is None:
            yield skip("Running", "ClientNest does not run; `make run` starts it")
        else:
            yield warn("Running", "an earlier run was killed", "`make run` cleans up and starts again.")
        return
    yield ok("Running", f"since {noted['started_at']} (process {noted['supervisor']['pid']}, {noted['phase']})")
    for key, entry in noted["services"].items():
        log = layout.log(key)
        if record.process(entry) is None:
            yield fail(key, "does not run; it is being started again", f"Its log is {log}.")
        elif key in noted["addresses"] and not http_ok(record.port_of(noted, key), _PATHS[key]):
            yield fail(key, "runs but does not answer", f"Its log is {log}.")
        elif entry["restarts"]:
            yield warn(key, f"runs; it had to be started again {entry['restarts']} times", f"Its log is {log}.")
        else:
            yield ok(key, f"runs (process {entry['pid']})")


def ports(layout: Layout) -> Findings:
    """Whether the ports are free, where nothing of ours runs yet."""
    noted = record.read(layout.record)
    if noted is not None and record.process(noted["supervisor"]) is not None:
        return
    configured = settings.stack()
    taken = False
    for service in _PATHS:
        port = getattr(configured, f"{service}_port")
        if not listening.is_free(port):
            taken = True
            who = listening.holder(port) or "another program"
            yield warn(
                "Ports", f"{port} of {service} is in use by {who}",
                f"The next free one is taken instead; or choose with CLIENTNEST_{service.upper()}_PORT.",
            )  # fmt: skip
    if not taken:
        yield ok("Ports", "all free")


def dagster(layout: Layout) -> Findings:
    """Whether Dagster has loaded our definitions, and whether its daemons live."""
    noted = record.read(layout.record)
    if noted is None or record.process(noted["supervisor"]) is None:
        return
    answer = graphql(record.port_of(noted, "dagster"), _DAGSTER)
    if answer is None:
        yield skip("Dagster", "does not answer")
        return
    entries = answer["workspaceOrError"].get("locationEntries") or []
    errors = [entry["locationOrLoadError"].get("message", "") for entry in entries if _is_error(entry)]
    if errors or not entries:
        said = errors[0].strip().splitlines()[0] if errors and errors[0].strip() else "no definitions"
        yield fail("Dagster", f"has not loaded its definitions: {said}", f"Its log is {layout.log('code')}.")
    else:
        yield ok("Dagster", "has loaded its definitions")
    daemons = answer["instance"]["daemonHealth"]["allDaemonStatuses"]
    silent = [
        daemon["daemonType"].lower()
        for daemon in daemons
        if daemon["required"] and time.time() - (daemon["lastHeartbeatTime"] or 0) > _SILENCE
    ]
    if silent:
        yield fail("Dagster daemon", f"no sign of life from {', '.join(silent)}", f"Its log is {layout.log('daemon')}.")
    else:
        yield ok("Dagster daemon", "every part gave a sign of life in the last five minutes")


def _is_error(entry: Mapping[str, Any]) -> bool:
    loaded = entry["locationOrLoadError"]
    return loaded is None or loaded["__typename"] == "PythonError"
