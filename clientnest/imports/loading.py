"""One file of an import: from export to `raw` in one transaction, together with what is said about it."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg2
from psycopg2.extensions import connection as Connection
from sqlalchemy import Row

from clientnest import jobs
from clientnest.db import session
from clientnest.errors import BadInput, ClientNestError, Unavailable
from clientnest.exports import ExportFile, ExportReading, ReadOptions, open_export
from clientnest.imports.options import ImportOptions
from clientnest.imports.rejects import Rejects
from clientnest.imports.staging import uploads
from clientnest.records import CaptureRow, RejectedRow
from clientnest.warehouse.write import LoadCounts, write_capture

_TELL_EVERY = 1.0  # seconds

_IMPORTED = """
UPDATE app.import_file SET state = 'imported', format = %(format)s, captured_at = %(captured_at)s,
    captured_at_source = %(captured_at_source)s, rows = %(rows)s, accepted = %(accepted)s, rejected = %(rejected)s,
    rejected_count = %(rejected_count)s, posts = %(posts)s, snapshots = %(snapshots)s, period_from = %(period_from)s,
    period_to = %(period_to)s, warnings = %(warnings)s, error = NULL, finished_at = now()
WHERE workspace_id = %(workspace_id)s AND id = %(id)s AND state = 'waiting'
"""
_REFUSED = """
UPDATE app.import_file SET state = 'refused', rows = %(rows)s, accepted = 0, rejected = %(rejected)s,
    rejected_count = %(rejected_count)s, error = %(error)s, finished_at = now()
WHERE workspace_id = %(workspace_id)s AND id = %(id)s AND state = 'waiting'
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a file. `changed`: something was written that was not there before."""

    imported: bool
    changed: bool = False
    rejected: int = 0
    snapshots: int = 0
    days: frozenset[date] = field(default_factory=frozenset)


@dataclass(slots=True)
class _Stream:
    """The rows of a reading on their way to the warehouse: rejected ones are set aside, days are noted."""

    reading: ExportReading
    rejects: Rejects
    tell: Callable[[int], None]
    days: set[date] = field(default_factory=set)

    def __iter__(self) -> Iterator[CaptureRow]:
        told = time.monotonic()
        for seen, row in enumerate(self.reading, start=1):
            if isinstance(row, RejectedRow):
                self.rejects.add(row)
            else:
                self.days.add(row.captured_at.date())
                yield row
            if seen % 1024 == 0 and time.monotonic() - told > _TELL_EVERY:
                told = time.monotonic()
                self.tell(seen)


class NothingUsable(BadInput):
    """A file of a known format without a single row that can be used."""

    code = "nothing-usable"


class _AlreadyIn(Exception):
    """Another attempt at the job, which had lost its lease but not ended yet, wrote the file first."""


def load(
    job: jobs.Job, row: Row[Any], options: ImportOptions, *, run_id: str | None, tell: Callable[[int], None]
) -> Loaded:
    """Read and write one waiting file (a row of `app.import_file`); `tell` hears of the rows read, once a second.

    Where it cannot be used, nothing of it is written and its row says why. Raises `Unavailable` where the database
    went away.
    """
    file = ExportFile(Path(row.stored_path), row.name, row.size_bytes, row.modified_at)
    rejects = Rejects(row.name, rejects_path(job, row.position))
    if not file.path.exists():
        gone = BadInput(f"{row.name}: its copy in {file.path.parent} is gone.", advice="Import the file again.")
        return _refuse(row, gone, rejects)
    try:
        return _write(job.workspace_id, row, file, options.reading(row.modified_at), rejects, run_id=run_id, tell=tell)
    except _AlreadyIn:
        return earlier(row)
    except BadInput as error:
        return _refuse(row, error, rejects)
    except psycopg2.DataError as error:
        said = str(error).strip().splitlines()[0]
        refusal = BadInput(
            f"{row.name}: the database does not take a value of this file ({said}).",
            advice="Export it again; if it happens again, please report it with this message.",
        )
        return _refuse(row, refusal, rejects)
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        said = (str(error).strip().splitlines() or ["the connection was closed"])[0]
        raise Unavailable(
            f"The database went away while {row.name} was written: {said}",
            advice="Nothing of that file was kept; it is tried again.",
        ) from error


def earlier(row: Row[Any]) -> Loaded:
    """What is known of a file that an earlier attempt wrote."""
    days = frozenset({row.captured_at.date()}) if row.captured_at else frozenset()
    return Loaded(True, rejected=row.rejected_count or 0, snapshots=row.snapshots or 0, days=days)


def usable(name: str, reading: ExportReading) -> None:
    """Raises `NothingUsable` after reading a file that gave no row."""
    if reading.accepted:
        return
    if reading.rows:
        raise NothingUsable(
            f"{name}: none of its {reading.rows:,} rows can be used.",
            advice="The list of rejected rows gives the reason of each.",
        )
    raise NothingUsable(f"{name}: there are no rows under the header.", advice="Export a period that has posts.")


def rejects_path(job: jobs.Job, position: int) -> Path:
    """Where a file's rejected rows are collected, beside its copy."""
    return uploads(job.workspace_id, job.id) / f"{position:05d}.rejected.csv"


def _write(
    workspace_id: UUID, row: Row[Any], file: ExportFile, options: ReadOptions, rejects: Rejects, *,
    run_id: str | None, tell: Callable[[int], None],
) -> Loaded:  # fmt: skip
    with session.etl() as connection, open_export(file, options) as reading, rejects:
        stream = _Stream(reading, rejects, tell)
        counts = write_capture(
            connection,
            workspace_id,
            stream,
            source=f"export:{reading.recognition.format}",
            import_file_id=row.id,
            run_id=run_id,
        )
        usable(row.name, reading)
        _note(connection, row, reading, rejects, counts)
    return Loaded(True, counts.load_id is not None, rejects.total, counts.snapshots, frozenset(stream.days))


def _note(connection: Connection, row: Row[Any], reading: ExportReading, rejects: Rejects, counts: LoadCounts) -> None:
    known = reading.recognition
    period = reading.period
    with connection.cursor() as cursor:
        cursor.execute(
            _IMPORTED,
            {
                "workspace_id": str(row.workspace_id),
                "id": str(row.id),
                "format": known.format,
                "captured_at": known.captured_at,
                "captured_at_source": known.captured_at_source,
                "rows": reading.rows,
                "accepted": reading.accepted,
                "rejected": json.dumps(rejects.kept),
                "rejected_count": rejects.total,
                "posts": counts.posts,
                "snapshots": counts.snapshots,
                "period_from": period[0] if period else None,
                "period_to": period[1] if period else None,
                "warnings": json.dumps(reading.warnings),
            },
        )
        if cursor.rowcount != 1:
            raise _AlreadyIn


def _refuse(row: Row[Any], error: ClientNestError, rejects: Rejects) -> Loaded:
    with session.etl() as connection, connection.cursor() as cursor:
        cursor.execute(
            _REFUSED,
            {
                "workspace_id": str(row.workspace_id),
                "id": str(row.id),
                "rows": rejects.total,
                "rejected": json.dumps(rejects.kept),
                "rejected_count": rejects.total,
                "error": json.dumps(error.as_dict()),
            },
        )
    return Loaded(imported=False, rejected=rejects.total)
