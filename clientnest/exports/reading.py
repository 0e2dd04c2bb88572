"""Opening an export: which format it is, when it was captured, and its rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from types import TracebackType

from clientnest.exports import bluesky, facebook_insights, linkedin, meta, plain, tiktok, x, youtube
from clientnest.exports.container import Document, documents
from clientnest.exports.model import (
    CapturedAtSource,
    ExportFile,
    ReadOptions,
    Recognition,
    UnreadableExport,
    shorten,
)
from clientnest.exports.names import period_in_name
from clientnest.exports.plan import Context, Format, Plan
from clientnest.exports.table import Sheet
from clientnest.records import CaptureRow, PeriodRow, PostRow, RejectedRow

FORMATS: tuple[Format, ...] = (
    x.recognise, facebook_insights.recognise, meta.recognise, youtube.recognise, tiktok.recognise, linkedin.recognise,
    bluesky.recognise, plain.recognise,
)  # fmt: skip


def open_export(file: ExportFile | Path, options: ReadOptions | None = None) -> "ExportReading":
    """Recognise a file by its content. `UnreadableExport` says why a file cannot be read; then none of it is used."""
    opened = file if isinstance(file, ExportFile) else ExportFile.at(file)
    options = plain.check_column_map(options or ReadOptions())
    tried: list[tuple[Document, list[Sheet]]] = []
    for document in documents(opened):
        sheets = [Sheet.of(table) for table in document.tables]
        tried.append((document, sheets))
        for recognise in FORMATS:
            plan = recognise(document, sheets, options)
            if plan is not None:
                return ExportReading(opened, document, plan, options)
    raise _unknown(opened, tried)


def _unknown(file: ExportFile, tried: list[tuple[Document, list[Sheet]]]) -> UnreadableExport:
    document, sheets = tried[0]
    if document.json is not None:
        return UnreadableExport(
            f"{file.name} is JSON, but not an answer of Bluesky's getAuthorFeed.",
            advice="For other networks import the CSV or Excel file they export.",
        )
    headers = [header for header in (sheet.top() for sheet in sheets) if header is not None]
    if not headers:
        return UnreadableExport(f"{file.name} has no table in it.", advice="Export the file again.")
    names = [name.replace("\ufeff", "") for name in headers[0].names if name]
    shown = ", ".join(repr(shorten(name, 40)) for name in names[:12]) + (", …" if len(names) > 12 else "")
    return UnreadableExport(
        f"{file.name}: its columns ({shown}) are of no export that is known.",
        advice="If the headers are in another language, export with the network set to English, or name the columns: "
        '--network instagram --map "Their header=post_id" --map "Their other header=likes".',
        details={"columns": names},
    )


def _captured(file: ExportFile, plan: Plan, options: ReadOptions) -> tuple[datetime, CapturedAtSource]:
    """In this order: a time inside the file, the period end in its name, the option, the modification time."""
    if plan.captured_at is not None:
        return plan.captured_at.astimezone(UTC), "file"
    named = period_in_name(file.name, end_included=plan.end_included, single_day=plan.single_day)
    if named is not None:
        return named.captured_at, "name"
    if options.captured_at is not None:
        return options.captured_at.astimezone(UTC), "option"
    return (options.modified_at or file.modified_at).astimezone(UTC), "modified"


@dataclass(slots=True)
class _Tally:
    rows: int = 0
    accepted: int = 0
    first: date | None = None
    last: date | None = None

    def day(self, first: date, last: date) -> None:
        self.first = first if self.first is None or first < self.first else self.first
        self.last = last if self.last is None or last > self.last else self.last


class ExportReading:
    """A recognised export. Iterating streams `CaptureRow | RejectedRow`, once; `rows`, `accepted`, `period` and
    `warnings` are final after that. `rows` counts data rows: no header, description or totals."""

    def __init__(self, file: ExportFile, document: Document, plan: Plan, options: ReadOptions) -> None:
        captured_at, source = _captured(file, plan, options)
        self.file = file
        self._plan, self._tally = plan, _Tally()
        self._context = Context(captured_at, options)
        self._stream = plan.stream(self._context)
        self._first = next(self._stream, None)
        warnings = [*document.warnings, *plan.warnings]
        if self._first is None:
            warnings.append("The file has its columns but no rows below them, so there is nothing to import.")
        if source == "modified":
            warnings.append(
                "Nothing says when these numbers were true, so the file's modification time "
                f"({captured_at:%Y-%m-%d %H:%M} UTC) was taken. Say another with --captured-at."
            )
        if not plan.names_account and not options.account:
            warnings.append('The file does not name its account; it was kept as "unnamed". Name it with --account.')
        self.recognition = Recognition(
            plan.format, plan.label, plan.network, plan.columns, captured_at, source, tuple(warnings)
        )

    @property
    def rows(self) -> int:
        return self._tally.rows

    @property
    def accepted(self) -> int:
        return self._tally.accepted

    @property
    def period(self) -> tuple[date, date] | None:
        """First and last day of what was accepted: of publication for posts, of the periods for days; None where the
        file says neither."""
        tally = self._tally
        return None if tally.first is None or tally.last is None else (tally.first, tally.last)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The recognition's warnings and those that showed while the rows were read."""
        late = (self._plan.late[key].format(count=count) for key, count in sorted(self._context.late.items()))
        return (*self.recognition.warnings, *late)

    def __iter__(self) -> Iterator[CaptureRow | RejectedRow]:
        tally = self._tally
        first, self._first = self._first, None
        for row in chain(() if first is None else (first,), self._stream):
            tally.rows += 1
            if not isinstance(row, RejectedRow):
                tally.accepted += 1
                if isinstance(row, PostRow):
                    if row.published_at is not None:
                        day = row.published_at.date()
                        tally.day(day, day)
                elif isinstance(row, PeriodRow) and self._plan.says_period:
                    tally.day(row.period_start, row.period_end)
            yield row

    def __enter__(self) -> "ExportReading":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        close = getattr(self._stream, "close", None)
        if close is not None:
            close()
