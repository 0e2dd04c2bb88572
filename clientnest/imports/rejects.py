"""Rows that could not be used: kept for the summary, and all of them in a CSV that opens in a spreadsheet."""

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from clientnest.records import RejectedRow

KEPT = 10_000
"""Rejected rows per file that a summary lists; the CSV lists all."""

_HEADER = ("file", "row", "field", "value", "reason")
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_NUMBER = re.compile(r"^[+-]?[\d.,]+%?$")


class Rejects:
    """The rejected rows of one file. `kept` are the first `KEPT`, as a summary shows them; `total` counts all.

    The CSV at `path` is made with the first row; one left by an earlier attempt goes when work on the file begins.
    """

    def __init__(self, file: str, path: Path | None) -> None:
        self.kept: list[dict[str, Any]] = []
        self.total = 0
        self._file = file
        self._path = path
        self._handle: Any = None

    def add(self, row: RejectedRow) -> None:
        self.total += 1
        if len(self.kept) < KEPT:
            self.kept.append({"row": row.row, "field": row.field, "value": row.value, "reason": row.reason})
        if self._path is not None:
            if self._handle is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._handle = self._path.open("w", encoding="utf-8", newline="")
            cells = (self._file, row.row, row.field or "", row.value or "", row.reason)
            csv.writer(self._handle).writerow([_harmless(cell) for cell in cells])

    def __enter__(self) -> Self:
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            self._handle.close()


def write_report(parts: Iterable[Path], path: Path) -> Path | None:
    """Join the files' rejected rows into one CSV (UTF-8 with a mark that spreadsheets recognise); None if there are
    none. Written whole or not at all."""
    existing = [part for part in parts if part.exists()]
    if not existing:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8-sig", newline="") as report:
        csv.writer(report).writerow(_HEADER)
        for part in existing:
            with part.open(encoding="utf-8", newline="") as lines:
                while block := lines.read(1 << 20):
                    report.write(block)
    fresh.replace(path)
    return path


def _harmless(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(cell).replace("\0", "")
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text
