"""An import's work: each file read and written in one transaction of its own, and the summary of what came of it.

Run again from the start, after any interruption, it ends with the same totals: files that went in are skipped, and
writing a capture twice is the same as writing it once.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from clientnest import jobs, settings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.imports import import_file as file_table
from clientnest.imports import loading
from clientnest.imports.entries import FileEntry, period
from clientnest.imports.loading import Loaded
from clientnest.imports.options import ImportOptions
from clientnest.imports.rejects import write_report
from clientnest.imports.staging import KIND, SourceFile, stage, uploads

__all__ = ["KIND", "ImportOptions", "ImportOutcome", "SourceFile", "clean_up", "run", "stage", "summary"]

Report = Callable[[str, float], None]
"""Told what is being done (a sentence's beginning) and how far it is, from 0 to 1; may raise to stop the work."""


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import left in `raw`. `imported`, `refused`, `changed`: files, those that went in, those that could not
    be used, those that said something new. `days`: the UTC days of `captured_at` that the files speak of."""

    imported: int
    refused: int
    changed: int
    rejected_rows: int
    snapshots: int
    days: frozenset[date] = field(default_factory=frozenset)

    def as_result(self) -> dict[str, Any]:
        """As kept with the job."""
        return {
            "imported": self.imported,
            "refused": self.refused,
            "changed": self.changed,
            "rejected_rows": self.rejected_rows,
            "snapshots": self.snapshots,
        }


def run(job: jobs.Job, *, run_id: str | None = None, report: Report) -> ImportOutcome:
    """Write the job's files, in order, each in one transaction; a refused one changes nothing and stops no other.

    Raises `TransientError` where the database went away: run it again. Anything `report` raises ends the work.
    """
    options = ImportOptions.from_params(job.params["options"])
    files = _files(job)
    size = sum(row.size_bytes for row in files) or 1
    written: list[Loaded] = []
    behind = 0
    for row in files:
        share, before = row.size_bytes / size, behind / size
        if row.state == "waiting":

            def tell(rows: int, row: Row[Any] = row, before: float = before) -> None:
                report(f"reading {row.name}" + (f" ({rows:,} rows so far)" if rows else ""), before)

            tell(0)
            written.append(loading.load(job, row, options, run_id=run_id, tell=tell))
        elif row.state == "imported":
            written.append(loading.earlier(row))
        behind += row.size_bytes
        report(f"read {row.name}", before + share)
    refused = len(files) - sum(1 for done in written if done.imported)
    write_report((loading.rejects_path(job, row.position) for row in files), rejects_report(job.workspace_id, job.id))
    return ImportOutcome(
        imported=len(files) - refused,
        refused=refused,
        changed=sum(1 for done in written if done.changed),
        rejected_rows=sum(done.rejected for done in written),
        snapshots=sum(done.snapshots for done in written),
        days=frozenset().union(*(done.days for done in written)),
    )


def summary(connection: Connection, workspace_id: UUID, job_id: UUID) -> dict[str, Any]:
    """`{"job": {...}, "report": path or None, "files": [{file, format, rows, accepted, rejected, posts, snapshots,
    period, state, …}]}`, as JSON takes it. `NotFound` where the workspace has no such import."""
    job = jobs.get(connection, workspace_id, job_id)
    rows = connection.execute(
        select(file_table)
        .where(file_table.c.workspace_id == workspace_id, file_table.c.job_id == job_id)
        .order_by(file_table.c.position)
    )
    report = rejects_report(workspace_id, job_id)
    return {
        "job": {
            "id": str(job.id),
            "state": job.state,
            "step": job.step,
            "progress": job.progress,
            "error": job.error,
            "attempts": job.attempts,
            "created_at": job.created_at.isoformat(),
            "finished_at": job.finished_at.isoformat() if job.finished_at else None,
        },
        "report": str(report) if report.exists() else None,
        "files": [_entry(row) for row in rows],
    }


def rejects_report(workspace_id: UUID, job_id: UUID) -> Path:
    """The CSV of all rows of an import that could not be used."""
    return settings.core().home / "reports" / str(workspace_id) / f"import-{job_id}-rejected.csv"


def clean_up(job: jobs.Job) -> None:
    """Remove the copies of a closed import's files; its rows and its report stay."""
    shutil.rmtree(uploads(job.workspace_id, job.id), ignore_errors=True)


def _files(job: jobs.Job) -> list[Row[Any]]:
    with session.tenant(Role.ETL) as connection:
        return list(
            connection.execute(
                select(file_table)
                .where(file_table.c.workspace_id == job.workspace_id, file_table.c.job_id == job.id)
                .order_by(file_table.c.position)
            )
        )


def _entry(row: Row[Any]) -> FileEntry:
    return {
        "file": row.name,
        "format": row.format,
        "rows": row.rows or 0,
        "accepted": row.accepted or 0,
        "rejected": row.rejected,
        "rejected_count": row.rejected_count or 0,
        "posts": row.posts or 0,
        "snapshots": row.snapshots or 0,
        "period": period(row.period_from, row.period_to),
        "state": row.state,
        "captured_at": row.captured_at.isoformat() if row.captured_at else None,
        "captured_at_source": row.captured_at_source,
        "warnings": row.warnings,
        "error": row.error,
    }
