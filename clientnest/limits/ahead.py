"""Counting ahead of the shared counters, so that somebody who asks often does not cost a question each time.

A process may let a caller through on its own account when it has asked the shared counters in the last few seconds, and
as long as what it has not told them yet is no more than a tenth of what they said remained; what it owes is told with
the next question. Near a limit, and for whoever asks seldom, every hit is a question and the limit is exact; otherwise
each process lets through at most a tenth more of what remained.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from threading import Lock

from clientnest.limits.rates import Standing, hit

FRESH_SECONDS = 5.0
REFUSED_SECONDS = 1.0  # who was refused is let in again as soon as may be
SHARE = 10
_MOST_REMEMBERED = 50_000
Key = tuple[str, str, str]


@dataclass(slots=True)
class _Known:
    """What the shared counters last said, when, and how many hits they have not been told of."""

    standing: Standing
    asked_at: float
    owed: int = 0


class Ahead:
    """The hits of one process. `ask` and `now` are the shared counters and the clock."""

    def __init__(
        self, ask: Callable[[str, str, str, int], Standing] = hit, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._now = now
        self._known: OrderedDict[Key, _Known] = OrderedDict()
        self._lock = Lock()

    def try_alone(self, name: str, key: str, rate: str) -> Standing | None:
        """Count a hit without asking anybody, where that is allowed; None where `hit` has to be asked."""
        with self._lock:
            known = self._known.get((name, key, rate))
            if known is None:
                return None
            passed = self._now() - known.asked_at
            standing = known.standing
            if passed >= (FRESH_SECONDS if standing.allowed else REFUSED_SECONDS) or not standing.counted:
                return None
            left = max(ceil(standing.reset_after_seconds - passed), 0)
            if not standing.allowed:
                return replace(standing, reset_after_seconds=max(left, 1))
            if SHARE * (known.owed + 1) > standing.remaining:
                return None
            known.owed += 1
            return replace(standing, remaining=standing.remaining - known.owed, reset_after_seconds=left)

    def hit(self, name: str, key: str, rate: str) -> Standing:
        """Count a hit with the shared counters, and tell them what they are owed."""
        place = (name, key, rate)
        with self._lock:
            known = self._known.get(place)
            owed = known.owed if known else 0
            if known:
                known.owed = 0  # others who ask meanwhile owe nothing of it
        standing = self._ask(name, key, rate, owed + 1)
        if owed and not standing.allowed:
            # Together they do not fit; those let through were let through. What is asked is whether one more fits.
            standing = self._ask(name, key, rate, 1)
        with self._lock:
            self._known[place] = _Known(standing, self._now())
            self._known.move_to_end(place)
            if len(self._known) > _MOST_REMEMBERED:
                self._known.popitem(last=False)
        return standing
