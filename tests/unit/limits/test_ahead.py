"""Counting ahead: many processes ask seldom, and what they let through together stays near the limit."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from clientnest.limits import Standing
from clientnest.limits.ahead import FRESH_SECONDS, REFUSED_SECONDS, SHARE, Ahead

CALLER = ("person", "somebody", "100/minute")


class Counter:
    """Shared counters of one window that never ends, and the clock of those who ask."""

    def __init__(self, limit: int) -> None:
        self.limit, self.counted, self.asked, self.now = limit, 0, 0, 0.0

    def ask(self, _name: str, _key: str, _rate: str, cost: int) -> Standing:
        self.asked += 1
        allowed = self.counted + cost <= self.limit
        self.counted += cost if allowed else 0
        return Standing(allowed, self.limit, self.limit - self.counted, 60, 30)


def processes(counter: Counter, number: int) -> list[Callable[[], Standing]]:
    def hitting(ahead: Ahead) -> Callable[[], Standing]:
        return lambda: ahead.try_alone(*CALLER) or ahead.hit(*CALLER)

    return [hitting(Ahead(counter.ask, lambda: counter.now)) for _ in range(number)]


@given(
    limit=st.integers(1, 200),
    hits=st.lists(st.tuples(st.integers(0, 3), st.floats(0, 8)), max_size=300),
)
def test_together_they_let_through_little_more_than_the_limit(limit: int, hits: list[tuple[int, float]]) -> None:
    counter = Counter(limit)
    several = processes(counter, 4)
    allowed = 0
    for which, pause in hits:
        counter.now += pause
        allowed += several[which]().allowed
    assert allowed <= limit + 4 * limit / SHARE
    if len(hits) >= limit:
        assert allowed >= limit * (1 - 1 / SHARE) - 1


def test_a_small_limit_is_exact_and_every_hit_is_a_question() -> None:
    counter = Counter(SHARE)
    first, second = processes(counter, 2)
    assert [(first if n % 2 else second)().allowed for n in range(SHARE + 1)] == [True] * SHARE + [False]


def test_who_asks_often_costs_few_questions_and_is_told_how_they_stand() -> None:
    counter = Counter(10_000)
    (hit,) = processes(counter, 1)
    stood = [hit() for _ in range(500)]
    assert counter.asked == 1
    assert [standing.remaining for standing in stood] == [10_000 - n for n in range(1, 501)]
    counter.now += FRESH_SECONDS
    assert hit().remaining == 10_000 - 501
    assert (counter.asked, counter.counted) == (2, 501)


def test_who_was_refused_is_refused_again_without_a_question() -> None:
    counter = Counter(0)
    (hit,) = processes(counter, 1)
    assert [hit().allowed for _ in range(5)] == [False] * 5
    assert counter.asked == 1
    counter.limit, counter.now = 5, REFUSED_SECONDS
    assert hit().allowed
