"""What an asset does with errors: only those that may pass are retried, and the job hears of the others at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from dagster import Failure, RetryRequested
from psycopg2 import OperationalError
from sqlalchemy.exc import OperationalError as EngineOperationalError

from clientnest.errors import ClientNestError, TransientError, Unavailable
from clientnest.jobs import LostLease

_RETRIES = 2
_WAIT = 3.0  # seconds before the first retry, doubled for the next


class _Context(Protocol):
    @property
    def retry_number(self) -> int: ...


class _Job(Protocol):
    def failed(self, error: ClientNestError) -> None: ...


@contextmanager
def explained(context: _Context, job: _Job | None = None) -> Iterator[None]:
    """Run an asset's work. Transient errors are retried, in this run first and then by another attempt at the job;
    permanent ones fail the run and the job with their message and advice."""
    try:
        yield
    except LostLease as error:
        raise Failure(error.message, allow_retries=False) from error
    except (TransientError, OperationalError, EngineOperationalError) as error:
        known = error if isinstance(error, TransientError) else _unavailable(error)
        if context.retry_number < _RETRIES:
            raise RetryRequested(_RETRIES, seconds_to_wait=_WAIT * 2**context.retry_number) from known
        raise _failure(known, job) from error
    except ClientNestError as error:
        raise _failure(error, job) from error


def _failure(error: ClientNestError, job: _Job | None) -> Failure:
    if job is not None:
        job.failed(error)
    metadata = {"code": error.code, "advice": error.advice or "none"}
    return Failure(error.message, metadata=metadata, allow_retries=False)


def _unavailable(error: BaseException) -> Unavailable:
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return Unavailable(f"The database went away: {said}", advice="It is tried again by itself.")
