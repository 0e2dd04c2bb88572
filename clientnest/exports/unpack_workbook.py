"""A program of its own: writes the sheets of a workbook as JSON lines, one file per sheet.

    python unpack_workbook.py WORKBOOK FOLDER

It runs apart from the rest because a damaged workbook can make its parser ask for any amount of memory; here that ends
this process and nothing else. A row is a JSON list; a cell is a string, number, boolean, null, or `{"datetime": ...}`,
`{"date": ...}`, `{"time": ...}` in ISO form, or `{"seconds": ...}` for a duration. `sheets.json` lists the names.
"""

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import python_calamine

MEMORY_BYTES = 3 * 1024**3
CPU_SECONDS = 600


def main(workbook: str, folder: Path) -> None:
    _limit()
    book = python_calamine.CalamineWorkbook.from_path(workbook)
    for number, name in enumerate(book.sheet_names):
        with (folder / f"{number}.jsonl").open("w", encoding="ascii") as out:
            for row in book.get_sheet_by_name(name).iter_rows():
                cells = [_plain(cell) for cell in row]
                while cells and cells[-1] is None:
                    cells.pop()
                out.write(json.dumps(cells))
                out.write("\n")
    (folder / "sheets.json").write_text(json.dumps(book.sheet_names), encoding="ascii")


def _limit() -> None:
    """Bound memory and time where the system can (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _plain(cell: Any) -> Any:
    if cell == "":
        return None
    if isinstance(cell, dt.datetime):
        return {"datetime": cell.isoformat()}
    if isinstance(cell, dt.date):
        return {"date": cell.isoformat()}
    if isinstance(cell, dt.time):
        return {"time": cell.isoformat()}
    if isinstance(cell, dt.timedelta):
        return {"seconds": cell.total_seconds()}
    return cell


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
