"""From a job to the run that does it."""

from datetime import UTC, date, datetime

from dagster import RunRequest

from clientnest.jobs import Job
from orchestration import days
from orchestration.job import tags_of

LOAD, LEARN = "load", "learn"
_RUNS = {"import": LOAD, "simulate": LOAD, "learn": LEARN}
_PRIORITY = {"import": "10", "simulate": "5", "learn": "-10"}
KINDS = tuple(_RUNS)


def run_request(job: Job) -> RunRequest:
    """One run over the range of days the job is about; the same attempt never gets two."""
    first, last = _range(job)
    return RunRequest(
        run_key=f"{job.id}-{job.attempts}",
        job_name=_RUNS[job.kind],
        tags={**tags_of(job), **days.range_tags(first, last), "dagster/priority": _PRIORITY[job.kind]},
    )


def _range(job: Job) -> tuple[date, date]:
    """The days of `captured_at` as far as known before the work; today where nothing is known."""
    said = [job.params.get(name) for name in ("captured_from", "captured_to")]
    first, last = (datetime.fromisoformat(moment).astimezone(UTC).date() if moment else days.today() for moment in said)
    return first, last
