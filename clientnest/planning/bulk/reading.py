"""From a file to rows: finding its table, settling the order of its dates, and reading row by row."""

import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from clientnest import settings
from clientnest.errors import BadInput
from clientnest.exports import dates, months
from clientnest.exports.container import Document, documents
from clientnest.exports.dates import DateReader
from clientnest.exports.model import DateOrder, ExportFile, shorten
from clientnest.exports.table import Cells, Sheet, shape_fault
from clientnest.exports.values import BadValue, Cell
from clientnest.planning.bulk.cells import RowReader
from clientnest.planning.bulk.columns import FIELDS, Mapped, mapped
from clientnest.planning.bulk.formulas import formulas
from clientnest.planning.bulk.model import BulkPlan, BulkRow, DateQuestion, Problem

_LARGEST_UNPACKED = 10  # times the size that a file may have
_AGAIN = "Save the file again, and look at this row."
Numbered = Sequence[tuple[int, Cells]]


def read_bulk(
    file: ExportFile, place: ZoneInfo, *, date_order: DateOrder | None = None, now: datetime | None = None
) -> BulkPlan:
    """Read a file of posts to schedule. `place`: the zone of rows that name none; `date_order`: the answer to the
    question about dates, if one was asked.

    `BadInput` for a file that cannot be used as a whole: too large, no table, no column that says when or what.
    """
    _check_size(file)
    document, columns = _table(file)
    rows = _rows(columns, file.name)
    title, place_of_dates = columns.title("date"), columns.at["date"]
    column = [(number, cells[place_of_dates]) for number, cells in rows if place_of_dates < len(cells)]
    question = None if date_order else _question(title, column)
    if question is not None:
        return BulkPlan(question=question, warnings=document.warnings, ignored=columns.ignored)
    written = [cell for _, cell in column]
    shown = dates.order_shown(written)
    order = date_order or (None if shown == "both" else shown)
    reader = RowReader(
        columns, DateReader(order, months.languages_with(dates.month_words(written))), place, now or datetime.now(UTC),
        formulas(file.path, file.name, columns.header.sheet.table.name),
    )  # fmt: skip
    good: list[BulkRow] = []
    problems: list[Problem] = []
    for number, cells in rows:
        fault = shape_fault(columns.header.sheet.table, number, cells, len(columns.header.names))
        found = [Problem(number, None, None, fault, _AGAIN)] if fault else reader.read(number, cells)
        if isinstance(found, BulkRow):
            good.append(found)
        else:
            problems += found
    return BulkPlan(tuple(good), tuple(problems), None, document.warnings, columns.ignored)


def _check_size(file: ExportFile) -> None:
    most = settings.planning().bulk_max_bytes
    if file.size > most:
        raise BadInput(f"{file.name} has {file.size:,} bytes; the limit is {most:,}.", advice="Split it into several.")
    if not zipfile.is_zipfile(file.path):
        return
    try:
        with zipfile.ZipFile(file.path) as packed:
            unpacked = sum(one.file_size for one in packed.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise BadInput(f"{file.name} is damaged.", advice="Save it again, or as CSV.") from error
    if unpacked > most * _LARGEST_UNPACKED:
        raise BadInput(f"{file.name} is too large once it is unpacked.", advice="Keep only the table, or save as CSV.")


def _table(file: ExportFile) -> tuple[Document, Mapped]:
    found = documents(file)
    for document in found:
        columns = mapped((Sheet.of(table) for table in document.tables), file.name)
        if columns is not None:
            return document, columns
    tops = [Sheet.of(table).top() for document in found for table in document.tables]
    names = next((top.names for top in tops if top is not None), ())
    said = ", ".join(repr(shorten(name, 40)) for name in names[:12] if name)
    raise BadInput(
        f"{file.name} has no columns that say when and what to post." + (f" It has {said}." if said else ""),
        advice=f"Name its columns as the template does: {', '.join(FIELDS)}. It needs a date, and a text or media.",
    )


def _rows(columns: Mapped, shown: str) -> Numbered:
    most = settings.planning().bulk_max_rows
    found: list[tuple[int, Cells]] = []
    for number, cells in columns.header.sheet.table.rows():
        if number <= columns.header.row or all(cell is None or not str(cell).strip() for cell in cells):
            continue
        if len(found) >= most:
            raise BadInput(f"{shown} has more than {most:,} rows.", advice="Split it into several files.")
        found.append((number, cells))
    return found


def _question(title: str, column: Sequence[tuple[int, Cell]]) -> DateQuestion | None:
    """What has to be asked about the dates of a column; None where they can be read in one way only."""
    cells = [cell for _, cell in column]
    shown, unclear = dates.order_shown(cells), dates.has_ambiguous(cells)
    why: Literal["either", "contradicting", "converted"]
    if shown == "both":
        why = "contradicting"
    elif (shown or unclear) and any(isinstance(cell, date) for cell in cells):
        why = "converted"
    elif shown is None and unclear:
        why = "either"
    else:
        return None
    numbered = [pair for pair in column if isinstance(pair[1], str)]
    row, value = next(
        (pair for pair in numbered if dates.has_ambiguous([pair[1]]) and dates.order_shown([pair[1]]) is None),
        next(pair for pair in numbered if dates.order_shown([pair[1]]) or dates.has_ambiguous([pair[1]])),
    )
    return DateQuestion(title, why, row, shorten(value), _day(value, "mdy"), _day(value, "dmy"))


def _day(value: Cell, order: DateOrder) -> date | None:
    try:
        found = DateReader(order).read(value)
    except BadValue:
        return None
    return found.day if found else None
