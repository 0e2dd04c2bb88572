"""What a sliding window says of waiting, and which addresses count as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientnest.limits import network_of
from clientnest.limits.window import Window


def _after(window: Window, seconds: float) -> Window:
    """The same counter later, without another hit."""
    age = window.length - window.left + seconds
    if age < window.length:
        return Window(window.length, window.previous, window.current, window.length - age)
    if age < 2 * window.length:
        return Window(window.length, window.current, 0, 2 * window.length - age)
    return Window(window.length, 0, 0, window.length)


@given(
    length=st.integers(1, 86_400),
    limit=st.integers(1, 1000),
    cost=st.integers(1, 20),
    share=st.floats(0, 1),
    hits=st.tuples(st.integers(0, 1000), st.integers(0, 1000)),
)
def test_waiting_as_long_as_told_is_long_enough_and_no_longer_than_needed(
    length: int, limit: int, cost: int, share: float, hits: tuple[int, int]
) -> None:
    window = Window(length, min(hits[0], limit), min(hits[1], limit), share * length)
    wait = window.seconds_until(limit, cost)
    fits_now = window.counted + cost <= limit
    if fits_now:
        assert wait == 0
    elif cost > limit:
        assert wait == window.left + length
    else:
        moment = length * 1e-6
        assert _after(window, wait + moment).counted + cost <= limit
        assert _after(window, max(wait - moment, 0)).counted + cost > limit


class _Counter:
    """A counter as the stores keep it, with a clock of its own."""

    def __init__(self, limit: int, length: int) -> None:
        self.limit, self.window, self.at = limit, Window(length, 0, 0, length), 0.0

    def hit(self, at: float) -> bool:
        self.window, self.at = _after(self.window, at - self.at), at
        if self.window.counted + 1 > self.limit:
            return False
        self.window = Window(self.window.length, self.window.previous, self.window.current + 1, self.window.left)
        return True


@given(limit=st.integers(1, 20), waits=st.lists(st.floats(0, 40), min_size=1, max_size=120))
def test_over_any_stretch_of_its_length_it_lets_through_at_most_twice_the_limit(limit: int, waits: list[float]) -> None:
    counter, at, through = _Counter(limit, 60), 0.0, []
    for wait in waits:
        at += wait
        through += [at for _ in range(3) if counter.hit(at)]
    for first in through:
        assert sum(first <= one < first + 60 for one in through) <= 2 * limit


def test_somebody_who_times_it_gets_through_that_much() -> None:
    counter = _Counter(10, 60)
    counter.hit(0)
    through = sum(counter.hit(59.9) for _ in range(20)) + sum(counter.hit(60 + tenth / 10) for tenth in range(599))
    assert through == 19


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"), ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"), ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "unknown"), ("", "unknown"), ("203.0.113.9.1", "unknown"),
    ],
)  # fmt: skip
def test_an_address_counts_under_the_network_that_one_caller_has(address: str, network: str) -> None:
    assert network_of(address) == network
