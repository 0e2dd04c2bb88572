"""What a person sees while an installation starts: one line for each step, then a short table, then news."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text


@dataclass(slots=True)
class _Line:
    label: str
    state: str = "waiting"  # waiting, running, done, failed
    remark: str = ""
    began: float = 0.0
    took: float = 0.0


class TerminalDisplay:
    """Lines that change in place on a terminal; elsewhere (a log file, CI) one plain line for what happened."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lines: dict[str, _Line] = {}
        self._lock = threading.RLock()
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=8, transient=True)
        self._shown = False

    def open(self, steps: Sequence[tuple[str, str]]) -> None:
        """Show a line for each step: keys and labels, in order."""
        self._lines = {key: _Line(label) for key, label in steps}
        if self._console.is_terminal:
            self._live.start()
            self._shown = True

    def close(self) -> None:
        """Leave the lines as they are on the screen."""
        with self._lock:
            if self._shown:
                self._shown = False
                self._live.stop()
                self._console.print(self._render())

    def begin(self, key: str) -> None:
        with self._lock:
            line = self._lines[key]
            line.state, line.began = "running", time.monotonic()

    def remark(self, key: str, text: str) -> None:
        with self._lock:
            self._lines[key].remark = text

    def done(self, key: str, remark: str | None = None) -> None:
        self._settle(key, "done", remark or "")

    def fail(self, key: str, reason: str) -> None:
        self._settle(key, "failed", reason)

    def notice(self, text: str) -> None:
        with self._lock:
            now = datetime.now().astimezone()
            self._console.print(Text.assemble((f"{now:%H:%M:%S} ", "dim"), text), soft_wrap=True)

    def _settle(self, key: str, state: str, remark: str) -> None:
        with self._lock:
            line = self._lines[key]
            line.state, line.remark = state, remark
            line.took = time.monotonic() - line.began if line.began else 0.0
            if not self._console.is_terminal:
                said = f": {remark}" if remark else ""
                word = "ready" if state == "done" else "not ready"
                self._console.print(f"{line.label} {word} ({line.took:.1f} s){said}", soft_wrap=True, highlight=False)

    def _render(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for column in ({"width": 2}, {"no_wrap": True, "min_width": 22}, {"justify": "right", "width": 8}, {}):
            table.add_column(**column)
        with self._lock:
            for line in self._lines.values():
                table.add_row(*self._row(line))
        return table

    def _row(self, line: _Line) -> tuple[Text | Spinner, Text, Text, Text]:
        took = line.took if line.state in {"done", "failed"} else time.monotonic() - line.began if line.began else 0.0
        sign: Text | Spinner = {
            "waiting": Text("·", "dim"),
            "done": Text("✓", "green"),
            "failed": Text("✗", "red"),
        }.get(line.state, Text("…", "cyan"))
        if line.state == "running" and self._shown:
            sign = self._spinner
        style = "dim" if line.state == "waiting" else "red" if line.state == "failed" else ""
        return sign, Text(line.label, style), Text(f"{took:.1f} s" if took else "", "dim"), Text(line.remark, "dim")


def summary(console: Console, title: str, rows: Sequence[tuple[str, str]], notes: Sequence[str]) -> None:
    """The short table at the end: what is where, who may sign in, how to go on. Plain lines where it is no terminal."""
    if not console.is_terminal:
        for line in (title, *(f"  {label:<12} {value}" for label, value in rows), *notes):
            console.print(line, soft_wrap=True, markup=False)
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(label, Text(value))
    parts: list[Table | Text] = [table, *(Text(f"\n{note}") for note in notes)]
    console.print(Panel(Group(*parts), title=title, border_style="green", expand=False, padding=(1, 2)))
