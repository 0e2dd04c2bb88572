"""Every night: dbt's tests over all rows (builds test only what they wrote), and how old the sources are."""

from collections.abc import Iterator
from typing import Any

from dagster import DefaultScheduleStatus, Nothing, OpExecutionContext, Out, ScheduleDefinition, in_process_executor, op
from dagster import job as dagster_job

from orchestration.dbt import Dbt, conclude
from orchestration.failures import explained

_ALL_ROWS = ["test", "--exclude-resource-type", "unit_test", "--vars", "{check_all_rows: true}"]


@op(out=Out(Nothing))
def all_rows(context: OpExecutionContext, dbt: Dbt) -> Iterator[Any]:
    """`dbt test` without the limit to fresh rows; each test shows as a check on its table."""
    with explained(context):
        invocation = dbt.start(_ALL_ROWS, context, whole_project=True)
        yield from invocation.stream()
        conclude(invocation)


@op
def age_of_sources(context: OpExecutionContext, dbt: Dbt) -> None:
    """`dbt source freshness`. Old numbers are a warning: an installation may well import once a quarter."""
    with explained(context):
        invocation = dbt.start(["source", "freshness"], context, whole_project=True).wait()
        for result in invocation.get_artifact("sources.json")["results"]:
            if result["status"] != "pass":
                context.log.warning(f"{result['unique_id']}: nothing new since {result.get('max_loaded_at')}")


@dagster_job(executor_def=in_process_executor, description="All of dbt's tests on all rows, and the sources' age.")
def full_tests() -> None:
    all_rows()
    age_of_sources()


nightly_tests = ScheduleDefinition(
    job=full_tests, cron_schedule="30 2 * * *", execution_timezone="UTC", default_status=DefaultScheduleStatus.RUNNING
)
