"""Every night: remove what is no longer needed on disk."""

import shutil
import time

from dagster import DefaultScheduleStatus, OpExecutionContext, ScheduleDefinition, in_process_executor, op
from dagster import job as dagster_job

from clientnest import settings
from orchestration.failures import explained

_LOGS_KEPT = 30 * 86_400.0  # seconds


@op
def tidy(context: OpExecutionContext) -> None:
    """Copies of files imported over a week ago, and output of runs over a month ago."""
    from clientnest.imports.housekeeping import remove_old_uploads

    with explained(context):
        context.log.info(f"Removed the files of {remove_old_uploads()} imports.")
    logs = settings.core().home / "dagster" / "logs"
    for folder in logs.iterdir() if logs.exists() else ():
        if time.time() - folder.stat().st_mtime > _LOGS_KEPT:
            shutil.rmtree(folder, ignore_errors=True)


@dagster_job(executor_def=in_process_executor, description="Remove old copies of imported files and old logs.")
def housekeeping() -> None:
    tidy()


nightly_housekeeping = ScheduleDefinition(
    job=housekeeping, cron_schedule="30 3 * * *", execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
)  # fmt: skip
