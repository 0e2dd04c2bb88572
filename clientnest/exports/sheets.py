"""Spreadsheet files as tables: .xlsx, .xls of 1997 (BIFF), and the XML spreadsheets of Facebook Insights."""

import json
import shutil
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from clientnest.exports import unpack_workbook
from clientnest.exports.model import UnreadableExport, shorten
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
class _Unpacked(RowSource):
    """A sheet written out as JSON lines. `keep` holds what removes the folder when the last sheet is let go."""

    path: Path
    keep: object

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        with self.path.open(encoding="ascii") as lines:
            for number, line in enumerate(lines, start=1):
                cells = json.loads(line)
                if "{" in line:
                    cells = [_cell(cell) if isinstance(cell, dict) else cell for cell in cells]
                yield number, cells


def _cell(cell: dict[str, Any]) -> Cell:
    """A cell as `unpack_workbook` writes what JSON has no form for."""
    ((kind, value),) = cell.items()
    if kind == "seconds":
        return timedelta(seconds=value)
    if kind == "datetime":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if kind == "date" else time.fromisoformat(value)


class _Folder:
    """A temporary folder that goes when nobody holds it any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="clientnest-workbook-"))
        self.remove = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def workbook_tables(path: Path, shown: str) -> list[SheetTable]:
    """The sheets of an .xlsx file or of a binary .xls file (BIFF), unpacked by a process with bounded memory."""
    folder = _Folder()
    done = subprocess.run(
        [sys.executable, "-I", unpack_workbook.__file__, str(path), str(folder.path)],
        capture_output=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode != 0:
        raise _unpacking_failed(shown, done.stderr.decode(errors="replace"))
    names: list[str] = json.loads((folder.path / "sheets.json").read_text(encoding="ascii"))
    return [
        SheetTable(shown, name, _Unpacked(folder.path / f"{number}.jsonl", folder)) for number, name in enumerate(names)
    ]


def _unpacking_failed(shown: str, said: str) -> UnreadableExport:
    last = said.strip().splitlines()[-1] if said.strip() else "the reader was stopped"
    if any(sign in said for sign in ("memory allocation", "capacity overflow", "MemoryError")):
        return UnreadableExport(
            f"{shown}: reading this spreadsheet takes more memory than a table needs.",
            advice="It is damaged, or has stray cells far below or right of its table: delete them, or save as CSV.",
        )
    if "No space left" in last:
        return UnreadableExport(f"{shown} could not be unpacked: the disk is full.", advice="Make room and try again.")
    return _damaged(shown, last)


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


def _damaged(shown: str, fault: object) -> UnreadableExport:
    said = shorten(fault, 160)
    return UnreadableExport(f"{shown}: the spreadsheet is damaged or not complete ({said}).", advice=_AGAIN)
