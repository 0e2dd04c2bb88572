"""What the rooms that the kernel may not import give to the stack: entry points in the group `clientnest.stack`."""

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from clientnest.errors import PermanentError

_ADVICE = "Run `make install`; if that does not help, `git status` shows what was changed here."


def write_dagster_configuration(home: Path, code_server_port: int) -> None:
    """Write DAGSTER_HOME's `dagster.yaml` and `workspace.yaml`."""
    _load("dagster-configuration")(home, code_server_port)


def dagster_environment() -> dict[str, str]:
    """What Dagster's processes need in their environment. Contains a password."""
    environment: dict[str, str] = _load("dagster-environment")()
    return environment


def dbt_manifest() -> Path:
    """The manifest of the dbt project as it is now, parsed where it is missing or old."""
    manifest: Path = _load("dbt-manifest")()
    return manifest


@cache
def _load(name: str) -> Callable[..., Any]:
    for entry in entry_points(group="clientnest.stack", name=name):
        try:
            loaded: Callable[..., Any] = entry.load()
        except ImportError as error:
            raise PermanentError(f"The installation's part {name!r} does not load: {error}.", advice=_ADVICE) from error
        return loaded
    raise PermanentError(f"This installation lacks its part {name!r}.", advice=_ADVICE)
