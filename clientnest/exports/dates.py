"""Dates as the networks write them: ISO, 03/15/2025, "Mar 15, 2025", "8 de marzo". Nothing about them is guessed.

Which of two numbers is the month is settled by the column itself (a 15 cannot be one), by the network's documentation,
or by the person's option; else the file is refused with that question.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from clientnest.exports import months
from clientnest.exports.model import DateOrder
from clientnest.exports.values import BadValue, Cell, missing

_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?=[T ,]|$)")
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?( ?[+-]\d\d:?\d\d|Z)?", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?=[ ,T]|$)")
_EAST_ASIAN = re.compile(r"(?:(\d{4})[年년] ?)?(\d{1,2})[月월] ?(\d{1,2})[日일]?")
_DAY_DOT_MONTH = re.compile(r"(\d{1,2})\. ?(\d{1,2})\.?")  # a point marks the day first wherever it is used
_VIETNAMESE = re.compile(r"(?:tháng|thg) (\d{1,2})")
_CLOCK = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)? ?([AaPp]\.?[Mm]\.?)? ?(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
)
_WORD = re.compile(r"[^\W\d_][^\d,/:]*")
_NUMBERS = re.compile(r"\d+")
_FILLERS = frozenset({"de", "del", "of", "den", "the", "ngày", "т"})
_HOW = "Write dates like 2025-03-31 or 2025-03-31T18:05:00Z."
AMBIGUOUS = "It is not clear which number is the month."


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as read. `clock` is None where the file gives the day alone; `offset` where it gives no zone."""

    day: date
    clock: time | None = None
    offset: timedelta | None = None

    def instant(self, zone: ZoneInfo) -> datetime:
        """In UTC. A wall-clock time is read in `zone` (the first of two where clocks go back); a day is midnight."""
        clock = self.clock or time()
        if self.offset is not None:
            return datetime.combine(self.day, clock, UTC) - self.offset
        return datetime.combine(self.day, clock, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class DateReader:
    """How the dates of one column are read. `languages`: whose month names they may be."""

    order: DateOrder | None = None
    languages: tuple[str, ...] = months.LANGUAGES

    def read(self, cell: Cell) -> Moment | None:
        """The moment in a cell, None where there is nothing; `BadValue` where it cannot be told."""
        if isinstance(cell, datetime):
            return _from_datetime(cell)
        if isinstance(cell, date):
            return Moment(cell)
        if missing(cell):
            return None
        if not isinstance(cell, str):
            raise BadValue(f"This is not a date. {_HOW}", cell)
        try:
            if _ISO_TIME.fullmatch(cell):  # the fast path: "2016-12-23 18:50 +0000" of X
                return _from_datetime(datetime.fromisoformat(cell.replace(" +", "+").replace(" -", "-")))
            return self._read_text(" ".join(cell.split()), cell)
        except (ValueError, OverflowError) as impossible:
            if isinstance(impossible, BadValue):
                raise
            raise BadValue("There is no such day or time.", cell) from None

    def _read_text(self, value: str, cell: Cell) -> Moment:
        if match := _YEAR_FIRST.match(value):
            year, month, day = (int(part) for part in match.groups())
            return _with_clock(date(year, month, day), value[match.end() :], cell)
        if match := _YEAR_LAST.match(value):
            first, mark, second, year = int(match[1]), match[2], int(match[3]), int(match[4])
            month, day = _ordered(first, second, "dmy" if mark == "." else self.order, cell)
            return _with_clock(date(year, month, day), value[match.end() :], cell)
        partial, rest = self.day_and_month(value)
        if partial is None or partial.year is None:
            raise BadValue(f"This is not a date. {_HOW}" if partial is None else f"The year is missing. {_HOW}", cell)
        return _with_clock(date(partial.year, partial.month, partial.day), rest, cell)

    def day_and_month(self, value: str) -> "tuple[PartialDate | None, str]":
        """A date with its month in words and the text after it; None where there is none."""
        head, clock = _split_clock(value)
        if match := _EAST_ASIAN.fullmatch(head):
            return PartialDate(int(match[2]), int(match[3]), int(match[1]) if match[1] else None), clock
        if match := _DAY_DOT_MONTH.fullmatch(head):
            return PartialDate(int(match[2]), int(match[1]), None), clock
        month, rest = self._month_in(head)
        if month is None:
            return None, clock
        numbers = [int(part) for part in _NUMBERS.findall(rest)]
        days = [number for number in numbers if number <= 31]
        years = [number for number in numbers if 1900 <= number <= 2200]
        if len(days) != 1 or len(years) > 1 or len(days) + len(years) != len(numbers):
            return None, clock
        return PartialDate(month, days[0], years[0] if years else None), clock

    def _month_in(self, head: str) -> tuple[int | None, str]:
        """The month named in a date, and the date without a number that belongs to its name (Vietnamese: "tháng 4")."""
        found: dict[int, tuple[str, ...]] = {}
        if numbered := _VIETNAMESE.search(head.casefold()):
            return int(numbered[1]), head[: numbered.start()] + head[numbered.end() :]
        for word in _WORD.findall(head):
            for candidate in (word, *word.split()):
                if months.normal(candidate) not in _FILLERS:
                    found.update(months.meanings(candidate, self.languages))
            if len(found) > 1:
                said = " or ".join(
                    f"month {number} in {months.language_label(spoken[0])}" for number, spoken in sorted(found.items())
                )
                raise BadValue(f"The month can be {said}. Say which language the file is in (--language).", head)
        return (next(iter(found)) if found else None), head


@dataclass(frozen=True, slots=True)
class PartialDate:
    month: int
    day: int
    year: int | None

    def latest_until(self, last: date) -> date:
        """The last such day that is not after `last`; `BadValue` when there is no such day in the calendar."""
        for year in range(last.year, last.year - 9, -1):
            try:
                candidate = date(year, self.month, self.day)
            except ValueError:
                continue
            if candidate <= last:
                return candidate
        raise BadValue("There is no such day in the calendar.", f"{self.month}/{self.day}")


def order_shown(cells: Iterable[Cell]) -> DateOrder | Literal["both"] | None:
    """What a column proves about dates like 03/04/2025; None: nothing; "both": they contradict each other."""
    shown: set[DateOrder] = set()
    for cell in cells:
        if isinstance(cell, str) and (match := _YEAR_LAST.match(" ".join(cell.split()))) and match[2] != ".":
            first, second = int(match[1]), int(match[3])
            if first > 12:
                shown.add("dmy")
            elif second > 12:
                shown.add("mdy")
    if len(shown) > 1:
        return "both"
    return shown.pop() if shown else None


def has_ambiguous(cells: Iterable[Cell]) -> bool:
    """Whether any of these dates depends on the order of day and month."""
    for cell in cells:
        match = _YEAR_LAST.match(" ".join(cell.split())) if isinstance(cell, str) else None
        if match and match[2] != "." and match[1].lstrip("0") != match[3].lstrip("0"):
            return True
    return False


def month_words(cells: Iterable[Cell]) -> list[str]:
    """The words of dates that may be month names, for finding their language."""
    words: set[str] = set()
    for cell in cells:
        if isinstance(cell, str):
            head, _clock = _split_clock(" ".join(cell.split()))
            words.update(
                word for run in _WORD.findall(head) for word in run.split() if months.meanings(word, months.LANGUAGES)
            )
    return sorted(words)


def _ordered(first: int, second: int, order: DateOrder | None, cell: Cell) -> tuple[int, int]:
    """Month and day."""
    if order is None:
        if first > 12:
            order = "dmy"
        elif second > 12 or first == second:
            order = "mdy"
        else:
            raise BadValue(f"{AMBIGUOUS} Say how the file writes dates (--date-order mdy or dmy).", cell)
    month, day = (first, second) if order == "mdy" else (second, first)
    if month > 12:
        said = "month first" if order == "mdy" else "day first"
        raise BadValue(f"The dates of this file are read {said}, and there is no month {month}.", cell)
    return month, day


def _split_clock(value: str) -> tuple[str, str]:
    match = re.search(r"[ ,T]+(\d{1,2}:\d{2}.*)$", value)
    return (value[: match.start()], match[1]) if match else (value, "")


def _with_clock(day: date, rest: str, cell: Cell) -> Moment:
    rest = rest.lstrip(" ,T")
    if not rest:
        return Moment(day)
    match = _CLOCK.fullmatch(rest)
    if match is None:
        raise BadValue(f"The time of day cannot be read. {_HOW}", cell)
    hour, minute, second, fraction, half, zone = match.groups()
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise BadValue("There is no such time of day.", cell)
        hours = hours % 12 + (12 if half[0] in "pP" else 0)
    clock = time(hours, int(minute), int(second or 0), int((fraction or "0").ljust(6, "0")))
    return Moment(day, clock, _offset(zone))


def _offset(zone: str | None) -> timedelta | None:
    if not zone:
        return None
    if zone in ("Z", "UTC", "GMT"):
        return timedelta(0)
    size = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -size if zone[0] == "-" else size


def _from_datetime(cell: datetime) -> Moment:
    offset = cell.utcoffset()
    return Moment(cell.date(), cell.time(), offset)
