"""Slowing down whoever guesses: tries are counted per account and per address before they are made.

Longer windows allow less than shorter ones would add up to, so the wait grows with every ten tries: a quarter of an
hour, two hours, a day. Counting beforehand leaves no gap for tries that are made all at once.
"""

from enum import StrEnum

from limits.errors import StorageError

from clientnest.errors import TransientError
from clientnest.limits import rates
from clientnest.log import get_logger

_log = get_logger(__name__)


class Throttle(StrEnum):
    """By what tries are counted."""

    ACCOUNT = "account"  # the address that somebody signs in with, whether anybody has it or not
    ADDRESS = "address"  # where they come from: many people may share one


_RATES = {
    Throttle.ACCOUNT: ("10/15 minutes", "20/2 hours", "40/day"),
    Throttle.ADDRESS: ("50/15 minutes", "100/2 hours", "200/day"),
}


class TooManyRequests(TransientError):
    """Somebody does something too often; `details["retry_after_seconds"]` says when it is possible again."""

    code = "too-many-requests"
    status = 429


def throttle(kind: Throttle, key: str) -> None:
    """Count a try before it is made, or raise `TooManyRequests` without making it.

    A try that then succeeds is given back with `forgive`. `Unavailable` where the counters do not answer: who guesses
    gains nothing from a slow database. Call it for whatever can be guessed; `key` says of whom (`mfa:PERSON`).
    """
    for rate in _RATES[kind]:  # the shortest first: what it refuses uses up nothing of the longer ones
        standing = rates.hit(_name(kind), key, rate, fail_open=False)
        if not standing.allowed:
            raise TooManyRequests(
                "This was tried too often.",
                advice=f"Try again in {_duration(standing.reset_after_seconds)}.",
                details={"retry_after_seconds": standing.reset_after_seconds},
            )


def forgive(kind: Throttle, key: str) -> None:
    """Say that the try succeeded: an account's tries are forgotten, an address gets this one back.

    An address keeps the others, or who guesses could begin anew by signing in to an account of their own.
    """
    try:
        for rate in _RATES[kind]:
            if kind is Throttle.ACCOUNT:
                rates.clear(_name(kind), key, rate)
            else:
                rates.hit(_name(kind), key, rate, cost=-1)
    except StorageError:
        _log.warning("tries are not forgotten", kind=kind.value)


def _name(kind: Throttle) -> str:
    return f"throttle-{kind.value}"


def _duration(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 90 * 60 else f"{seconds / 3600:.0f} hours"
