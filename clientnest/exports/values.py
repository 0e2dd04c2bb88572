"""Single values of export files: counts, numbers, shares, durations, ids and text. Every failure says what to do."""

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Generic, TypeVar

from clientnest.exports.model import shorten

Value = TypeVar("Value")
Cell = str | int | float | bool | datetime | date | time | timedelta | None

_MISSING = frozenset({"", "-", "–", "—", "--", "n/a", "na", "null", "none", "nan", "#n/a"})
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:([,.])\d{3})(?:\1\d{3})*")
_SPACED = re.compile(r"(?<=\d)[ '\u2019\u00a0\u202f](?=\d{3}(?!\d))")
_ROUNDED = re.compile(r"[+-]?\d+(?:[.,]\d+)?\s*[kKmM]")
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE]\+?\d+")
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)")
_SURROGATES = re.compile("[\ud800-\udfff]")
_EXACT = 2**53
_LARGEST = 10**18
_NOT_A_NUMBER = "This is not a number."
LOST_ID = (
    "Excel has rounded this id, so the post it belongs to is lost. Export the file again and import it without opening "
    "it in Excel, or open it there with the ids as text."
)


class BadValue(ValueError):
    """One value that cannot be used: `reason` is for the person, `field` and `value` are where and what."""

    def __init__(self, reason: str, value: object = None, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.value, self.field = reason, value, field


class Memo(dict[Cell, Value], Generic[Value]):
    """Remembers what a parser gave: counters repeat, so most values of a column cost one dictionary look-up."""

    def __init__(self, parse: Callable[[Cell], Value], limit: int = 50_000) -> None:
        super().__init__()
        self._parse, self._limit = parse, limit

    def __missing__(self, cell: Cell) -> Value:
        value = self._parse(cell)
        if len(self) >= self._limit:
            self.clear()
        self[cell] = value
        return value


def missing(cell: Cell) -> bool:
    """Whether the source says nothing here: an empty cell, a dash, "n/a"."""
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in _MISSING)


def text(cell: Cell) -> str | None:
    """Text as it can be stored: no NUL, no half surrogates, line ends as \\n, nothing around it; empty is None."""
    if cell is None:
        return None
    value = cell if isinstance(cell, str) else plain(cell)
    if "\0" in value:
        value = value.replace("\0", "")
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    if not value.isascii() and _SURROGATES.search(value):
        value = _SURROGATES.sub("\ufffd", value.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    return value.strip() or None


def plain(cell: Cell) -> str:
    """A cell as text: whole floats of spreadsheets without their `.0`."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def number(cell: Cell, *, decimal_comma: bool = False, whole: bool = False) -> float | int | None:
    """A number, or None where missing; "%" divides by 100. `decimal_comma` and `whole` settle what "1,234" means."""
    if missing(cell) or isinstance(cell, bool):
        return None
    if isinstance(cell, (int, float)):
        return _sensible(cell, cell)
    if not isinstance(cell, str):
        raise BadValue("A date or time stands where a number belongs.", cell)
    value = cell.strip().replace("\u2212", "-")
    if value.endswith("%"):
        share = number(value[:-1], decimal_comma=decimal_comma)
        return None if share is None else share / 100
    if _ROUNDED.fullmatch(value):
        raise BadValue("This number is rounded; the export has to give the exact one.", cell)
    canonical = _canonical(value, decimal_comma, whole)
    if not _NUMBER.fullmatch(canonical):
        raise BadValue(_NOT_A_NUMBER, cell)
    return _sensible(float(canonical), cell)


def _sensible(value: float, cell: Cell) -> float:
    if math.isnan(value) or abs(value) > _LARGEST:
        raise BadValue(_NOT_A_NUMBER if math.isnan(value) else "This number is too large.", cell)
    return value


def _canonical(value: str, decimal_comma: bool, whole: bool) -> str:
    """The number as Python writes it: which mark groups thousands and which begins the decimals is told by the number
    itself where it can be (1.234,5 · 12,5 · 1,234,567), else by `decimal_comma`."""
    value = _SPACED.sub("", value)
    commas, points = value.count(","), value.count(".")
    if commas and points:
        comma_is_decimal = value.rindex(",") > value.rindex(".")
    elif commas:
        comma_is_decimal = commas == 1 and (decimal_comma or not _GROUPED.fullmatch(value))
    else:
        comma_is_decimal = points > 1 or (points == 1 and decimal_comma and whole and bool(_GROUPED.fullmatch(value)))
    group, decimal = (".", ",") if comma_is_decimal else (",", ".")
    head, mark, tail = value.partition(decimal)
    if group in head:
        if not _GROUPED.fullmatch(head):
            return ""
        head = head.replace(group, "")
    return f"{head}.{tail}" if mark else head


def count(cell: Cell, *, decimal_comma: bool = False) -> int | None:
    """A whole number or None where missing. "1938.0" is 1938; "1,234" is 1234; "1.5" is refused."""
    if isinstance(cell, str) and cell.isascii() and len(cell) < 19:  # nearly every cell is "12" or, at X, "12.0"
        digits = cell[:-2] if cell.endswith(".0") and not decimal_comma else cell
        if digits.isdecimal():
            return _bounded(int(digits), cell)
    value = number(cell, decimal_comma=decimal_comma, whole=True)
    if value is None:
        return None
    if value != int(value):
        raise BadValue("A whole number belongs here; it is not clear what this one means.", cell)
    return _bounded(int(value), cell)


def _bounded(value: int, cell: Cell) -> int:
    if abs(value) > _EXACT:
        raise BadValue("This number is too large to be a count.", cell)
    return value


def ratio(cell: Cell, *, decimal_comma: bool = False) -> float | None:
    """A share as a fraction: "0.0093" stays, "0.93%" becomes 0.0093. Above 1 and below 0 are kept."""
    value = number(cell, decimal_comma=decimal_comma)
    return None if value is None else float(value)


def percent(cell: Cell, *, decimal_comma: bool = False) -> float | None:
    """A share whose column is in percent: "4.12" becomes 0.0412."""
    if isinstance(cell, str) and cell.strip().endswith("%"):
        return ratio(cell, decimal_comma=decimal_comma)
    value = number(cell, decimal_comma=decimal_comma)
    return None if value is None else value / 100


def seconds(cell: Cell, *, decimal_comma: bool = False) -> float | None:
    """A duration in seconds from "61", "0:01:01" or a spreadsheet's own duration or time of day."""
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    if isinstance(cell, time):
        return cell.hour * 3600.0 + cell.minute * 60.0 + cell.second
    if isinstance(cell, str) and (clock := _CLOCK.fullmatch(cell.strip())):
        hours, minutes, secs = clock.groups()
        return int(hours or 0) * 3600.0 + int(minutes) * 60.0 + float(secs)
    value = number(cell, decimal_comma=decimal_comma)
    return None if value is None else float(value)


def hours(cell: Cell, *, decimal_comma: bool = False) -> float | None:
    """Hours as seconds."""
    value = number(cell, decimal_comma=decimal_comma)
    return None if value is None else value * 3600.0


def milliseconds(cell: Cell, *, decimal_comma: bool = False) -> float | None:
    """Milliseconds as seconds."""
    value = number(cell, decimal_comma=decimal_comma)
    return None if value is None else value / 1000.0


def identifier(cell: Cell, *, rounded: bool = False) -> str:
    """An id exactly as written. Refused: nothing there, and ids that a spreadsheet has rounded (6.49E+17).

    `rounded`: the column `looks_rounded`, so an id with zeros after its 15th digit is lost too.
    """
    if isinstance(cell, str):
        value = cell.strip().strip("'\u200b").replace("\0", "")
        if not value or value.lower() in _MISSING:
            raise BadValue("The id is missing.", cell)
        if _SCIENTIFIC.fullmatch(value):
            raise BadValue(LOST_ID, cell)
        if rounded and len(value) > 15 and not value[15:].strip("0"):
            raise BadValue(LOST_ID, cell)
        if not value.isascii() and _SURROGATES.search(value):
            raise BadValue("This is not an id.", cell)
        if len(value) > 500:
            raise BadValue("This is too long to be an id.", cell)
        return value[:-2] if value.endswith(".0") and value[:-2].isdecimal() else value
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        raise BadValue("The id is missing." if cell is None else "This is not an id.", cell)
    if isinstance(cell, float) and (not math.isfinite(cell) or not cell.is_integer() or abs(cell) > _EXACT):
        raise BadValue(LOST_ID, cell)
    return str(int(cell))


def looks_rounded(identifiers: list[str]) -> bool:
    """Whether all of these ids lost their last digits: spreadsheets keep 15 and write zeros after them.

    One id may end in zeros by chance; this answers yes only where chance is below one in a million.
    """
    zeros = 0
    for value in identifiers:
        if not value.isdecimal() or len(value) <= 15:
            return False
        if value[15:].strip("0"):
            return False
        zeros += len(value) - 15
    return zeros >= 6 and len(identifiers) >= 2


def explain(field: str, bad: BadValue) -> BadValue:
    """The same failure with its field named and its value shortened."""
    return BadValue(bad.reason, None if bad.value is None else shorten(bad.value), bad.field or field)
