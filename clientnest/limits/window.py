"""A sliding window counter: two adjacent windows, of which the earlier counts for less the further it lies back.

It is what many services use: one small row per caller however high the limit. Over any one of its own windows it lets
no more through than the limit, and what is counted at any instant, the earlier window weighted by the share of it that
the sliding window still covers, never exceeds the limit.
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
