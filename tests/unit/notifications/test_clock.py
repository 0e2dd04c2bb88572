"""Eight in the morning, in every time zone there is: once a day, whatever clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientnest.notifications import clock
from clientnest.notifications.clock import next_digest

ZONES = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis


def _is_skipped(zone: ZoneInfo, moment: datetime) -> bool:
    """Whether clocks pass over that local time."""
    return moment.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment


@given(ZONES, INSTANTS)
def test_the_next_digest_is_at_eight_of_a_day_and_no_morning_is_left_out(zone: ZoneInfo, after: datetime) -> None:
    found = next_digest(zone, after)
    local = found.astimezone(zone)
    assert found > after
    assert local.time() == clock.AT or _is_skipped(zone, datetime.combine(local.date(), clock.AT))
    mornings = [datetime.combine(after.astimezone(zone).date() + timedelta(days=n), clock.AT) for n in range(-1, 3)]
    assert not [one for one in mornings if after < one.replace(tzinfo=zone).astimezone(UTC) < found]


@given(ZONES, INSTANTS, st.booleans())
def test_one_after_the_other_no_day_has_two(zone: ZoneInfo, after: datetime, weekly: bool) -> None:
    days: list[date] = []
    for _ in range(4):
        after = next_digest(zone, after, weekly=weekly, sent_on=days[-1] if days else None)
        days.append(after.astimezone(zone).date())
    assert days == sorted(set(days))
    if weekly:
        assert {(later - earlier).days for earlier, later in pairwise(days)} <= {6, 7, 8}


@given(ZONES, ZONES, INSTANTS)
def test_who_moves_gets_no_second_one_on_the_same_day(before: ZoneInfo, now: ZoneInfo, after: datetime) -> None:
    sent = next_digest(before, after)
    sent_on = sent.astimezone(before).date()
    later = next_digest(now, sent, sent_on=sent_on)
    assert later.astimezone(now).date() > sent_on


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        (date(2026, 3, 29), time(2, 30), "2026-03-29T01:30:00+00:00"),  # 02:00 to 03:00 is passed over: 03:30
        (date(2026, 10, 25), time(2, 30), "2026-10-25T00:30:00+00:00"),  # 02:00 to 03:00 comes twice: the first
    ],
)
def test_where_clocks_jump_at_that_hour(monkeypatch: pytest.MonkeyPatch, day: date, at: time, expected: str) -> None:
    monkeypatch.setattr(clock, "AT", at)
    berlin = ZoneInfo("Europe/Berlin")
    midnight = datetime.combine(day, time(0), berlin)
    found = next_digest(berlin, midnight)
    assert found.isoformat() == expected
    assert next_digest(berlin, found).astimezone(berlin).date() == day + timedelta(days=1)
