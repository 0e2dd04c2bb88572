"""How dbt's project appears in Dagster: one translator, and the resource that starts builds."""

import re
import shutil
import sys
from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dagster import AssetExecutionContext, AssetKey, OpExecutionContext
from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation, DbtCliResource
from packaging.version import Version

from clientnest import settings
from clientnest.db.dbt_env import dbt_project_folder
from clientnest.errors import ClientNestError, PermanentError, Unavailable
from orchestration.dbt_process import TRY_AGAIN
from orchestration.manifest import ensure_manifest

_KEPT_RUNS = 20
_PARTIAL_PARSE = "partial_parse.msgpack"
# What Postgres and libpq say when the same build may succeed later.
_PASSING = re.compile(
    r"could not connect|connection refused|server closed the connection|terminating connection|connection.* closed|"
    r"the database system is|deadlock detected|could not serialize|lock timeout|connection to server .* failed",
    re.IGNORECASE,
)


class Translator(DagsterDbtTranslator):
    """Models and seeds are assets named after their table (`serve/post`), sources after theirs (`raw/post_snapshot`);
    groups are dbt's layers."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        if dbt_resource_props["resource_type"] in {"model", "seed", "snapshot"}:
            return AssetKey([dbt_resource_props["schema"], dbt_resource_props["alias"]])
        return super().get_asset_key(dbt_resource_props)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return str(dbt_resource_props["schema"])


class Dbt(DbtCliResource):
    """Starts dbt through `clientnest-dbt`, and nothing else: dagster-dbt would start it once more to ask its version,
    and load all of it into the run to describe columns that the manifest describes already."""

    @classmethod
    def of_project(cls) -> "Dbt":
        return cls(
            project_dir=str(dbt_project_folder()), dbt_executable=str(Path(sys.executable).with_name("clientnest-dbt"))
        )

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Any) -> Any:  # noqa: ARG002 -- the base class gives it
        return None

    def start(
        self, arguments: list[str], context: AssetExecutionContext | OpExecutionContext, *, whole_project: bool = False
    ) -> DbtCliInvocation:
        """Start dbt on what the context selects, or on all. Its files lie under `home/dbt`; parsing continues from the
        last successful build's."""
        home = settings.core().home / "dbt"
        _forget_old_runs(home / "runs")
        target = home / "runs" / f"{context.run.run_id}-{context.op_execution_context.retry_number}"
        target.mkdir(parents=True, exist_ok=True)
        if (home / _PARTIAL_PARSE).exists():
            shutil.copyfile(home / _PARTIAL_PARSE, target / _PARTIAL_PARSE)
        return self.cli(
            arguments,
            context=context,
            target_path=target,
            raise_on_error=False,
            manifest=ensure_manifest() if whole_project else None,
            dagster_dbt_translator=Translator() if whole_project else None,
        )


def conclude(invocation: DbtCliInvocation) -> None:
    """After all events of a build were read: raise in our words what went wrong, or keep what the next one can use."""
    if invocation.process.wait() == 0:
        parsed = invocation.target_path / _PARTIAL_PARSE
        if parsed.exists():
            fresh = settings.core().home / "dbt" / f"{_PARTIAL_PARSE}.{invocation.process.pid}"
            shutil.copyfile(parsed, fresh)
            fresh.replace(fresh.with_name(_PARTIAL_PARSE))
        return
    raise error_of(invocation)


def error_of(invocation: DbtCliInvocation) -> ClientNestError:
    """What failed: the model and the database's words. `Unavailable` where trying again may help."""
    log = invocation.target_path / "dbt.log"
    said = str(invocation.get_error()).partition("Errors parsed from dbt logs:")[2] or _last_lines(log)
    shown = _shortened(said)
    if invocation.process.returncode == TRY_AGAIN or is_passing(said):
        return Unavailable(f"The dashboards' tables could not be refreshed just now: {shown}", advice=f"See {log}.")
    return PermanentError(
        f"The dashboards' tables could not be refreshed: {shown}",
        advice=f"What was imported is kept. The build's log is {log}.",
    )


def is_passing(said: str) -> bool:
    """Whether the database's words speak of a state that ends, and not of the project or the data."""
    return _PASSING.search(said) is not None


def _forget_old_runs(folder: Path) -> None:
    if folder.exists():
        runs = sorted((run for run in folder.iterdir() if run.is_dir()), key=lambda run: run.stat().st_mtime)
        for run in runs[:-_KEPT_RUNS]:
            shutil.rmtree(run, ignore_errors=True)


def _last_lines(log: Path, count: int = 5) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:]) if log.exists() else "dbt did not start."


def _shortened(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    text = " ".join(lines)
    return text if len(text) <= 600 else text[:599] + "…"
