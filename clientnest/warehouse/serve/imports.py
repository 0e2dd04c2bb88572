"""The imports of a workspace, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, func, select

from clientnest.db.tables.imports import import_file
from clientnest.db.tables.jobs import job


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """One import and its files together. `state`: queued, running, done, failed. Counts are None until known."""

    job_id: UUID
    state: str
    step: str | None
    progress: float | None
    error: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None
    files: int
    files_refused: int
    rows: int | None
    accepted: int | None
    rejected: int | None
    names: tuple[str, ...]


def imports(connection: Connection, *, limit: int = 50) -> tuple[ImportSummary, ...]:
    """The last imports, each with what became of its files."""
    file, work = import_file.c, job.c
    statement = (
        select(
            work.id, work.state, work.step, work.progress, work.error, work.created_at, work.finished_at,
            func.count(file.id).label("files"),
            func.count(file.id).filter(file.state == "refused").label("files_refused"),
            func.sum(file.rows).label("rows"),
            func.sum(file.accepted).label("accepted"),
            func.sum(file.rejected_count).label("rejected"),
            func.array_agg(file.name).filter(file.position <= 3).label("names"),
        )
        .select_from(job.outerjoin(import_file, and_(file.workspace_id == work.workspace_id, file.job_id == work.id)))
        .where(work.kind == "import")
        .group_by(work.workspace_id, work.id)
        .order_by(work.id.desc())
        .limit(limit)
    )  # fmt: skip
    return tuple(
        ImportSummary(
            job_id=row.id, state=row.state, step=row.step, progress=row.progress, error=row.error,
            created_at=row.created_at, finished_at=row.finished_at, files=row.files, files_refused=row.files_refused,
            rows=row.rows, accepted=row.accepted, rejected=row.rejected, names=tuple(row.names or ()),
        )
        for row in connection.execute(statement)
    )  # fmt: skip
