"""Small parts that decide: which errors are retried, which days are noted, which run a job becomes."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
from dagster import Failure, RetryRequested
from hypothesis import given
from hypothesis import strategies as st

from clientnest.errors import BadInput, ClientNestError, Unavailable
from clientnest.jobs import Job, LostLease
from orchestration import days, launch
from orchestration.dbt import Dbt, conclude, is_passing
from orchestration.failures import explained
from orchestration.job import lease_of, tags_of


class Context:
    def __init__(self, retry_number: int = 0) -> None:
        self.retry_number = retry_number


class Told:
    def __init__(self) -> None:
        self.errors: list[ClientNestError] = []

    def failed(self, error: ClientNestError) -> None:
        self.errors.append(error)


def fail(error: Exception, retry_number: int = 0) -> Told:
    told = Told()
    with explained(Context(retry_number), told):
        raise error
    return told


def job(kind: str = "import", **params: str) -> Job:
    now = datetime.now(UTC)
    return Job(uuid4(), uuid4(), kind, "running", params, None, 0.0, None, None, None, 2, None, now, now, None)


@pytest.mark.parametrize("error", [Unavailable("away"), psycopg2.OperationalError("server closed the connection")])
def test_what_may_pass_is_tried_again_later_and_later_and_then_left_to_another_attempt(error: Exception) -> None:
    waits = []
    for number in (0, 1):
        with pytest.raises(RetryRequested) as asked:
            fail(error, number)
        waits.append(asked.value.seconds_to_wait)
    assert waits[0] < waits[1]
    told = Told()
    with pytest.raises(Failure) as failure, explained(Context(2), told):
        raise error
    assert not failure.value.allow_retries
    assert [known.retryable for known in told.errors] == [True]


def test_what_cannot_pass_fails_the_run_and_the_job_at_once_with_the_advice() -> None:
    told = Told()
    with pytest.raises(Failure) as failure, explained(Context(), told):
        raise BadInput("Row 3 has no date.", advice="Say --captured-at.")
    assert not failure.value.allow_retries
    assert failure.value.description == "Row 3 has no date."
    assert [error.message for error in told.errors] == ["Row 3 has no date."]


def test_a_run_that_lost_its_job_ends_without_touching_it() -> None:
    told = Told()
    with pytest.raises(Failure) as failure, explained(Context(), told):
        raise LostLease("Another attempt has it.")
    assert not failure.value.allow_retries
    assert told.errors == []


def test_errors_nobody_foresaw_are_not_dressed_up() -> None:
    told = Told()
    with pytest.raises(ZeroDivisionError), explained(Context(), told):
        _ = 1 / 0
    assert told.errors == []


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_runs_range_always_consists_of_days_that_exist(one: date, other: date) -> None:
    tags = days.range_tags(min(one, other), max(one, other))
    first, last = tags["dagster/asset_partition_range_start"], tags["dagster/asset_partition_range_end"]
    assert first <= last
    assert days.DAYS.has_partition_key(first)
    assert days.DAYS.has_partition_key(last)


def test_a_job_becomes_one_run_over_its_range_and_an_attempt_never_two() -> None:
    imported = job(captured_from="2019-12-31T23:30:00-01:00", captured_to="2020-02-01T00:00:00+00:00")
    request = launch.run_request(imported)
    assert (request.run_key, request.job_name) == (f"{imported.id}-2", "load")
    assert request.tags["dagster/asset_partition_range_start"] == "2020-01-01"
    assert request.tags["dagster/asset_partition_range_end"] == "2020-02-01"
    assert lease_of(request.tags) == imported.lease
    assert launch.run_request(job("learn")).job_name == "learn"
    assert lease_of({}) is None
    assert tags_of(imported).keys() <= request.tags.keys()


def test_imports_go_before_simulations_and_trainings_last() -> None:
    priority = [int(launch.run_request(job(kind)).tags["dagster/priority"]) for kind in ("import", "simulate", "learn")]
    assert priority == sorted(priority, reverse=True)


@pytest.mark.parametrize(
    ("said", "passing"),
    [
        ('connection to server on socket "/tmp/x/.s.PGSQL.5432" failed: No such file or directory', True),
        ("server closed the connection unexpectedly", True),
        ("FATAL: terminating connection due to administrator command", True),
        ("FATAL: the database system is starting up", True),
        ("deadlock detected\nDETAIL: Process 1 waits for ShareLock", True),
        ('relation "raw.post_snapshot_kept" does not exist', False),
        ("Failure in test not_null_dim_post_post_id: Got 3 results, configured to fail if != 0", False),
        ("could not resize shared memory segment: No space left on device", False),
    ],
)
def test_dbts_errors_are_told_apart(said: str, passing: bool) -> None:
    assert is_passing(said) is passing


def test_a_build_that_finds_no_database_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENTNEST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLIENTNEST_DATABASE_URL", "postgresql://somebody:secret@127.0.0.1:1/clientnest")
    invocation = Dbt.of_project().cli(["build"], target_path=tmp_path / "target", raise_on_error=False)
    with pytest.raises(Unavailable, match="does not answer"):
        conclude(invocation)


def test_the_last_partition_is_today() -> None:
    assert days.DAYS.get_last_partition_key() == days.today().isoformat()
    assert days.DAYS.has_partition_key((days.today() - timedelta(days=1)).isoformat())
