"""Once a week every workspace learns again: posts mature even where nothing is imported."""

from collections.abc import Sequence
from uuid import UUID

from dagster import DefaultScheduleStatus, OpExecutionContext, ScheduleDefinition, in_process_executor, op
from dagster import job as dagster_job
from sqlalchemy import text

from clientnest import jobs
from clientnest.db import session
from clientnest.db.roles import Role
from orchestration.failures import explained
from orchestration.launch import LEARN

_WITH_POSTS = text("SELECT w.id FROM app.workspace w WHERE EXISTS (SELECT FROM raw.post p WHERE p.workspace_id = w.id)")


@op
def queue_trainings(context: OpExecutionContext) -> None:
    """Queue a training of every workspace that has posts; each runs on its own."""
    with explained(context), session.tenant(Role.ETL) as connection:
        workspaces: Sequence[UUID] = connection.execute(_WITH_POSTS).scalars().all()
        queued = [jobs.enqueue_once(connection, workspace, LEARN, {}) for workspace in workspaces]
        context.log.info(f"{sum(1 for job in queued if job)} trainings queued for {len(workspaces)} workspaces.")


@dagster_job(executor_def=in_process_executor, description="Queue a training of every workspace with posts.")
def ask_for_learning() -> None:
    queue_trainings()


weekly_learning = ScheduleDefinition(
    job=ask_for_learning, cron_schedule="0 4 * * 1", execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
)  # fmt: skip
