"""Rate limits on real stores: how many are let through, by whom, when, and what happens where nobody counts."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from math import floor

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from structlog.testing import capture_logs

import clientnest.settings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.urls import administrator
from clientnest.errors import ConfigurationError, Unavailable
from clientnest.ids import new_id
from clientnest.limits import Standing, Throttle, TooManyRequests, forgive, hit, rates, throttle
from clientnest.limits.postgres import PostgresStorage
from clientnest.log import get_logger
from tests.integration.limits.conftest import Clock


class _Reference:
    """The sliding window counter as its definition says, in exact fractions."""

    def __init__(self, limit: int, length: int) -> None:
        self.limit, self.length = limit, length
        self.hits: list[tuple[int, int]] = []  # what was let through: when, how much
        self.start: int | None = None

    def hit(self, at: int, cost: int) -> tuple[bool, int]:
        if self.start is None or at - self.start >= 2 * self.length:
            self.start = at
        elif at - self.start >= self.length:
            self.start += self.length
        start = self.start
        current = sum(n for when, n in self.hits if start <= when)
        previous = sum(n for when, n in self.hits if start - self.length <= when < start)
        counted = floor(previous * (1 - Fraction(at - start, self.length))) + current
        allowed = counted + cost <= self.limit
        if allowed:
            self.hits.append((at, cost))
        return allowed, self.limit - counted - (cost if allowed else 0)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.integers(1, 12),
    steps=st.lists(st.tuples(st.integers(0, 150), st.integers(1, 4)), min_size=1, max_size=30),
)
def test_postgres_lets_through_exactly_what_the_definition_does(
    clock: Clock, limit: int, steps: list[tuple[int, int]]
) -> None:
    key, reference, at = str(new_id()), _Reference(limit, 60), 0
    for forward, cost in steps:
        at += forward
        clock.forward(forward)
        standing = hit("test", key, f"{limit}/minute", cost)
        assert (standing.allowed, standing.remaining) == reference.hit(at, cost)
        in_this_window = sum(n for when, n in reference.hits if reference.start is not None and when >= reference.start)
        assert in_this_window <= limit
        if not standing.allowed and cost <= limit:
            clock.forward(standing.reset_after_seconds)
            at += standing.reset_after_seconds
            assert hit("test", key, f"{limit}/minute", cost).allowed
            assert reference.hit(at, cost)[0]


def test_of_many_at_once_exactly_the_limit_gets_through(store: str) -> None:
    key, together = str(new_id()), threading.Barrier(8)

    def many(_: int) -> list[Standing]:
        together.wait()
        return [hit("test", key, "50/hour", fail_open=False) for _ in range(25)]

    with ThreadPoolExecutor(8) as threads:
        told = [standing for part in threads.map(many, range(8)) for standing in part]
    assert sum(standing.allowed for standing in told) == 50
    refused = [standing for standing in told if not standing.allowed]
    assert {(standing.limit, standing.remaining, standing.window_seconds) for standing in refused} == {(50, 0, 3600)}
    assert all(3590 <= standing.reset_after_seconds <= 3601 for standing in refused)


def test_names_keys_and_rates_are_counted_apart_and_cost_can_be_given_back(store: str) -> None:
    key = str(new_id())
    assert hit("test", key, "3/hour", 3).remaining == 0
    assert not hit("test", key, "3/hour").allowed
    assert hit("other", key, "3/hour").allowed
    assert hit("test", str(new_id()), "3/hour").allowed
    assert hit("test", key, "4/hour").allowed
    assert hit("test", key, "3/hour", -1).remaining == 1
    assert [hit("test", key, "3/hour").allowed for _ in range(2)] == [True, False]
    assert not hit("test", str(new_id()), "3/hour", 4).allowed, "more than the limit never fits"


def test_fixed_windows_begin_with_their_first_hit(clock: Clock) -> None:
    storage, key = PostgresStorage(), str(new_id())
    assert [storage.incr(key, 60), storage.incr(key, 60, 4)] == [1, 5]
    clock.forward(59)
    assert (storage.incr(key, 60), storage.get(key)) == (6, 6)
    assert storage.get_expiry(key) == clock.now.timestamp() + 1
    clock.forward(1)
    assert (storage.get(key), storage.incr(key, 60)) == (0, 1)
    storage.clear(key)
    assert storage.get(key) == 0
    assert storage.check()


def test_an_account_waits_longer_the_oftener_it_is_tried(clock: Clock) -> None:
    who = f"{new_id()}@example.org"

    def tries() -> tuple[int, int]:
        for number in range(100):
            try:
                throttle(Throttle.ACCOUNT, who)
            except TooManyRequests as refused:
                return number, refused.details["retry_after_seconds"]
        raise AssertionError("nothing ever refused them")

    assert tries() == (10, 901)  # as soon as the ten no longer count fully
    clock.forward(1800)
    assert tries() == (10, 901)
    clock.forward(1800)
    made, wait = tries()
    assert made == 0
    assert wait > 3600
    clock.forward(wait)
    assert tries()[0] == 1


def test_who_signs_in_is_forgiven_and_their_address_for_that_try_only(store: str) -> None:
    who, where = f"{new_id()}@example.org", f"203.0.113.{new_id()}"
    for _ in range(10):
        throttle(Throttle.ACCOUNT, who)
    with pytest.raises(TooManyRequests, match="too often") as refused:
        throttle(Throttle.ACCOUNT, who)
    assert (refused.value.status, refused.value.retryable) == (429, True)
    assert 890 <= refused.value.details["retry_after_seconds"] <= 901
    forgive(Throttle.ACCOUNT, who)
    for _ in range(10):
        throttle(Throttle.ACCOUNT, who)

    for _ in range(50):
        throttle(Throttle.ADDRESS, where)
    forgive(Throttle.ADDRESS, where)
    throttle(Throttle.ADDRESS, where)
    with pytest.raises(TooManyRequests):
        throttle(Throttle.ADDRESS, where)


def test_of_many_tries_at_once_exactly_ten_are_made_and_none_waits_for_another_for_ever(store: str) -> None:
    who, together = f"{new_id()}@example.org", threading.Barrier(8)

    def made(_: int) -> int:
        together.wait()
        done = 0
        for _ in range(5):
            try:
                throttle(Throttle.ACCOUNT, who)
            except TooManyRequests:
                continue
            done += 1
        return done

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(made, range(8))) == 10


def test_no_stored_key_tells_whose_it_is(database: str) -> None:
    throttle(Throttle.ACCOUNT, "somebody.special@example.org")
    hit("person", "somebody.special@example.org", "5/minute")
    with session.tenant(Role.MIGRATE) as connection:
        kept = connection.execute(text("SELECT string_agg(c::text, ' ') FROM app.rate_counter c")).scalar_one()
    assert "throttle-account" in kept
    assert "special" not in kept


def _frozen(key_like: str) -> tuple[threading.Thread, threading.Event]:
    """Somebody holds the counters until the event: a statement on them waits."""
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with session.tenant(Role.MIGRATE) as connection:
            connection.execute(text("SELECT FROM app.rate_counter WHERE key LIKE :key FOR UPDATE"), {"key": key_like})
            holding.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait()
    return thread, done


def test_a_database_that_does_not_answer_holds_nobody_up_and_helps_nobody_guess(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "_log", get_logger("rates"))  # one that nobody has used yet can be listened to
    hit("slow", "a", "5/minute")
    throttle(Throttle.ACCOUNT, "slow@example.org")
    thread, done = _frozen("%")
    try:
        with capture_logs() as said:
            started = time.monotonic()
            first = hit("slow", "a", "5/minute")
            waited = time.monotonic() - started
            more = [hit("slow", "a", "5/minute") for _ in range(20)]
            all_of_them = time.monotonic() - started
        assert first.allowed
        assert not first.counted
        assert all(standing.allowed for standing in more)
        assert waited < 1
        assert all_of_them - waited < 0.2, "each of them was held up"
        assert [(line["log_level"], line["limit"]) for line in said] == [("warning", "slow")]
        with pytest.raises(Unavailable, match="cannot be checked"):
            throttle(Throttle.ACCOUNT, "slow@example.org")
        with pytest.raises(Unavailable):
            hit("slow", "a", "5/minute", fail_open=False)
    finally:
        done.set()
        thread.join()
    time.sleep(1.1)
    assert hit("slow", "a", "5/minute").counted


def test_a_redis_that_is_away_is_treated_the_same(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENTNEST_RATE_LIMIT_URL", "redis://127.0.0.1:9/0")
    clientnest.settings.forget()
    try:
        assert not hit("away", "a", "1/hour").counted
        with pytest.raises(Unavailable):
            throttle(Throttle.ACCOUNT, "away@example.org")
        forgive(Throttle.ACCOUNT, "away@example.org")
    finally:
        monkeypatch.undo()
        clientnest.settings.forget()


def test_a_restart_of_the_database_costs_no_count(database: str) -> None:
    key = str(new_id())
    hit("restart", key, "5/hour", fail_open=False)
    _terminate(Role.API)
    assert hit("restart", key, "5/hour", fail_open=False).remaining == 3


def _terminate(role: Role) -> None:
    connection = psycopg2.connect(administrator().render_as_string(hide_password=False))
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (role.login,))
    connection.close()


def test_what_has_expired_is_cleared_away_in_passing(database: str) -> None:
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(text(
            "INSERT INTO app.rate_counter (key, started_at, current, expires_at) SELECT 'old-' || n, now(), 1, "
            "now() - interval '1 minute' FROM generate_series(1, 300) n"
        ))  # fmt: skip

    def left() -> int:
        with session.tenant(Role.MIGRATE) as connection:
            return int(
                connection.execute(text("SELECT count(*) FROM app.rate_counter WHERE key LIKE 'old-%'")).scalar_one()
            )

    for _ in range(128):
        hit("sweep", "a", "1000/minute")
    assert left() == 300 - 256
    for _ in range(128):
        hit("sweep", "a", "1000/minute")
    assert left() == 0


def test_an_address_that_is_no_redis_is_refused_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENTNEST_RATE_LIMIT_URL", "memory://")
    with pytest.raises(ConfigurationError, match="CLIENTNEST_RATE_LIMIT_URL"):
        clientnest.settings.LimitSettings.read()
    monkeypatch.delenv("CLIENTNEST_RATE_LIMIT_URL")
    monkeypatch.setenv("CLIENTNEST_RATE_LIMIT_PERSON", "often")
    with pytest.raises(ConfigurationError, match="CLIENTNEST_RATE_LIMIT_PERSON"):
        clientnest.settings.LimitSettings.read()
