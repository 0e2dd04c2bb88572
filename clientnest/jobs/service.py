"""The states of a job: queued, running under a lease, done or failed; every change writes an event in its transaction.

A worker that claims a job gets a `Lease`: the job's id and the number of the attempt. Whoever holds an older attempt,
because its lease ran out meanwhile, can change nothing any more (`LostLease`). Functions take the caller's connection:
a job is enqueued in the transaction that needs it, and reported on in transactions of the worker's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Update, and_, exists, func, insert, null, select, tuple_, update

from clientnest.db.tables.jobs import job as job_table
from clientnest.errors import ClientNestError, Conflict, NotFound
from clientnest.events import tell
from clientnest.ids import new_id

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 3


class LostLease(Conflict):
    """The job is no longer this worker's: it was given to another attempt, or closed."""

    code = "lost-lease"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a job, for one attempt (counted from 1)."""

    workspace_id: UUID
    job_id: UUID
    attempt: int


@dataclass(frozen=True, slots=True)
class Job:
    """A job as stored. `progress` runs from 0 to 1; `error` has the shape of `ClientNestError.as_dict()`."""

    workspace_id: UUID
    id: UUID
    kind: str
    state: str
    params: Mapping[str, Any]
    step: str | None
    progress: float | None
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    dagster_run_id: str | None
    attempts: int
    requested_by: UUID | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def lease(self) -> Lease:
        """The lease of the attempt under way."""
        return Lease(self.workspace_id, self.id, self.attempts)

    @property
    def is_closed(self) -> bool:
        return self.state in {"done", "failed"}


_COLUMNS = tuple(job_table.c[name] for name in Job.__dataclass_fields__)


def enqueue(
    connection: Connection,
    workspace_id: UUID,
    kind: str,
    params: Mapping[str, Any],
    *,
    requested_by: UUID | None = None,
    job_id: UUID | None = None,
    result: Mapping[str, Any] | None = None,
) -> UUID:
    """Add a job in the caller's transaction and give its id. With a `result` nothing is left to do: it is done."""
    made = job_id or new_id()
    state = "queued" if result is None else "done"
    closed = {} if result is None else {"result": dict(result), "progress": 1.0, "finished_at": func.now()}
    connection.execute(
        insert(job_table).values(
            workspace_id=workspace_id, id=made, kind=kind, params=dict(params), state=state,
            requested_by=requested_by, **closed,
        )
    )  # fmt: skip
    tell(connection, workspace_id, f"job.{state}", made, {"kind": kind, "state": state})
    return made


def enqueue_once(connection: Connection, workspace_id: UUID, kind: str, params: Mapping[str, Any]) -> UUID | None:
    """Add a job unless one of its kind already waits in that workspace; None where one does."""
    waiting = select(job_table.c.id).where(
        job_table.c.workspace_id == workspace_id, job_table.c.kind == kind, job_table.c.state == "queued"
    )
    if connection.execute(select(exists(waiting))).scalar_one():
        return None
    return enqueue(connection, workspace_id, kind, params)


def get(connection: Connection, workspace_id: UUID, job_id: UUID) -> Job:
    """One job; `NotFound` where the workspace has none of that id."""
    row = connection.execute(
        select(*_COLUMNS).where(job_table.c.workspace_id == workspace_id, job_table.c.id == job_id)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no job {job_id}.", advice="Check the id; jobs belong to one workspace.")
    return _job(row)


def claim(connection: Connection, *, limit: int = 8, lease: timedelta = LEASE) -> list[Job]:
    """Lease the oldest queued jobs. Safe for several callers at once: none waits for, or gets, what another takes."""
    key = (job_table.c.workspace_id, job_table.c.id)
    oldest = (
        select(*key).where(job_table.c.state == "queued").order_by(job_table.c.created_at, job_table.c.id)
        .limit(limit).with_for_update(skip_locked=True)
    )  # fmt: skip
    taken = connection.execute(oldest).all()
    if not taken:
        return []
    rows = connection.execute(
        update(job_table)
        .where(tuple_(*key).in_([tuple(row) for row in taken]))
        .values(
            state="running",
            attempts=job_table.c.attempts + 1,
            lease_until=func.now() + lease,
            started_at=func.coalesce(job_table.c.started_at, func.now()),
            step="waiting for a free worker",
            progress=0.0,
        )
        .returning(*_COLUMNS)
    )
    jobs = sorted((_job(row) for row in rows), key=lambda job: (job.created_at, job.id))
    for job in jobs:
        tell(connection, job.workspace_id, "job.claimed", job.id, _told(job))
    return jobs


def start(connection: Connection, lease: Lease, run_id: str) -> Job:
    """Say which Dagster run works on the job. `LostLease` where the attempt is over."""
    return _change(connection, lease, "job.started", dagster_run_id=run_id, lease_until=func.now() + LEASE)


def heartbeat(
    connection: Connection,
    lease: Lease,
    *,
    step: str | None = None,
    progress: float | None = None,
    lease_for: timedelta = LEASE,
) -> Job:
    """Keep the lease, and tell how far the work is where `step` or `progress` (0 to 1) is given, or `LostLease`."""
    told: dict[str, Any] = {"step": step, "progress": None if progress is None else min(max(progress, 0.0), 1.0)}
    said = {name: value for name, value in told.items() if value is not None}
    return _change(
        connection, lease, "job.progress" if said else None, lease_until=func.now() + lease_for, **said
    )  # fmt: skip


def finish(connection: Connection, lease: Lease, result: Mapping[str, Any]) -> Job:
    """Close the job as done."""
    return _change(
        connection, lease, "job.done", state="done", result=dict(result), progress=1.0, step=None, error=null(),
        lease_until=None, finished_at=func.now(),
    )  # fmt: skip


def fail(connection: Connection, lease: Lease, error: ClientNestError) -> Job:
    """Close the job as failed, with what happened and what the person can do."""
    return _change(
        connection, lease, "job.failed", state="failed", error=error.as_dict(), step=None, lease_until=None,
        finished_at=func.now(),
    )  # fmt: skip


def release(connection: Connection, lease: Lease, error: ClientNestError) -> Job:
    """Give an attempt up: back to the queue where another try is left, failed with `error` otherwise."""
    if lease.attempt >= MAX_ATTEMPTS:
        return fail(connection, lease, error)
    return _change(
        connection, lease, "job.queued", state="queued", error=error.as_dict(), step=None, progress=None,
        lease_until=None,
    )  # fmt: skip


def extend(connection: Connection, leases: Sequence[Lease], lease_for: timedelta = LEASE) -> None:
    """Keep the leases of jobs that wait for a worker through no fault of theirs; those lost meanwhile stay lost."""
    for lease in leases:
        connection.execute(_held(lease).values(lease_until=func.now() + lease_for))


def release_expired(connection: Connection) -> list[Job]:
    """Take back what workers abandoned (killed, or cut off for longer than their lease): queued again, or failed
    after `MAX_ATTEMPTS`. Gives the jobs as they are now."""
    expired = connection.execute(
        select(job_table.c.workspace_id, job_table.c.id, job_table.c.attempts)
        .where(job_table.c.state == "running", job_table.c.lease_until < func.now())
        .order_by(job_table.c.created_at).with_for_update(skip_locked=True)
    ).all()  # fmt: skip
    return [
        release(connection, Lease(row.workspace_id, row.id, row.attempts), abandoned(row.attempts)) for row in expired
    ]


def abandoned(attempts: int) -> ClientNestError:
    """What is said of an attempt whose worker went away without a word."""
    if attempts < MAX_ATTEMPTS:
        return ClientNestError("The worker stopped before it was done.", advice="It is tried again by itself.")
    return ClientNestError(
        f"The work was interrupted {attempts} times before it was done, so it is not tried again.",
        advice="Nothing is half-written. `clientnest doctor` checks the installation; then start it again.",
    )


def _held(lease: Lease) -> Update:
    return update(job_table).where(
        and_(
            job_table.c.workspace_id == lease.workspace_id,
            job_table.c.id == lease.job_id,
            job_table.c.state == "running",
            job_table.c.attempts == lease.attempt,
        )
    )


def _change(connection: Connection, lease: Lease, event: str | None, **values: Any) -> Job:
    row = connection.execute(_held(lease).values(**values).returning(*_COLUMNS)).one_or_none()
    if row is None:
        raise LostLease(
            f"Attempt {lease.attempt} at job {lease.job_id} is over; another one has it, or it is closed.",
            advice="Nothing to do: what this attempt wrote is repeated harmlessly.",
        )
    job = _job(row)
    if event is not None:
        tell(connection, job.workspace_id, event, job.id, _told(job))
    return job


def _told(job: Job) -> dict[str, Any]:
    """What an event says of a job."""
    told = {"kind": job.kind, "state": job.state, "step": job.step, "progress": job.progress, "attempt": job.attempts}
    return {**told, "error": job.error} if job.error else told


def _job(row: Row[Any]) -> Job:
    return Job(**row._mapping)
