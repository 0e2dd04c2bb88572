"""Recurrences keep their wall-clock time for fifty years in twenty zones, and end where they should."""

import time
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientnest.errors import BadInput
from clientnest.planning.describing import describe
from clientnest.planning.recurring import occurrences, parse_rule
from clientnest.planning.rules import MOST_A_DAY, Rule
from clientnest.planning.wall_clock import Kind
from clientnest.zones import zone

# With summer time on either side of the equator, by half an hour, on other dates each year, given up, moved over the
# date line, at midnight, and none.
ZONES = (
    "Europe/Paris", "Europe/London", "Europe/Moscow", "Europe/Istanbul", "America/New_York", "America/Los_Angeles",
    "America/St_Johns", "America/Sao_Paulo", "America/Mexico_City", "America/Havana", "Africa/Cairo",
    "Africa/Casablanca", "Asia/Tehran", "Asia/Kolkata", "Asia/Gaza", "Asia/Tokyo", "Australia/Lord_Howe",
    "Australia/Sydney", "Pacific/Apia", "Pacific/Auckland",
)  # fmt: skip
FIRST, LAST = datetime(1976, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
START = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 - a Monday, local


def _local(said: str) -> datetime:
    return datetime.fromisoformat(said)


def _shown(instant: datetime, place: ZoneInfo) -> datetime:
    """The way back, which has one answer always: nothing here is asked of what is being tested."""
    return instant.astimezone(place).replace(tzinfo=None, fold=0)


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("at", ["00:00", "01:30", "02:30", "09:00"])
def test_for_fifty_years_a_daily_time_is_what_clocks_show_each_day(name: str, at: str) -> None:
    place = zone(name)
    found = occurrences(parse_rule("FREQ=DAILY", _local(f"1975-12-25T{at}")), place, FIRST, LAST, 20_000)
    assert len(found) >= 18_262 - 1  # Samoa left out a day, which the next one stands for
    assert all(earlier.instant < later.instant for earlier, later in pairwise(found))
    days = {one.wall_clock.date() for one in found}
    first, last = min(days), max(days)
    missing = {first + timedelta(days=n) for n in range((last - first).days)} - days
    assert missing == ({date(2011, 12, 30)} if name == "Pacific/Apia" else set())
    for one in found:
        shown = _shown(one.instant, place)
        if one.kind is not Kind.GAP:
            assert shown == one.wall_clock
            assert f"{shown:%H:%M}" == at
        else:
            # What clocks showed just before they jumped, had they gone on.
            before = (one.instant - (shown - one.wall_clock)).astimezone(place).utcoffset()
            assert before is not None
            assert one.instant == one.wall_clock.replace(tzinfo=UTC) - before
            assert shown > one.wall_clock
        if one.kind is Kind.OVERLAP:
            twice = [gap for gap in (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(days=1))
                     if _shown(one.instant + gap, place) == one.wall_clock]  # fmt: skip
            assert twice, "it is the first of two"
    for earlier, later in pairwise(found):
        drift = (later.instant - earlier.instant) - (later.shown - earlier.shown)
        offsets = [one.instant.astimezone(place).utcoffset() or timedelta() for one in (earlier, later)]
        assert drift == offsets[0] - offsets[1]


RULES = st.sampled_from((
    "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU", "FREQ=MONTHLY;BYDAY=-1SU",
    "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=DAILY;COUNT=40",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=DAILY;INTERVAL=3;BYHOUR=1,2,3;BYMINUTE=0,30",
    "FREQ=YEARLY;BYMONTH=3,10;BYDAY=SU",
))  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(RULES, st.sampled_from(ZONES), st.datetimes(datetime(1976, 1, 1), datetime(2024, 1, 1)),  # noqa: DTZ001
       st.integers(1, 700), st.integers(1, 60))  # fmt: skip
def test_a_window_shows_what_the_whole_shows(text: str, name: str, since: datetime, days: int, limit: int) -> None:
    place, rule = zone(name), parse_rule(text, _local("1976-01-05T02:30"))
    after = since.replace(tzinfo=UTC)
    before = after + timedelta(days=days)
    whole = [one for one in occurrences(rule, place, FIRST, LAST, 100_000) if after <= one.instant < before]
    assert occurrences(rule, place, after, before, limit) == whole[:limit]


def _fits(day: date, rule: Rule) -> bool:
    """By hand, for rules of whole months."""
    ends = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    by_day = {(None, day.weekday()), ((day.day - 1) // 7 + 1, day.weekday()), (-((ends.day - day.day) // 7 + 1),
              day.weekday())}  # fmt: skip
    days, numbers, months = set(rule.days()), rule.numbers("BYMONTHDAY"), rule.numbers("BYMONTH")
    return (
        (not days or bool(days & by_day))
        and (not numbers or day.day in numbers or day.day - ends.day - 1 in numbers)
        and (not months or day.month in months)
    )


_DAYS = st.sampled_from((("MO", "WE", "SU"), ("1MO", "-1FR", "3TU", "5SU", "-5MO"))).flatmap(
    lambda days: st.lists(st.sampled_from(days), max_size=3, unique=True)
)
_NUMBERS = st.lists(st.integers(-31, 31).filter(bool), max_size=3, unique=True)
_MONTHS = st.lists(st.integers(1, 12), max_size=4, unique=True)


@settings(max_examples=100, deadline=None)
@given(_DAYS, _NUMBERS, _MONTHS)
def test_days_of_months_are_those_that_the_calendar_has(days: list[str], numbers: list[int], months: list[int]) -> None:
    parts = [("BYDAY", days), ("BYMONTHDAY", numbers), ("BYMONTH", months)]
    text = "FREQ=MONTHLY" + "".join(f";{name}={','.join(map(str, given))}" for name, given in parts if given)
    if not days and not numbers:
        return
    expected = [day for n in range(3_000) if _fits(day := START.date() + timedelta(days=n), _unchecked(text))]
    if next(_unchecked(text).wall_clocks(), None) is None:
        assert not expected
        with pytest.raises(BadInput, match="matches nothing"):
            parse_rule(text, START)
        return
    rule = parse_rule(text, START)
    end = datetime.combine(START.date() + timedelta(days=3_000), START.time(), UTC)
    found = occurrences(rule, zone("UTC"), START.replace(tzinfo=UTC), end, 5_000)
    assert [one.wall_clock.date() for one in found] == expected


def _unchecked(text: str) -> Rule:
    parts = dict(part.split("=") for part in text.split(";"))
    return Rule({name: tuple(values.split(",")) for name, values in parts.items()}, START, frozenset())


def test_two_times_that_fall_together_in_a_gap_are_one_and_all_stay_in_order() -> None:
    rule = parse_rule("FREQ=DAILY;BYHOUR=2,3;BYMINUTE=15,30", _local("2026-03-01T02:15"))
    night = datetime(2026, 3, 29, tzinfo=UTC)
    found = occurrences(rule, zone("Europe/Paris"), night, night + timedelta(hours=12), 10)
    assert [(f"{one.shown:%H:%M}", one.kind) for one in found] == [("03:15", Kind.EXACT), ("03:30", Kind.EXACT)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", ["02", "04"]),  # counted before the 3rd is left out
        ("FREQ=DAILY;UNTIL=20260305", ["02", "04", "05"]),
        ("FREQ=DAILY;UNTIL=20260305T085900", ["02", "04"]),
        ("FREQ=DAILY;UNTIL=20260305T090000", ["02", "04", "05"]),
        ("FREQ=DAILY;UNTIL=20260305T075900Z", ["02", "04"]),  # 08:59 in Paris
        ("FREQ=DAILY;UNTIL=20260305T080000Z", ["02", "04", "05"]),
        ("RRULE:freq=daily;until=20260305;", ["02", "04", "05"]),
    ],
)
def test_it_ends_where_it_says_and_leaves_out_what_it_says(text: str, expected: list[str]) -> None:
    rule = parse_rule(text, START, excluded=[_local("2026-03-03T09:00")])
    found = occurrences(
        rule, zone("Europe/Paris"), datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), 9
    )
    assert [f"{one.wall_clock:%d}" for one in found] == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "matches nothing"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "matches nothing"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "matches nothing"),  # it starts on a Monday
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "matches nothing"),
        ("FREQ=YEARLY;INTERVAL=100;BYMONTH=2;BYMONTHDAY=29", "matches nothing"),
        ("FREQ=DAILY;UNTIL=20260301", "matches nothing"),
        ("FREQ=DAILY;UNTIL=20260228T235959Z", "matches nothing"),
        ("FREQ=DAILY;UNTIL=20260230", "ends at no time"),
        ("FREQ=DAILY;UNTIL=20260305T250000", "ends at no time"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "both COUNT and UNTIL"),
        ("FREQ=HOURLY", "'HOURLY', which is not taken"),
        ("FREQ=MINUTELY", "which is not taken"),
        ("FREQ=SECONDLY", "which is not taken"),
        ("FREQ=DAILY;BYSECOND=1", "'BYSECOND'"),
        ("FREQ=YEARLY;BYEASTER=0", "'BYEASTER'"),
        ("FREQ=DAILY;BYHOUR=1,2,3,4;BYMINUTE=0,15,30,45", "16 times a day"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=1,2;BYSETPOS=1", "among times of a day"),
        ("FREQ=WEEKLY;BYDAY=1MO", "beyond what there is"),
        ("FREQ=MONTHLY;BYDAY=6MO", "beyond what there is"),
        ("FREQ=MONTHLY;BYDAY=MO,1TU", "both every one of a weekday and certain ones"),
        ("FREQ=WEEKLY;BYDAY=XX", "a day that is none"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY in a week"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY=32"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0"),
        ("FREQ=MONTHLY;BYSETPOS=1", "nothing to choose from"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0"),
        ("FREQ=DAILY;COUNT=99999", "COUNT=99999"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ twice"),
        ("INTERVAL=2", "FREQ is missing"),
        ("FREQ=DAILY;;COUNT=2", "a part that is none"),
        ("every Monday", "a part that is none"),
        ("", "a part that is none"),
    ],
)
def test_what_is_not_taken_is_refused_at_once_and_by_name(text: str, said: str) -> None:
    began = time.monotonic()
    with pytest.raises(BadInput, match=said) as refused:
        parse_rule(text, START, field="body.recurrence.rule")
    assert time.monotonic() - began < 2
    assert refused.value.details == {"field": "body.recurrence.rule"}
    assert refused.value.advice


@pytest.mark.parametrize(
    "starts",
    [datetime(2026, 1, 1, 9, 0, 30), datetime(2026, 1, 1, tzinfo=UTC), datetime(1066, 1, 1)],  # noqa: DTZ001
)
def test_times_are_local_and_of_whole_minutes(starts: datetime) -> None:
    with pytest.raises(BadInput):
        parse_rule("FREQ=DAILY", starts)
    with pytest.raises(BadInput):
        parse_rule("FREQ=DAILY", START, excluded=[starts])


WORDS = (
    "FREQ=", "DAILY", "WEEKLY", "YEARLY", ";", ",", "BYDAY=", "MO", "-1SU", "BYMONTH=", "2", "30", "BYMONTHDAY=",
    "INTERVAL=", "COUNT=", "UNTIL=", "20260305", "T000000Z", "BYSETPOS=", "-1", "BYHOUR=", "=", "RRULE:",
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(WORDS), max_size=12).map("".join)))
def test_any_text_is_a_rule_or_refused_and_a_rule_can_be_said(text: str) -> None:
    try:
        rule = parse_rule(text, START)
    except BadInput:
        return
    assert parse_rule(rule.text, START) == rule
    assert describe(rule, "Europe/Paris").startswith("every ")
    end = datetime(2027, 1, 1, tzinfo=UTC)
    assert len(occurrences(rule, zone("Europe/Paris"), datetime(2026, 1, 1, tzinfo=UTC), end, 5)) <= 5


def test_a_rule_without_an_end_is_written_out_as_far_as_is_asked() -> None:
    rule = parse_rule("FREQ=DAILY;BYHOUR=0,2,4,6,8,10,12,14,16,18,20,22", START)
    found = occurrences(rule, zone("UTC"), datetime(2026, 1, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC), 100)
    assert len(found) == 100
    assert len({one.instant.date() for one in found}) <= 100 // MOST_A_DAY + 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,TH", "every Monday and Thursday at 09:00, Europe/Paris"),
        ("FREQ=WEEKLY", "every Monday at 09:00, Europe/Paris"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9,17", "every weekday at 09:00 and 17:00, Europe/Paris"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,MO", "every 2 weeks on Monday and Friday at 09:00, Europe/Paris"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15,-1", "every month on the 1st, the 15th and the last day at 09:00, Europe/Paris"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Friday at 09:00, Europe/Paris"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "every month on the last weekday at 09:00, Europe/Paris"),
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", "every month on the 13th if it is Friday at 09:00, Europe/Paris"),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "every year on the 4th Thursday of November at 09:00, Europe/Paris"),
        ("FREQ=DAILY;UNTIL=20261231", "every day at 09:00, Europe/Paris, until 31 December 2026"),
        ("FREQ=DAILY;COUNT=3", "every day at 09:00, Europe/Paris, 3 times"),
    ],
)
def test_rules_in_plain_words(text: str, said: str) -> None:
    assert describe(parse_rule(text, START), "Europe/Paris") == said


def test_plain_words_say_what_is_left_out_and_which_months_have_no_such_day() -> None:
    rule = parse_rule("FREQ=MONTHLY", _local("2026-01-31T09:00"), excluded=[_local("2026-03-31T09:00")])
    assert describe(rule, "UTC") == (
        "every month on the 31st, in months that have one, at 09:00, UTC, except on 31 March 2026"
    )
