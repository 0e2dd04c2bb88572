"""What connects `app.job` with Dagster: jobs become runs within five seconds, and none stays open for ever."""

import time
from collections.abc import Iterator
from contextlib import suppress

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunRequest,
    RunsFilter,
    RunStatusSensorContext,
    SensorEvaluationContext,
    SkipReason,
    run_failure_sensor,
    run_status_sensor,
    sensor,
)
from dagster_shared.error import SerializableErrorInfo
from sqlalchemy.exc import OperationalError

from clientnest import jobs, log
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import ClientNestError
from clientnest.jobs import Job, Lease, LostLease
from orchestration.defs.ingestion.jobs import load
from orchestration.defs.learning.assets import learn
from orchestration.job import lease_of
from orchestration.launch import run_request

_PASSING = {"OperationalError", "InterfaceError", "Unavailable", "TransientError", "DagsterPostgresException"}
_NOT_YET_AT_WORK = [DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING]
_STAYS, _LOOKS_EVERY = 4.5, 0.25  # seconds
_logger = log.get_logger(__name__)


@sensor(jobs=[load, learn], minimum_interval_seconds=1, default_status=DefaultSensorStatus.RUNNING)
def queued_jobs(context: SensorEvaluationContext) -> Iterator[RunRequest | SkipReason]:
    """Claim queued jobs and start a run for each; take back those whose worker went away.

    Dagster calls sensors every five seconds, so each call stays and looks until the next is due: somebody waits for the
    job. A claim that does not become a run (a crash in between) runs out with its lease, and the next attempt has a run
    key of its own.
    """
    try:
        with session.tenant(Role.ETL) as connection:
            jobs.extend(connection, _on_their_way(context.instance))
            for job in jobs.release_expired(connection):
                context.log.warning(f"Job {job.id} was abandoned by its worker; it is {job.state} now.")
        claimed = _claim_within(_STAYS)
    except OperationalError as error:
        yield SkipReason(f"The database does not answer: {str(error.orig).strip()}")
        return
    if not claimed:
        yield SkipReason("No job is queued.")
    for job in claimed:
        yield run_request(job)


@run_failure_sensor(
    name="failed_runs", minimum_interval_seconds=5, default_status=DefaultSensorStatus.RUNNING,
    monitor_all_code_locations=False,
)  # fmt: skip
def failed_runs(context: RunFailureSensorContext) -> None:
    """Close, or queue again, the job of a run that ended without doing so itself."""
    errors = [event.step_failure_data.error for event in context.get_step_failure_events()]
    lease = lease_of(context.dagster_run.tags)
    if lease is None:
        return
    if not errors or any(error is not None and _may_pass(error) for error in errors):
        _give_back(context.dagster_run.run_id, lease)
        return
    said = next((error.message.strip() for error in errors if error is not None), "no reason is known")
    failure = ClientNestError(
        f"The work failed in a way that was not expected: {said[:400]}",
        advice=f"Dagster's run {context.dagster_run.run_id} has the details.",
    )
    _close(lease, failure)


@run_status_sensor(
    run_status=DagsterRunStatus.CANCELED, name="cancelled_runs", minimum_interval_seconds=5,
    default_status=DefaultSensorStatus.RUNNING,
)  # fmt: skip
def cancelled_runs(context: RunStatusSensorContext) -> None:
    """Somebody stopped the run in Dagster: its job is not tried again."""
    lease = lease_of(context.dagster_run.tags)
    if lease is not None:
        _close(lease, ClientNestError("The work was stopped in Dagster.", advice="Start it again when you want it."))


def _claim_within(seconds: float) -> list[Job]:
    """Queued jobs, as soon as there are any."""
    deadline = time.monotonic() + seconds
    while True:
        with session.tenant(Role.ETL) as connection:
            claimed = jobs.claim(connection)
        if claimed or time.monotonic() > deadline:
            return claimed
        time.sleep(_LOOKS_EVERY)


def _on_their_way(instance: DagsterInstance) -> list[Lease]:
    """Leases of jobs whose runs wait in Dagster's queue or start up: nobody can keep them alive but us. A run that
    never gets to work is failed by Dagster itself (`run_monitoring`)."""
    runs = instance.get_runs(RunsFilter(statuses=_NOT_YET_AT_WORK), limit=1000)
    return [lease for run in runs if (lease := lease_of(run.tags)) is not None]


def _may_pass(error: SerializableErrorInfo) -> bool:
    """Whether the database or the connection to it is to blame, somewhere down the chain of causes."""
    if error.cls_name in _PASSING:
        return True
    return any(_may_pass(inner) for inner in (error.cause, error.context) if inner is not None)


def _give_back(run_id: str, lease: Lease) -> None:
    with suppress(LostLease), session.tenant(Role.ETL) as connection:
        job = jobs.release(connection, lease, jobs.abandoned(lease.attempt))
        _logger.warning("run went away", run_id=run_id, job=str(job.id), state=job.state)


def _close(lease: Lease, error: ClientNestError) -> None:
    with suppress(LostLease), session.tenant(Role.ETL) as connection:
        jobs.fail(connection, lease, error)
