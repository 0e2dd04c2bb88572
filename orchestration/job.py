"""The link between a Dagster run and the row of `app.job` it works for."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from dagster import ConfigurableResource, InitResourceContext
from pydantic import PrivateAttr
from sqlalchemy.exc import DBAPIError

from clientnest import jobs, log
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import ClientNestError
from clientnest.jobs import Job, Lease, LostLease

JOB_TAG, WORKSPACE_TAG, ATTEMPT_TAG, KIND_TAG = (
    "clientnest/job", "clientnest/workspace", "clientnest/attempt", "clientnest/kind",
)  # fmt: skip
_HEARTBEAT = 10.0  # seconds; the lease is six times as long
_TELL_EVERY = 0.4  # seconds between two notes of progress

_logger = log.get_logger(__name__)


def tags_of(job: Job) -> dict[str, str]:
    """What a run carries to find its job again."""
    return {
        JOB_TAG: str(job.id),
        WORKSPACE_TAG: str(job.workspace_id),
        ATTEMPT_TAG: str(job.attempts),
        KIND_TAG: job.kind,
    }


def lease_of(tags: Mapping[str, str]) -> Lease | None:
    """The lease a run was started with; None for runs that work for no job."""
    if JOB_TAG not in tags:
        return None
    return Lease(UUID(tags[WORKSPACE_TAG]), UUID(tags[JOB_TAG]), int(tags[ATTEMPT_TAG]))


class JobInHand(ConfigurableResource):  # type: ignore[type-arg]
    """The job of this run, its lease kept by a thread while the run lives. Without a job every report goes nowhere.

    `days` are the days of `captured_at` that the run touched, for the assets after the one that knows.
    """

    _job: Job | None = PrivateAttr(default=None)
    _told: float = PrivateAttr(default=0.0)
    _lost: threading.Event = PrivateAttr(default_factory=threading.Event)
    _days: frozenset[date] = PrivateAttr(default=frozenset())
    _result: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def job(self) -> Job | None:
        return self._job

    @property
    def days(self) -> frozenset[date]:
        return self._days

    def brought(self, days: frozenset[date], result: Mapping[str, Any]) -> None:
        """Keep what the first asset of the run knows for those after it."""
        self._days, self._result = days, result

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Iterator["JobInHand"]:
        lease = lease_of(context.run.tags) if context.run else None
        if lease is None or context.run is None:
            yield self
            return
        with session.tenant(Role.ETL) as connection:
            self._job = jobs.start(connection, lease, context.run.run_id)
        ended = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(lease, ended), name="lease", daemon=True)
        keeper.start()
        try:
            yield self
        finally:
            ended.set()
            keeper.join()

    def tell(self, step: str, progress: float) -> None:
        """Say what is being done and how far it is, from 0 to 1; `LostLease` where the job is no longer this run's."""
        if self._job is None:
            return
        self._check()
        now = time.monotonic()
        if now - self._told < _TELL_EVERY:
            return
        self._told = now
        with session.tenant(Role.ETL) as connection:
            jobs.heartbeat(connection, self._job.lease, step=step, progress=progress)

    def done(self, *, then: str | None = None) -> None:
        """Close the job with what it brought; with `then`, queue a job of that kind in the same transaction."""
        if self._job is None or self._job.is_closed:
            return
        self._check()
        with session.tenant(Role.ETL) as connection:
            self._job = jobs.finish(connection, self._job.lease, self._result)
            if then is not None:
                jobs.enqueue_once(connection, self._job.workspace_id, then, {})

    def failed(self, error: ClientNestError) -> None:
        """Close the job with what went wrong; where trying again may help and tries are left, give it back instead."""
        if self._job is None or self._job.is_closed:
            return
        end = jobs.release if error.retryable else jobs.fail
        try:
            with session.tenant(Role.ETL) as connection:
                self._job = end(connection, self._job.lease, error)
        except (DBAPIError, LostLease) as reason:
            _logger.warning("job left to its lease", job=str(self._job.id), reason=str(reason))

    def _check(self) -> None:
        if self._lost.is_set() and self._job is not None:
            raise LostLease(f"Job {self._job.id} was given to another attempt; this run stops.")

    def _keep(self, lease: Lease, ended: threading.Event) -> None:
        while not ended.wait(_HEARTBEAT):
            try:
                with session.tenant(Role.ETL) as connection:
                    jobs.heartbeat(connection, lease)
            except LostLease:
                if self._job is not None and not self._job.is_closed:
                    self._lost.set()
                return
            except DBAPIError as error:
                _logger.warning("no heartbeat", job=str(lease.job_id), reason=str(error.orig))
