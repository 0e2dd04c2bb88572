"""Copies of imported files are kept for a week, in case somebody asks what was in them; then they go."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from clientnest import settings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.jobs import job as job_table

KEPT = timedelta(days=7)
_ABANDONED = timedelta(days=1)  # a folder without a job is of an import that was interrupted while taking files in


def remove_old_uploads() -> int:
    """Remove copies of files of imports closed more than `KEPT` ago; gives the number of folders removed."""
    now = datetime.now(UTC)
    with session.tenant(Role.ETL) as connection:
        rows = connection.execute(select(job_table.c.id, job_table.c.finished_at))
        closed: dict[UUID, datetime | None] = {row.id: row.finished_at for row in rows}
    removed = 0
    for folder in (settings.core().home / "uploads").glob("*/*"):
        job_id = _id(folder)
        if job_id is None or not folder.is_dir():
            continue
        if job_id in closed:
            finished = closed[job_id]
            due = finished is not None and now - finished > KEPT
        else:
            due = now - datetime.fromtimestamp(folder.stat().st_mtime, UTC) > _ABANDONED
        if due:
            shutil.rmtree(folder)
            removed += 1
    return removed


def _id(folder: Path) -> UUID | None:
    try:
        return UUID(folder.name)
    except ValueError:
        return None
