"""Rate limits that all processes share: counted in Redis where CLIENTNEST_RATE_LIMIT_URL names one, else in Postgres.

Keys are stored as keyed hashes: who reads the counters learns nobody's address or name.
"""

import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import ceil, floor
from threading import Lock

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import SlidingWindowCounterSupport, Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from clientnest import secrets, settings
from clientnest.errors import Unavailable
from clientnest.limits.postgres import PATIENCE_MILLISECONDS, SCHEME, PostgresStorage, Wanted
from clientnest.limits.window import Window
from clientnest.log import get_logger

_log = get_logger(__name__)
_REST_SECONDS = 1.0  # how long nobody is kept waiting again for counters that have just not answered


@dataclass(frozen=True, slots=True)
class Standing:
    """What a hit was told. `window_seconds` is the length of the limit's window.

    `reset_after_seconds`: where it was allowed, until the current window ends; where not, until it would be.
    `counted`: false where the counters did not answer, and nothing is known but the limit.
    """

    allowed: bool
    limit: int
    remaining: int
    window_seconds: int
    reset_after_seconds: int
    counted: bool = True


class _Rest:
    """Remembers for a moment that the counters did not answer, so that requests are not held up one after another."""

    def __init__(self) -> None:
        self._until = 0.0
        self._lock = Lock()

    def is_on(self) -> bool:
        return time.monotonic() < self._until

    def begin(self) -> bool:
        """Whether this is the first to say so."""
        with self._lock:
            first = not self.is_on()
            self._until = time.monotonic() + _REST_SECONDS
            return first


_rest = _Rest()


def hit(name: str, key: str, rate: str, cost: int = 1, *, fail_open: bool = True) -> Standing:
    """Count one thing that `key` does, of the kind `name`, under a rate such as `600/minute`.

    A negative `cost` gives back. Where the counters do not answer in a quarter of a second, `fail_open` decides: lets
    it through and logs a warning, or raises `Unavailable`. `ValueError` for a rate that is none.
    """
    if not fail_open:
        return hit_each(name, key, [rate], cost)[0]
    if _rest.is_on():
        return _unknown(rate)
    try:
        return _counted(name, key, [rate], cost)[0]
    except StorageError as error:
        if _rest.begin():
            _log.warning("rate limits are not counted", limit=name, error=type(error.__cause__ or error).__name__)
        return _unknown(rate)


def hit_each(name: str, key: str, rates: Sequence[str], cost: int = 1) -> list[Standing]:
    """Count one thing under several rates, each for itself, in one question. `Unavailable` where it is not answered."""
    try:
        return _counted(name, key, rates, cost)
    except StorageError as error:
        raise Unavailable(
            "It cannot be checked at this moment how often this was tried.", advice="Try again in a few seconds."
        ) from error


def clear(name: str, key: str, rates: Sequence[str]) -> None:
    """Forget what was counted. `StorageError` where the counters do not answer."""
    storage, stored = _storage_in_use(), stored_key(name, key)
    if isinstance(storage, PostgresStorage):
        storage.clear(*(_item(rate).key_for(name, stored) for rate in rates))
        return
    for rate in rates:
        SlidingWindowCounterRateLimiter(storage).clear(_item(rate), name, stored)


def stored_key(name: str, key: str) -> str:
    """What is stored for a key: HMAC-SHA256 under a key of this purpose, derived from the installation's token key."""
    return hmac.digest(
        secrets.purpose_key("rate limits"), f"{name}\0{key}".encode("utf-8", "surrogatepass"), "sha256"
    ).hex()


def _counted(name: str, key: str, rates: Sequence[str], cost: int) -> list[Standing]:
    items, stored = [_item(rate) for rate in rates], stored_key(name, key)
    answers = _taken(_storage_in_use(), items, name, stored, cost)
    return [_standing(item, cost, allowed, window) for item, (allowed, window) in zip(items, answers, strict=True)]


def _taken(
    storage: Storage, items: Sequence[RateLimitItem], name: str, key: str, cost: int
) -> list[tuple[bool, Window]]:
    if isinstance(storage, PostgresStorage):
        return storage.take(*(Wanted(item.key_for(name, key), item.amount, item.get_expiry(), cost) for item in items))
    assert isinstance(storage, SlidingWindowCounterSupport)  # noqa: S101  # Redis in all its forms does
    taken = []
    for item in items:
        allowed = SlidingWindowCounterRateLimiter(storage).hit(item, name, key, cost=cost)
        previous, _, current, ends = storage.get_sliding_window(item.key_for(name, key), item.get_expiry())
        # Kept for one window longer than it is the current one.
        taken.append((allowed, Window(item.get_expiry(), previous, current, max(ends - item.get_expiry(), 0.0))))
    return taken


def _standing(item: RateLimitItem, cost: int, allowed: bool, window: Window) -> Standing:
    wait = window.seconds_until(item.amount, cost) if not allowed else window.left
    return Standing(
        allowed=allowed,
        limit=item.amount,
        remaining=max(item.amount - window.counted, 0),
        window_seconds=item.get_expiry(),
        reset_after_seconds=ceil(wait) if allowed else floor(wait) + 1,  # never a moment too early
    )


def _unknown(rate: str) -> Standing:
    item = _item(rate)
    return Standing(True, item.amount, item.amount, item.get_expiry(), 0, counted=False)


@lru_cache(maxsize=1024)
def _item(rate: str) -> RateLimitItem:
    return parse(rate)


def _storage_in_use() -> Storage:
    url = settings.limits().rate_limit_url
    return _storage(url.get_secret_value() if url else f"{SCHEME}://")


@cache
def _storage(url: str) -> Storage:
    patience: dict[str, float | str | bool] = {}
    if not url.startswith(SCHEME):
        seconds = PATIENCE_MILLISECONDS / 1000
        patience = {"socket_timeout": seconds, "socket_connect_timeout": seconds, "key_prefix": "clientnest"}
    made = storage_from_string(url, wrap_exceptions=True, **patience)
    assert isinstance(made, Storage)  # noqa: S101  # asked for by a scheme that is not asynchronous
    return made
