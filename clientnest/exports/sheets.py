"""Spreadsheet files as tables: .xlsx (streamed), .xls of 1997 (BIFF), and the XML spreadsheets of Facebook Insights."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import openpyxl
import python_calamine
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from openpyxl.utils.exceptions import InvalidFileException

from clientnest.exports.model import UnreadableExport
from clientnest.exports.values import Cell

_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_MOST_COLUMNS = 16_384
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
class _Xlsx(RowSource):
    path: Path
    shown: str
    sheet: str

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        try:
            with self.path.open("rb") as opened:  # by its content: uploads are kept without an extension
                sheet: Any = openpyxl.load_workbook(opened, read_only=True, data_only=True)[self.sheet]
                sheet.reset_dimensions()
                yield from enumerate(sheet.iter_rows(values_only=True), start=1)
        except _XLSX_FAULTS as fault:
            raise _damaged(self.shown, fault) from fault


_XLSX_FAULTS = (
    zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, EOFError, OSError, ParseError,
    DefusedXmlException, AttributeError, IndexError,
)  # fmt: skip


def xlsx_tables(path: Path, shown: str) -> list[SheetTable]:
    """The sheets of an .xlsx file; the archive's size has been checked before."""
    try:
        with path.open("rb") as opened:
            names = [sheet.title for sheet in openpyxl.load_workbook(opened, read_only=True, data_only=True).worksheets]
    except _XLSX_FAULTS as fault:
        raise _damaged(shown, fault) from fault
    return [SheetTable(shown, name, _Xlsx(path, shown, name)) for name in names]


@dataclass(slots=True)
class _Loaded(RowSource):
    loaded: list[list[Cell]]
    first: int = 1

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        return enumerate(self.loaded, start=self.first)


def xls_tables(path: Path, shown: str) -> list[SheetTable]:
    """The sheets of a binary .xls file, which holds at most 65,536 rows each and is read into memory."""
    try:
        with python_calamine.CalamineWorkbook.from_path(str(path)) as book:
            tables = []
            for name in book.sheet_names:
                cells: list[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                tables.append(SheetTable(shown, name, _Loaded([[_nothing(c) for c in row] for row in cells])))
            return tables
    except (python_calamine.CalamineError, OSError, ValueError) as fault:
        raise _damaged(shown, fault) from fault


def _nothing(cell: Cell) -> Cell:
    return None if cell == "" else cell


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
