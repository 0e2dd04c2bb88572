"""A sliding window counter: two adjacent windows, of which the earlier counts for less the further it lies back.

It is what many services use: one small row per caller however high the limit. Over any one of its own windows it lets
no more through than the limit, and what is counted at any instant, the earlier window weighted by the share of it that
the sliding window still covers, never exceeds the limit.

Over any other stretch of a window's length it lets through up to twice the limit: all of it at the end of one window,
and as much again, evenly, over the next; over n windows at most n + 1 times. Whatever remembers two numbers does so, a
token bucket (GCRA) too, which fills up while it is emptied. Exactly the limit would take remembering every hit: at 600
a minute 600 instants for each caller, written anew with each request, and a program of ours in Redis. So limits are
chosen with the double in mind, and what matters in the long run is guarded by the day.
"""

from dataclasses import dataclass
from math import floor


@dataclass(frozen=True, slots=True)
class Window:
    """A counter at an instant: hits of the earlier and of the current window, and seconds left of the current one."""

    length: float
    previous: int
    current: int
    left: float

    @property
    def counted(self) -> int:
        """Hits that count at this instant."""
        return floor(self.previous * min(self.left / self.length, 1.0)) + self.current

    def seconds_until(self, limit: int, cost: int) -> float:
        """How long nobody may hit before `cost` fits under `limit`; 0 where it fits now.

        For more than the limit itself, which never fits: until nothing counts any more.
        """
        if self.counted + cost <= limit:
            return 0.0
        if self.current + cost <= limit:
            return max(self.left - self._share(limit - self.current - cost, self.previous), 0.0)
        if cost <= limit and self.current:
            return self.left + self.length - self._share(limit - cost, self.current)
        return self.left + self.length

    def _share(self, room: int, hits: int) -> float:
        """Seconds left of a window at which its predecessor's hits have just come down to what there is room for."""
        return min((room + 1) * self.length / hits, self.length)
