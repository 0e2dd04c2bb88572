"""The Parquet history: everything captured, for DuckDB and Polars, also after old months leave the database."""

from dataclasses import asdict

from dagster import (
    AssetExecutionContext,
    AssetKey,
    BackfillPolicy,
    DefaultScheduleStatus,
    MaterializeResult,
    RunRequest,
    ScheduleEvaluationContext,
    asset,
    define_asset_job,
    in_process_executor,
    schedule,
)

from clientnest.db import session
from orchestration.days import DAYS, note_days, today
from orchestration.defs.ingestion.assets import RAW
from orchestration.defs.transform.assets import dbt_layer
from orchestration.failures import explained
from orchestration.job import JobInHand

_KEY = AssetKey(["history", "captures"])


@asset(
    key=_KEY,
    deps=[*RAW.values(), *dbt_layer("marts")],  # of the marts it needs nothing; people wait for them, so they go first
    group_name="history",
    kinds={"parquet"},
    partitions_def=DAYS,
    backfill_policy=BackfillPolicy.single_run(),
    description="All captures as Parquet files by month and bucket; only what changed is written again.",
)
def history(context: AssetExecutionContext, job: JobInHand) -> MaterializeResult[None]:
    """Write what was loaded since the history was last written, whoever loaded it."""
    from clientnest.warehouse.history import default_destination, export_history

    with explained(context), session.etl() as connection:
        report = export_history(connection, default_destination())
    metadata = {name: value for name, value in asdict(report).items() if isinstance(value, int | float | str)}
    note_days(context, {_KEY: metadata}, job.days)
    return MaterializeResult(metadata=metadata)


keep_history = define_asset_job(
    "keep_history",
    selection=[history],
    description="Write what no import's run has written, for example after one was killed.",
    executor_def=in_process_executor,
)


@schedule(
    job=keep_history, cron_schedule="0 3 * * *", execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
)  # fmt: skip
def nightly_history(context: ScheduleEvaluationContext) -> RunRequest:  # noqa: ARG001 -- Dagster gives it
    return RunRequest(partition_key=today().isoformat())
