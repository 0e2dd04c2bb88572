"""What keeps the queue healthy: tasks of workers that died are begun again, failed ones are not kept for ever."""

from procrastinate import JobContext

from clientnest.log import get_logger
from clientnest.tasks.queue import app

# Workers that say nothing for this long are taken for dead.
SILENT_SECONDS = 30.0
KEPT_HOURS = 24 * 30
_log = get_logger(__name__)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="take-over", pass_context=True)
async def take_over(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Begin again what dead workers left half done: tasks are written so that they may run twice."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
        _log.warning("task of a dead worker begun again", task=job.task_name, job=job.id)
        await manager.retry_job(job)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="forget-old", pass_context=True)
async def forget_old(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Failed tasks can be looked at for a month."""
    await context.app.job_manager.delete_old_jobs(KEPT_HOURS, include_failed=True, include_cancelled=True)
