"""Queue slots in the order of time, whatever clocks and zones do, and the next one that is free."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientnest.ids import new_id
from clientnest.planning.queueing import first_free, times
from clientnest.planning.slots import Slot
from clientnest.planning.wall_clock import Kind

MONDAY, SUNDAY = 0, 6
NEVER = datetime(2100, 1, 1, tzinfo=UTC)
ZONES = st.sampled_from(("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata"))
SLOTS = st.lists(
    st.tuples(st.integers(0, 6), st.times(datetime.min.time(), time(23, 59)).map(lambda at: at.replace(second=0,
              microsecond=0)), ZONES), min_size=1, max_size=12,
)  # fmt: skip


def _slot(weekday: int, local_time: time, zone: str) -> Slot:
    return Slot(new_id(), new_id(), weekday, local_time, None, zone, 1, None, datetime.now(UTC))


def _at(*said: str) -> list[datetime]:
    return [datetime.fromisoformat(one) for one in said]


def test_a_slot_keeps_its_local_time_when_clocks_change() -> None:
    slot = _slot(SUNDAY, time(2, 30), "Europe/Paris")
    found = list(times([slot], datetime(2026, 3, 16, tzinfo=UTC), datetime(2026, 4, 6, tzinfo=UTC)))
    assert [one.instant for one in found] == _at("2026-03-22T01:30Z", "2026-03-29T01:30Z", "2026-04-05T00:30Z")
    assert [one.resolution.kind for one in found] == [Kind.EXACT, Kind.GAP, Kind.EXACT]


@settings(deadline=None)
@given(SLOTS, st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_slots_come_in_order_each_once_and_none_is_left_out(
    given_slots: list[tuple[int, time, str]], since: datetime
) -> None:
    slots = [_slot(*one) for one in given_slots]
    until = since + timedelta(days=21)
    found = list(times(slots, since, until))
    assert all(earlier.instant < later.instant for earlier, later in pairwise(found))
    alone = {one.instant for slot in slots for one in times([slot], since, until)}
    assert {one.instant for one in found} == alone
    assert all(since <= at < until for at in alone)
    for slot in slots:
        comings = [one.resolution.wall_clock for one in times([slot], since, until)]
        assert {(at.weekday(), at.time()) for at in comings} <= {(slot.weekday, slot.local_time)}
        assert len(comings) in {2, 3, 4}  # three weeks, of which clocks may move one coming in or out


@settings(deadline=None)
@given(
    SLOTS, st.lists(st.integers(0, 30 * 24 * 4).map(lambda quarters: timedelta(minutes=15 * quarters)), max_size=40),
    st.integers(0, 30 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)), st.sampled_from((0, 1, 30, 240)),
)  # fmt: skip
def test_the_next_free_one_is_the_first_that_nothing_is_near(
    given_slots: list[tuple[int, time, str]], taken: list[timedelta], after: timedelta, minutes: int
) -> None:
    slots, since = [_slot(*one) for one in given_slots], datetime(2026, 3, 16, tzinfo=UTC)
    busy = [since + one for one in taken]
    busy += [one.instant for one in islice(times(slots, since, NEVER), 3)]
    distance = timedelta(minutes=minutes)
    found = first_free(times(slots, since + after, NEVER), since + after, busy, distance=distance)
    expected = next(
        one for one in times(slots, since + after, NEVER)
        if one.instant > since + after and one.instant not in busy
        and not any(abs(one.instant - at) < distance for at in busy)
    )  # fmt: skip
    assert found == expected


def test_the_slot_of_this_very_instant_is_not_the_next_one() -> None:
    slot, now = _slot(MONDAY, time(9), "Europe/Paris"), datetime(2026, 3, 16, 8, tzinfo=UTC)
    found = first_free(times([slot], now, NEVER), now, [])
    assert found is not None
    assert found.instant == now + timedelta(days=7)


def test_where_all_are_taken_there_is_none() -> None:
    slot, now = _slot(MONDAY, time(9), "UTC"), datetime(2026, 3, 16, tzinfo=UTC)
    month = list(times([slot], now, now + timedelta(days=28)))
    assert len(month) == 4
    assert first_free(iter(month), now, [one.instant for one in month]) is None


@pytest.mark.parametrize(("zone", "count"), [("Europe/Paris", 1), ("Europe/Berlin", 1), ("Europe/London", 2)])
def test_slots_of_two_zones_at_one_instant_are_one(zone: str, count: int) -> None:
    slots, since = [_slot(MONDAY, time(9), name) for name in ("Europe/Paris", zone)], datetime(2026, 3, 16, tzinfo=UTC)
    assert len(list(times(slots, since, since + timedelta(days=1)))) == count
