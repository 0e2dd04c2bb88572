"""The states of a job under concurrency, lost leases and abandonment, on a real database."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from clientnest import jobs
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import BadInput, Conflict, NotFound, Unavailable
from tests.conftest import make_workspace

GONE = timedelta(seconds=-1)


@pytest.fixture(autouse=True)
def _empty(database: str) -> Iterator[None]:
    yield
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(text("TRUNCATE app.job CASCADE"))


def enqueue(workspace: UUID, kind: str = "import") -> UUID:
    with session.tenant(Role.ETL) as connection:
        return jobs.enqueue(connection, workspace, kind, {"n": 1})


def claim(lease: timedelta = jobs.LEASE) -> list[jobs.Job]:
    with session.tenant(Role.ETL) as connection:
        return jobs.claim(connection, lease=lease)


def as_api(workspace: UUID) -> AbstractContextManager[Connection]:
    return session.tenant(Role.API, workspace_id=workspace)


def events(job_id: UUID) -> list[str]:
    with session.tenant(Role.ETL) as connection:
        rows = connection.execute(text("SELECT kind FROM app.event WHERE subject_id = :id ORDER BY id"), {"id": job_id})
        return list(rows.scalars())


def test_a_job_goes_from_queued_to_done_and_every_change_is_an_event(workspace: UUID) -> None:
    job_id = enqueue(workspace)
    (job,) = claim()
    assert (job.id, job.state, job.attempts) == (job_id, "running", 1)
    with session.tenant(Role.ETL) as connection:
        jobs.start(connection, job.lease, "run-1")
        told = jobs.heartbeat(connection, job.lease, step="reading a.csv", progress=0.4)
        assert (told.step, told.progress, told.dagster_run_id) == ("reading a.csv", 0.4, "run-1")
        done = jobs.finish(connection, job.lease, {"imported": 1})
    assert (done.state, done.result, done.error, done.is_closed) == ("done", {"imported": 1}, None, True)
    assert events(job_id) == ["job.queued", "job.claimed", "job.started", "job.progress", "job.done"]


def test_two_sensors_at_once_never_claim_the_same_job(workspace: UUID) -> None:
    wanted = {enqueue(workspace) for _ in range(12)}
    with session.tenant(Role.ETL) as first:
        mine = {job.id for job in jobs.claim(first, limit=5)}
        others: list[set[UUID]] = []
        thread = threading.Thread(target=lambda: others.append({job.id for job in claim()}))
        thread.start()
        thread.join(10)
        assert others, "the second claim waited for the first"
    assert len(mine) == 5
    assert not mine & others[0]
    assert mine | others[0] == wanted


def test_an_attempt_whose_lease_ran_out_can_change_nothing_any_more(workspace: UUID) -> None:
    job_id = enqueue(workspace)
    (old,) = claim(GONE)
    with session.tenant(Role.ETL) as connection:
        (back,) = jobs.release_expired(connection)
    assert (back.id, back.state) == (job_id, "queued")
    (new,) = claim()
    assert new.attempts == 2
    for change in (
        lambda connection: jobs.heartbeat(connection, old.lease, step="still here"),
        lambda connection: jobs.finish(connection, old.lease, {}),
        lambda connection: jobs.fail(connection, old.lease, BadInput("no")),
    ):
        with pytest.raises(jobs.LostLease), session.tenant(Role.ETL) as connection:
            change(connection)
    with session.tenant(Role.ETL) as connection:
        assert jobs.finish(connection, new.lease, {}).state == "done"


def test_a_job_abandoned_three_times_fails_with_a_sentence(workspace: UUID) -> None:
    job_id = enqueue(workspace)
    for _ in range(jobs.MAX_ATTEMPTS):
        assert len(claim(GONE)) == 1
        with session.tenant(Role.ETL) as connection:
            (job,) = jobs.release_expired(connection)
    assert job.state == "failed"
    assert job.error is not None
    assert "interrupted 3 times" in job.error["message"]
    assert job.finished_at is not None
    assert not claim()
    assert events(job_id)[-1] == "job.failed"


def test_leases_of_jobs_that_wait_in_dagsters_queue_are_kept(workspace: UUID) -> None:
    enqueue(workspace)
    (job,) = claim(GONE)
    with session.tenant(Role.ETL) as connection:
        jobs.extend(connection, [job.lease])
        assert jobs.release_expired(connection) == []


def test_a_passing_error_gives_the_job_back_and_a_permanent_one_closes_it(workspace: UUID) -> None:
    enqueue(workspace)
    (job,) = claim()
    with session.tenant(Role.ETL) as connection:
        assert jobs.release(connection, job.lease, Unavailable("The database went away.")).state == "queued"
    (job,) = claim()
    with session.tenant(Role.ETL) as connection:
        failed = jobs.fail(connection, job.lease, BadInput("Row 3 is bad.", advice="Mend row 3."))
    assert failed.error == {
        "code": "bad-input", "message": "Row 3 is bad.", "advice": "Mend row 3.", "retryable": False, "details": {},
    }  # fmt: skip
    with pytest.raises(Conflict), session.tenant(Role.ETL) as connection:
        jobs.finish(connection, job.lease, {})


def test_one_training_waits_per_workspace_however_many_imports_ask(workspace: UUID) -> None:
    other = make_workspace()
    with session.tenant(Role.ETL) as connection:
        asked = [jobs.enqueue_once(connection, place, "learn", {}) for place in (workspace, workspace, other)]
    assert [job is not None for job in asked] == [True, False, True]
    assert len(claim()) == 2
    with session.tenant(Role.ETL) as connection:  # one runs on older numbers: another may wait behind it
        assert jobs.enqueue_once(connection, workspace, "learn", {}) is not None


def test_the_api_may_ask_for_work_and_look_but_not_claim_or_see_other_workspaces(workspace: UUID) -> None:
    other = make_workspace()
    with as_api(workspace) as connection:
        job_id = jobs.enqueue(connection, workspace, "import", {})
        assert jobs.get(connection, workspace, job_id).state == "queued"
    with pytest.raises(DBAPIError, match="row-level security"), as_api(workspace) as connection:
        jobs.enqueue(connection, other, "import", {})
    with pytest.raises(DBAPIError, match="permission denied"), as_api(workspace) as connection:
        jobs.claim(connection)
    with pytest.raises(NotFound), as_api(other) as connection:
        jobs.get(connection, workspace, job_id)


def test_a_job_rolled_back_with_its_transaction_was_never_asked_for(workspace: UUID) -> None:
    def ask_and_break() -> None:
        with session.tenant(Role.ETL) as connection:
            jobs.enqueue(connection, workspace, "import", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        ask_and_break()
    assert not claim()
