"""A calendar as a file that calendar programs subscribe to (iCalendar, RFC 5545 and 7986)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from icalendar import Calendar, Event, vDuration, vUri

REFRESH = timedelta(hours=1)
_PRODUCT = "-//ClientNest//Calendar//EN"
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # a control, a line's end, half a pair


@dataclass(frozen=True, slots=True)
class Entry:
    """Something at an instant. `uid`: the same each time it is written, as long as it is the same thing."""

    uid: str
    instant: datetime
    duration: timedelta
    title: str
    last_modified: datetime
    description: str = ""
    url: str | None = None
    status: Literal["TENTATIVE", "CONFIRMED", "CANCELLED"] = "CONFIRMED"


def calendar(entries: Iterable[Entry], *, name: str, refresh: timedelta = REFRESH) -> bytes:
    """The entries as a calendar of that name, which programs are asked to read again every so often.

    Times are in UTC, to the second. The same entries give the same bytes. Characters that text of a calendar cannot
    hold are left out, and nobody is made busy by what is planned.
    """
    made = Calendar()
    made.add("prodid", _PRODUCT)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    for field in ("name", "x-wr-calname"):  # the second is what most programs still read
        made.add(field, _text(name, on_one_line=True))
    made.add("refresh-interval", vDuration(refresh), parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", vDuration(refresh))
    for entry in entries:
        made.add_component(_event(entry))
    written: bytes = made.to_ical()
    return written


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", _text(entry.uid, on_one_line=True))
    event.add("dtstamp", entry.last_modified)
    event.add("last-modified", entry.last_modified)
    event.add("dtstart", entry.instant)
    event.add("duration", entry.duration)
    event.add("summary", _text(entry.title, on_one_line=True))
    if entry.description:
        event.add("description", _text(entry.description))
    if entry.url:
        event.add("url", vUri(_text(entry.url, on_one_line=True)))
    event.add("status", entry.status)
    event.add("transp", "TRANSPARENT")
    return event


def _text(value: str, *, on_one_line: bool = False) -> str:
    value = _NOT_TEXT.sub("", value.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n"))
    return " ".join(value.split("\n")) if on_one_line else value
