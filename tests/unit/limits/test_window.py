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
