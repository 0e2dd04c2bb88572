"""Spreadsheet files as tables: .xlsx, .xls of 1997 (BIFF), and the XML spreadsheets of Facebook Insights."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import python_calamine
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from clientnest.exports.model import UnreadableExport
from clientnest.exports.values import Cell

_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_MOST_COLUMNS = 16_384
_MOST_CELLS = 25_000_000
_COLUMN = re.compile(rb'\sr="([A-Z]{1,3})')
_ROW = re.compile(rb'row\s[^>]{0,200}?\br="(\d{1,7})"')
_AGAIN = "Export the file again, and import it without opening and saving it in between."


@dataclass(slots=True)
class SheetTable:
    """One sheet. Rows may be shorter than the header; missing cells are None."""

    shown: str
    name: str
    _rows: "RowSource" = field(repr=False)
    cut_row: int | None = None
    fixed_width: bool = False
    decimal_comma: bool = False

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        """Rows with their number as the spreadsheet shows it."""
        return self._rows.rows()


class RowSource:
    """Where a sheet's rows come from."""

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        raise NotImplementedError


@dataclass(slots=True)
class _Calamine(RowSource):
    """A sheet that Calamine holds in memory once it is first asked for."""

    book: python_calamine.CalamineWorkbook
    shown: str
    name: str
    _sheet: python_calamine.CalamineSheet | None = None

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        if self._sheet is None:
            with _faults_of(self.shown):
                self._sheet = self.book.get_sheet_by_name(self.name)
        return enumerate(self._sheet.iter_rows(), start=1)


def workbook_tables(path: Path, shown: str) -> list[SheetTable]:
    """The sheets of an .xlsx file or of a binary .xls file (BIFF).

    Calamine lays a sheet out as one rectangle, which `check_extent` has bounded for .xlsx; BIFF bounds itself to 65,536
    rows of 256 cells.
    """
    with _faults_of(shown):
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        return [SheetTable(shown, name, _Calamine(book, shown, name)) for name in book.sheet_names]


@contextmanager
def _faults_of(shown: str) -> Iterator[None]:
    """Damaged files: Calamine raises, or panics with an exception of its own kind that derives from BaseException."""
    try:
        yield
    except BaseException as fault:
        if isinstance(fault, Exception) or type(fault).__name__ == "PanicException":
            raise _damaged(shown, fault) from fault
        raise


class Extent:
    """How far the cells of a worksheet reach, gathered from its XML block by block."""

    def __init__(self, shown: str) -> None:
        self._shown, self._rest = shown, b""
        self._rows, self._columns = 1, 1

    def add(self, block: bytes) -> None:
        """The next block; `UnreadableExport` once the sheet's rectangle has more cells than memory should hold."""
        text = self._rest + block
        self._rest = text[-40:]
        references = set(_COLUMN.findall(text))
        self._columns = max(self._columns, *(_column_number(name) for name in references), 1)
        self._rows = max(self._rows, *(int(number) for number in _ROW.findall(text)), 1)
        if self._rows * self._columns > _MOST_CELLS:
            raise UnreadableExport(
                f"{self._shown}: a sheet reaches to row {self._rows:,} and column {self._columns:,}: too large to read.",
                advice="Delete stray cells far below or right of the table, or save the sheet as CSV and import that.",
            )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


@dataclass(slots=True)
class _SpreadsheetMl(RowSource):
    path: Path
    shown: str
    index: int

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        sheet, number = -1, 0
        for event, element in _parsed(self.path, self.shown):
            if element.tag == f"{_SS}Worksheet":
                if event == "start":
                    sheet += 1
                elif sheet == self.index:
                    return
                else:
                    element.clear()
            elif event == "end" and element.tag == f"{_SS}Row":
                if sheet == self.index:
                    number = _index(element, number + 1)
                    yield number, _ml_cells(element)
                element.clear()


def spreadsheetml_tables(path: Path, shown: str) -> list[SheetTable]:
    """The sheets of an XML Spreadsheet 2003 file, which Facebook Insights named .xls."""
    names: list[str] = []
    for event, element in _parsed(path, shown):
        if event == "start" and element.tag == f"{_SS}Worksheet":
            names.append(element.get(f"{_SS}Name") or f"Sheet {len(names) + 1}")
        elif event == "end" and element.tag == f"{_SS}Row":
            element.clear()
    return [SheetTable(shown, name, _SpreadsheetMl(path, shown, index)) for index, name in enumerate(names)]


def _parsed(path: Path, shown: str) -> "Iterator[tuple[str, Element]]":
    try:
        yield from iterparse(str(path), events=("start", "end"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as fault:
        raise _damaged(shown, fault) from fault


def _index(element: Element, otherwise: int) -> int:
    said = element.get(f"{_SS}Index", "")
    return int(said) if said.isdecimal() and otherwise <= int(said) <= 1_048_576 else otherwise


def _ml_cells(row: Element) -> list[Cell]:
    cells: list[Cell] = []
    for element in row.iter(f"{_SS}Cell"):
        column = _index(element, len(cells) + 1)
        if column > _MOST_COLUMNS:
            break
        cells.extend([None] * (column - 1 - len(cells)))
        cells.append(_ml_value(element.find(f"{_SS}Data")))
    return cells


def _ml_value(data: Element | None) -> Cell:
    if data is None:
        return None
    value = "".join(data.itertext())
    if data.get(f"{_SS}Type") == "DateTime":
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value or None


def _damaged(shown: str, fault: BaseException) -> UnreadableExport:
    said = " ".join(str(fault).split())[:200]
    return UnreadableExport(f"{shown}: the spreadsheet is damaged or not complete ({said}).", advice=_AGAIN)
