"""A calendar that was written is read back by a parser as it was meant, whatever people write."""

import unicodedata
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from clientnest.planning.feed import Entry, calendar

INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)
TRICKY = st.sampled_from((
    "\r\n", "\n", "\r", "\\n", ";", ",", ":", '"', "\x00", "\x0b", "\x85", "\u2028", "\ud83d", "\t", "BEGIN:VEVENT",
    "END:VCALENDAR\r\n", "👩\u200d👩\u200d👧", "ไทย", "مرحبا", "नमस्ते", "🇫🇷", "\u202e",
))  # fmt: skip
WORDS = st.lists(st.one_of(st.text(max_size=30), TRICKY), max_size=12).map("".join)
ENTRIES = st.builds(
    Entry, uid=st.uuids().map(lambda one: f"{one}@clientnest"), instant=INSTANTS,
    duration=st.integers(0, 100_000).map(lambda seconds: timedelta(seconds=seconds)), title=WORDS,
    last_modified=INSTANTS, description=WORDS,
    url=st.none() | st.uuids().map(lambda one: f"https://example.com/posts?id={one}&a=1,2;b#c"),
    status=st.sampled_from(("TENTATIVE", "CONFIRMED", "CANCELLED")),
)  # fmt: skip


def _kept(said: str) -> str:
    """What is left of words: line ends of one kind, and no controls but tabs, nor halves of pairs."""
    lines = said.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n")
    return "".join(one for one in lines if one in "\n\t" or unicodedata.category(one) not in {"Cc", "Cs", "Zl", "Zp"})


@given(st.lists(ENTRIES, max_size=4), WORDS)
def test_a_parser_reads_back_what_was_written(entries: list[Entry], name: str) -> None:
    written = calendar(entries, name=name)
    assert written == calendar(entries, name=name), "the same entries give the same bytes"
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    found = Calendar.from_ical(written)
    assert str(found["x-wr-calname"]) == _kept(name).replace("\n", " ")
    assert found.decoded("refresh-interval") == timedelta(hours=1)
    events = found.walk("VEVENT")
    assert [str(one["uid"]) for one in events] == [entry.uid for entry in entries]
    for event, entry in zip(events, entries, strict=True):
        assert event.decoded("dtstart") == entry.instant
        assert event.decoded("duration") == entry.duration
        assert event.decoded("last-modified") == entry.last_modified
        assert str(event["summary"]) == _kept(entry.title).replace("\n", " ")
        assert str(event.get("description", "")) == _kept(entry.description)
        assert (str(event["url"]) if "url" in event else None) == entry.url
        assert str(event["status"]) == entry.status


def test_times_are_of_utc_and_nobody_is_made_busy() -> None:
    at = datetime(2026, 3, 29, 3, 30, tzinfo=UTC)
    written = calendar([Entry("1@x", at, timedelta(minutes=15), "Spring", at)], name="Acme").decode()
    for line in ("DTSTART:20260329T033000Z", "DURATION:PT15M", "TRANSP:TRANSPARENT", "METHOD:PUBLISH",
                 "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"):  # fmt: skip
        assert f"{line}\r\n" in written
