"""Importing as a worker does it, without Dagster; and what the database holds afterwards, in a comparable form."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from clientnest import jobs
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.imports import ImportOptions, SourceFile, service


def stage(workspace: UUID, paths: Iterable[Path], options: ImportOptions | None = None) -> UUID:
    with session.tenant(Role.ETL) as connection:
        return service.stage(connection, workspace, [SourceFile(path) for path in paths], options or ImportOptions())


def claim(job_id: UUID) -> jobs.Job:
    """The job, claimed (others that wait are claimed as well and left)."""
    with session.tenant(Role.ETL) as connection:
        return next(job for job in jobs.claim(connection, limit=100) if job.id == job_id)


def run(job: jobs.Job) -> service.ImportOutcome:
    return service.run(job, run_id="test", report=lambda step, progress: None)


def summary(workspace: UUID, job_id: UUID) -> dict[str, Any]:
    with session.tenant(Role.ETL) as connection:
        return service.summary(connection, workspace, job_id)


def import_all(workspace: UUID, paths: Iterable[Path], options: ImportOptions | None = None) -> list[dict[str, Any]]:
    """Stage, claim, run and close; gives the files' entries."""
    job_id = stage(workspace, paths, options)
    with session.tenant(Role.ETL) as connection:
        job = jobs.get(connection, workspace, job_id)
    if not job.is_closed:
        job = claim(job_id)
        outcome = run(job)
        with session.tenant(Role.ETL) as connection:
            jobs.finish(connection, job.lease, outcome.as_result())
    files: list[dict[str, Any]] = summary(workspace, job_id)["files"]
    return files


def holdings(workspace: UUID) -> dict[str, Any]:
    """Everything captured for a workspace, without ids and times of writing."""
    queries = {
        "accounts": "SELECT network, external_id, display_name FROM app.account WHERE workspace_id = %s ORDER BY 1, 2",
        "posts": """
            SELECT a.network, a.external_id, p.external_id, p.published_at, p.post_type, p.title, p.text, p.url,
                p.captured_at
            FROM raw.post p JOIN app.account a ON a.workspace_id = p.workspace_id AND a.id = p.account_id
            WHERE p.workspace_id = %s ORDER BY 1, 2, 3""",
        "snapshots": """
            SELECT p.external_id, s.captured_at, s.impressions, s.reach, s.views, s.likes, s.comments, s.shares,
                s.clicks, s.engagements, s.watch_time_seconds
            FROM raw.post_snapshot s JOIN raw.post p ON p.workspace_id = s.workspace_id AND p.id = s.post_id
            WHERE s.workspace_id = %s ORDER BY 1, 2""",
        "periods": """
            SELECT a.network, a.external_id, d.period_start, d.period_end, d.dimension, d.dimension_value,
                d.captured_at, d.views, d.impressions, d.likes
            FROM raw.account_period d JOIN app.account a ON a.workspace_id = d.workspace_id AND a.id = d.account_id
            WHERE d.workspace_id = %s ORDER BY 1, 2, 3, 4, 5, 6, 7""",
    }
    held = {}
    with session.etl() as connection, connection.cursor() as cursor:
        for name, query in queries.items():
            cursor.execute(query, (str(workspace),))
            held[name] = cursor.fetchall()
    return held
