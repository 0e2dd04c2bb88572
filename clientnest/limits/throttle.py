"""Slowing down whoever guesses: tries are counted before they are made, so that none slip through at once.

Longer windows allow less than shorter ones would add up to, so the wait grows with every ten tries: a quarter of an
hour, two hours, a day. What a window allows is counted as `clientnest.limits.window` says: over some stretches of its
length up to twice as much.
"""

from enum import StrEnum

from limits.errors import StorageError

from clientnest.errors import TransientError, Unavailable
from clientnest.limits import rates
from clientnest.log import get_logger

_log = get_logger(__name__)


class Throttle(StrEnum):
    """By what tries are counted."""

    ACCOUNT = "account"  # of whom something is guessed, from wherever: for what takes more than knowing their address
    PLACE = "place"  # of whom and from where: who guesses is slowed down there, and nobody elsewhere
    EVERYWHERE = "everywhere"  # of whom, by all places together that are not theirs (see clientnest.identity.guessing)
    ADDRESS = "address"  # from where: many people may share it


_BY_TENS = ("10/15 minutes", "20/2 hours", "40/day")
_RATES = {
    Throttle.ACCOUNT: _BY_TENS,
    Throttle.PLACE: _BY_TENS,
    Throttle.EVERYWHERE: ("100/day",),  # as NIST SP 800-63B has it
    Throttle.ADDRESS: ("50/15 minutes", "100/2 hours", "200/day"),
}
_FORGOTTEN = frozenset({Throttle.ACCOUNT, Throttle.PLACE})


class TooManyRequests(TransientError):
    """Somebody does something too often; `details["retry_after_seconds"]` says when it is possible again."""

    code = "too-many-requests"
    status = 429


def throttle(kind: Throttle, key: str) -> None:
    """Count a try before it is made, or raise `TooManyRequests` without making it.

    A try that then succeeds is given back with `forgive`. `Unavailable` where the counters do not answer: who guesses
    gains nothing from a slow database. Call it for whatever can be guessed; `key` says of whom (`mfa:PERSON`).
    """
    shortest, *longer = _RATES[kind]
    standings = rates.hit_each(_name(kind), key, [shortest])
    if longer and standings[0].allowed:  # a flood is refused by one row
        standings += rates.hit_each(_name(kind), key, longer)
    for number, standing in enumerate(standings):
        if standing.allowed:
            continue
        # A try that is not made uses up nothing of longer windows than the one that refused it.
        after = zip(_RATES[kind][number:], standings[number:], strict=False)
        if given := [rate for rate, one in after if one.allowed]:
            rates.hit_each(_name(kind), key, given, cost=-1)
        raise TooManyRequests(
            "This was tried too often.",
            advice=f"Try again in {_duration(standing.reset_after_seconds)}.",
            details={"retry_after_seconds": standing.reset_after_seconds},
        )


def forgive(kind: Throttle, key: str) -> None:
    """Say that the try succeeded: those of an account are forgotten, an address gets this one back, and so does the
    account from everywhere.

    They keep the others, or who guesses could begin anew whenever somebody signs in, to an account of their own say.
    """
    try:
        if kind in _FORGOTTEN:
            rates.clear(_name(kind), key, _RATES[kind])
        else:
            rates.hit_each(_name(kind), key, _RATES[kind], cost=-1)
    except (StorageError, Unavailable):
        _log.warning("tries are not forgotten", kind=kind.value)


def forget(kind: Throttle, key: str) -> None:
    """Begin to count anew: something better than the right guess proved who somebody is."""
    try:
        rates.clear(_name(kind), key, _RATES[kind])
    except StorageError:
        _log.warning("tries are not forgotten", kind=kind.value)


def _name(kind: Throttle) -> str:
    return f"throttle-{kind.value}"


def _duration(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 90 * 60 else f"{seconds / 3600:.0f} hours"
