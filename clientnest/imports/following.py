"""Waiting for a job that a service of ours works on, and noticing when nobody does."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg2
from sqlalchemy.exc import DBAPIError

from clientnest import jobs
from clientnest.db import session
from clientnest.db.roles import Database, Role
from clientnest.errors import Unavailable

_EVERY = 0.3  # seconds, as all that follow
_PATIENCE = 8.0  # a running service picks a job up within 5 s
_LONGEST = 40.0  # one that was killed a moment ago still looks alive
_OUTAGE = 60.0  # a database that restarts is back sooner
_STALE = timedelta(seconds=90)  # Dagster's daemons write a heartbeat every 30 s


@dataclass(frozen=True, slots=True)
class Seen:
    """A job at a moment. `unattended`: it waits, and no service is there to take it."""

    job: jobs.Job
    unattended: bool = False


def follow(workspace_id: UUID, job_id: UUID) -> Iterator[Seen]:
    """The job whenever something changed, until it is closed. Outlasts a restart of the database."""
    last: Seen | None = None
    queued_since: float | None = None
    while last is None or not last.job.is_closed:
        if last is not None:
            time.sleep(_EVERY)
        job = _look(workspace_id, job_id)
        if job.state != "queued":
            queued_since = None
        elif queued_since is None:
            queued_since = time.monotonic()
        seen = Seen(job, queued_since is not None and _is_unattended(time.monotonic() - queued_since))
        if seen != last:
            yield seen
        last = seen


def service_is_alive() -> bool:
    """Whether Dagster's daemon showed itself lately."""
    try:
        with session.etl(Database.DAGSTER, role=Role.DAGSTER) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT max(timestamp) FROM daemon_heartbeats WHERE daemon_type = 'SENSOR'")
            row = cursor.fetchone()
    except psycopg2.errors.UndefinedTable:
        return False  # it never ran here
    except Unavailable:
        return False
    seen: datetime | None = row[0] if row else None
    return seen is not None and datetime.now(UTC) - seen.replace(tzinfo=UTC) < _STALE


def _is_unattended(waited: float) -> bool:
    return waited > _LONGEST or (waited > _PATIENCE and not service_is_alive())


def _look(workspace_id: UUID, job_id: UUID) -> jobs.Job:
    give_up = time.monotonic() + _OUTAGE
    while True:
        try:
            with session.tenant(Role.ETL) as connection:
                return jobs.get(connection, workspace_id, job_id)
        except DBAPIError as error:
            if time.monotonic() > give_up:
                raise Unavailable(
                    "The database stopped answering while the import was under way.",
                    advice="Nothing is half-written. The import goes on when `make run` is up again.",
                ) from error
        time.sleep(_EVERY)
