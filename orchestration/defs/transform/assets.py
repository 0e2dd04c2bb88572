"""dbt's models as assets, built by one start of dbt per run."""

from collections.abc import Iterable, Iterator
from typing import Any

from dagster import AssetExecutionContext, AssetKey, BackfillPolicy, Output
from dagster_dbt import dbt_assets

from orchestration.days import DAYS, note_days
from orchestration.dbt import Dbt, Translator, conclude
from orchestration.failures import explained
from orchestration.job import JobInHand
from orchestration.launch import LEARN
from orchestration.manifest import ensure_manifest

_FROM, _SHARE = 0.6, 0.4  # of a job's progress
# Unit tests try the SQL on invented rows: they belong to `make test`, not into an import.
_BUILD = ["build", "--exclude-resource-type", "unit_test"]
_STEP = "refreshing the dashboards' tables"


@dbt_assets(
    name="dbt",
    manifest=ensure_manifest(),
    dagster_dbt_translator=Translator(),
    partitions_def=DAYS,
    backfill_policy=BackfillPolicy.single_run(),
)
def models(context: AssetExecutionContext, dbt: Dbt, job: JobInHand) -> Iterator[Any]:
    """Build and test what is new: the models follow load ids, so the run's days need not be told to dbt.

    API and dashboards read what it leaves, so the job is done with it; a training on the new numbers is asked for, and
    runs on its own.
    """
    with explained(context, job):
        job.tell(_STEP, _FROM)
        invocation = dbt.start(_BUILD, context)
        built: dict[AssetKey, dict[str, Any]] = {}
        expected = max(len(context.selected_asset_keys), 1)
        for event in invocation.stream():
            if isinstance(event, Output):
                key = context.asset_key_for_output(event.output_name)
                yield from _left_out(context, context.assets_def.asset_deps[key], built)
                built[key] = dict(event.metadata)
                job.tell(_STEP, _FROM + _SHARE * len(built) / expected)
            yield event
        conclude(invocation)
        yield from _left_out(context, context.selected_asset_keys, built)
        job.done(then=LEARN)
    note_days(context, built, job.days)


def _left_out(
    context: AssetExecutionContext, keys: Iterable[AssetKey], built: dict[AssetKey, dict[str, Any]]
) -> Iterator[Output[None]]:
    """Those of the assets that dbt had no reason to build, before what reads them, as Dagster wants it: views and seeds
    that are as they would be built."""
    for key in keys:
        if key in context.selected_asset_keys and key not in built:
            yield from _left_out(context, context.assets_def.asset_deps[key], built)
            built[key] = {"as it was": True}
            yield Output(None, context.assets_def.get_output_name_for_asset_key(key), metadata=built[key])


def dbt_layer(schema: str) -> list[AssetKey]:
    """The assets of one of dbt's schemas."""
    return sorted(key for key in models.keys if key.path[0] == schema)
