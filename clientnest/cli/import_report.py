"""How an import looks in a terminal: progress while it runs, then one line per file and what was set aside."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from clientnest.exports import Recognition
from clientnest.imports.entries import FileEntry

_SHOWN_REJECTS = 5


def print_json(files: Sequence[FileEntry]) -> None:
    """Exactly one JSON object on stdout."""
    print(json.dumps({"files": list(files)}, ensure_ascii=False, indent=2))


@contextmanager
def progress(*, quiet_lines: bool = False) -> Iterator[Callable[[str, float | None], None]]:
    """A bar on stderr where that is a terminal; elsewhere a line per step, or none. Call with the step and how far."""
    console = Console(stderr=True)
    if not console.is_terminal:
        said: set[str] = set()

        def line(step: str, _done: float | None) -> None:
            if step not in said and not quiet_lines:
                said.add(step)
                console.print(step, markup=False, highlight=False, soft_wrap=True)

        yield line
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), BarColumn(bar_width=30), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("", total=None)
        yield lambda step, done: bars.update(task, description=step, total=1.0, completed=done or 0.0)


def print_files(files: Sequence[FileEntry], report: Path | None) -> None:
    """The table of files, then warnings, rejected rows and refused files in sentences."""
    console = _console()
    table = Table(box=None, pad_edge=False)
    for name, align in (("File", "left"), ("Format", "left"), ("Rows", "right"), ("Accepted", "right"),
                        ("Rejected", "right"), ("Posts", "right"), ("Captured", "left")):  # fmt: skip
        table.add_column(name, justify=align, no_wrap=True)  # type: ignore[arg-type]
    for entry in files:
        table.add_row(
            _short(entry["file"]),
            entry["format"] or "not recognised",
            *(f"{entry[key]:,}" for key in ("rows", "accepted", "rejected_count", "posts")),  # type: ignore[literal-required]
            (entry["captured_at"] or "")[:10],
        )
    console.print(table)
    for warning, count in Counter(warning for entry in files for warning in entry["warnings"]).items():
        _say(console, f"Note: {warning}" + (f" ({count} files)" if count > 1 else ""))
    for entry in files:
        if entry["error"]:
            _say(console, f"Not imported: {entry['error']['message']}")
            if entry["error"].get("advice"):
                _say(console, f"  {entry['error']['advice']}")
    _print_rejects(console, files, report)


def print_columns(name: str, known: Recognition) -> None:
    """What a file was recognised as, and what becomes of each of its columns."""
    console = _console()
    _say(console, f"{name}: {known.label} ({known.format}), numbers as of {known.captured_at:%Y-%m-%d %H:%M} UTC")
    used = [f"{use.column} → {use.field}" for use in known.columns if use.field is not None]
    unused = [use.column for use in known.columns if use.field is None]
    _say(console, "  " + "; ".join(used))
    if unused:
        _say(console, "  not used: " + "; ".join(unused))


def _print_rejects(console: Console, files: Sequence[FileEntry], report: Path | None) -> None:
    rejected: list[tuple[str, dict[str, Any]]] = [(entry["file"], row) for entry in files for row in entry["rejected"]]
    total = sum(entry["rejected_count"] for entry in files)
    for file, row in rejected[:_SHOWN_REJECTS]:
        _say(console, f"Rejected: {file}, row {row['row']}: {row['reason']}")
    if total > _SHOWN_REJECTS:
        _say(console, f"… and {total - _SHOWN_REJECTS:,} more.")
    say_where(report)


def say_where(report: Path | None) -> None:
    """Name the CSV of rejected rows, on stderr, where there is one."""
    if report is not None:
        _say(Console(stderr=True, soft_wrap=True, highlight=False), f"Every rejected row with its reason: {report}")


def _console() -> Console:
    """stdout; as wide as the table needs where it is no terminal."""
    console = Console(soft_wrap=True, highlight=False)
    return console if console.is_terminal else Console(soft_wrap=True, highlight=False, width=140)


def _short(name: str, limit: int = 44) -> str:
    """A long name without its middle: networks put what differs at both ends."""
    return name if len(name) <= limit else f"{name[: limit // 2 - 1]}…{name[-limit // 2 :]}"


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False)
