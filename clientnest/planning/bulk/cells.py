"""The cells of one row, each read by its own rules; all that is wrong with a row is told at once."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from clientnest import registry
from clientnest.errors import BadInput
from clientnest.exports import values
from clientnest.exports.dates import DateReader, Moment
from clientnest.exports.model import shorten
from clientnest.exports.table import Cells
from clientnest.exports.values import BadValue, Cell
from clientnest.planning.bulk.columns import Mapped
from clientnest.planning.bulk.model import BulkRow, Problem
from clientnest.planning.wall_clock import Resolution, check_plannable, resolve, wall_clock_of
from clientnest.zones import zone

LONGEST_TEXT = 70_000  # no network takes more
LONGEST_NAME = 200
LONGEST_LINK = 2_048
MOST_LABELS, MOST_MEDIA = 50, 50
_HOW_DATE = "Write dates like 2026-03-31 and times like 09:00."
_LABELS = re.compile(r"[,;\n]")
_MEDIA = re.compile(r"[\s|]+")
_ANY_DAY = "2000-01-01"
_NONE: tuple[str, ...] = ()
Value = TypeVar("Value")


@dataclass(slots=True)
class _Row:
    """A row while it is read, and what was found wrong with it."""

    number: int
    cells: Cells
    columns: Mapped
    formulas: Mapping[tuple[int, int], str]
    problems: list[Problem] = field(default_factory=list)

    def cell(self, name: str) -> Cell:
        place = self.columns.at.get(name)
        value = self.cells[place] if place is not None and place < len(self.cells) else None
        formula = self.formulas.get((self.number, place)) if place is not None else None
        if formula is not None and (value is None or (isinstance(value, str) and value.startswith("#"))):
            raise BadValue("The cell holds a formula and no result.", formula)
        return None if isinstance(value, str) and not value.strip() else value

    def read(self, name: str, parse: Callable[[Cell], Value], advice: str, nothing: Value) -> Value:
        """What a cell says; noted as a problem, and `nothing` given, where it cannot be used."""
        try:
            return parse(self.cell(name))
        except BadValue as bad:
            what = "Type the text itself, with an apostrophe before the =." if "formula" in bad.reason else advice
            self.refuse(name, bad.value, bad.reason, what)
        except BadInput as bad:
            self.refuse(name, self.cell(name), bad.message, bad.advice or advice)
        return nothing

    def refuse(self, name: str | None, value: object, message: str, advice: str) -> None:
        column = self.columns.title(name) if name and name in self.columns.at else None
        self.problems.append(Problem(self.number, column, None if value is None else shorten(value), message, advice))


@dataclass(frozen=True, slots=True)
class RowReader:
    """How the rows of a file are read. `place`: the zone of rows that name none."""

    columns: Mapped
    dates: DateReader
    place: ZoneInfo
    now: datetime
    formulas: Mapping[tuple[int, int], str]

    def read(self, number: int, cells: Cells) -> BulkRow | list[Problem]:
        """The post of a row, or all that keeps it from being one."""
        row = _Row(number, cells, self.columns, self.formulas)
        said = row.read("text", _text, f"Shorten it to {LONGEST_TEXT:,} characters.", "")
        media = row.read("media", _media, "Write addresses (https://…) or ids, with blanks between them.", _NONE)
        schedule = self._schedule(row)
        link = row.read("link", _link, "Write one address that begins with https://.", None)
        labels = row.read("labels", _labels, f"Write at most {MOST_LABELS}, with commas between them.", _NONE)
        network = row.read("network", _network, "", None)
        account = row.read("account", _name, f"Write at most {LONGEST_NAME} characters.", None)
        campaign = row.read("campaign", _name, f"Write at most {LONGEST_NAME} characters.", None)
        comment = row.read("first_comment", _text, f"Shorten it to {LONGEST_TEXT:,} characters.", "")
        if not said and not media and not row.problems:
            row.refuse("text", None, "There is nothing to post.", "Write a text, or name a picture or a video.")
        if row.problems or schedule is None:
            return row.problems
        return BulkRow(number, schedule, said, account, network, link, labels, media, campaign, comment or None)

    def _schedule(self, row: _Row) -> Resolution | None:
        place = row.read("timezone", self._zone, "", None)
        moment = row.read("date", self._moment, _HOW_DATE, None)
        clock = row.read("time", _clock, _HOW_DATE, None)
        if place is None or moment is None or row.problems:
            return None
        at = clock.clock if clock else moment.clock
        if at is None:
            row.refuse("time" if "time" in row.columns.at else "date", None, "The time of day is missing.", _HOW_DATE)
            return None
        if clock and moment.clock not in (None, time(), at):
            row.refuse("time", at, "The date names another time of day than this.", "Keep one of the two.")
            return None
        offset = clock.offset if clock and clock.offset is not None else moment.offset
        try:
            wall_clock, fold = datetime.combine(moment.day, at), 0
            if offset is not None:
                wall_clock, fold = wall_clock_of(Moment(moment.day, at, offset).instant(place), place)
            found = resolve(wall_clock, place, fold=fold)
            check_plannable(found, now=self.now)
        except (BadInput, OverflowError) as bad:
            told = bad if isinstance(bad, BadInput) else BadInput("This is beyond any calendar.", advice=_HOW_DATE)
            row.refuse("date", row.cell("date"), told.message, told.advice)
            return None
        return found

    def _zone(self, cell: Cell) -> ZoneInfo:
        return self.place if cell is None else zone(values.text(cell) or "")

    def _moment(self, cell: Cell) -> Moment:
        try:
            found = self.dates.read(cell)
        except BadValue as bad:  # what it says of options is for a command line
            raise BadValue(bad.reason.split(" Say ")[0], bad.value) from None
        if found is None:
            raise BadValue("The date is missing.")
        return found


def _clock(cell: Cell) -> Moment | None:
    """A time of day, and its offset where it has one."""
    if cell is None:
        return None
    if isinstance(cell, datetime | time):
        return Moment(date(2000, 1, 1), cell.time() if isinstance(cell, datetime) else cell)
    if not isinstance(cell, str):
        raise BadValue("This is not a time of day.", cell)
    try:
        found = DateReader().read(f"{_ANY_DAY} {cell.strip()}")
    except BadValue as bad:
        raise BadValue("This is not a time of day.", cell) from bad
    if found is None or found.clock is None:
        raise BadValue("This is not a time of day.", cell)
    return found


def _text(cell: Cell) -> str:
    said = values.text(cell) or ""
    if len(said) > LONGEST_TEXT:
        raise BadValue(f"The text has {len(said):,} characters.", said)
    return said


def _name(cell: Cell) -> str | None:
    said = values.text(cell)
    if said is not None and len(said) > LONGEST_NAME:
        raise BadValue(f"The name has {len(said):,} characters.", said)
    return said


def _network(cell: Cell) -> str | None:
    said = values.text(cell)
    if said is None:
        return None
    wanted = said.casefold()
    for one in registry.networks():
        if wanted in (one.name, one.label.casefold()):
            return one.name
    raise BadInput(f"Unknown network {shorten(said)!r}.", advice="Known: " + _listed_networks() + ".")


def _listed_networks() -> str:
    return ", ".join(one.name for one in registry.networks())


def _labels(cell: Cell) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(filter(None, (part.strip() for part in _LABELS.split(values.text(cell) or "")))))
    if len(found) > MOST_LABELS or any(len(one) > LONGEST_NAME for one in found):
        raise BadValue("These are too many labels, or too long ones.", cell)
    return found


def _link(cell: Cell) -> str | None:
    said = values.text(cell)
    if said is not None and not _is_address(said):
        raise BadValue("This is not the address of a page.", said)
    return said


def _media(cell: Cell) -> tuple[str, ...]:
    found = tuple(filter(None, _MEDIA.split(values.text(cell) or "")))
    if len(found) > MOST_MEDIA:
        raise BadValue(f"These are more than {MOST_MEDIA} pictures and videos.", cell)
    for one in found:
        if not _is_address(one) and not _is_id(one):
            raise BadValue("This is neither an address nor the id of a picture or a video.", one)
    return found


def _is_address(said: str) -> bool:
    if len(said) > LONGEST_LINK or any(character.isspace() for character in said):
        return False
    try:
        parts = urlsplit(said)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_id(said: str) -> bool:
    try:
        UUID(said)
    except ValueError:
        return False
    return True
