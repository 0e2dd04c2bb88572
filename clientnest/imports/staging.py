"""Taking files in: copied beside the data, recognised, and queued as one job, all or nothing."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select

from clientnest import jobs, settings
from clientnest.db.tables.identity import workspace as workspace_table
from clientnest.db.tables.imports import import_file as file_table
from clientnest.entitlements import ProductEvent, record
from clientnest.errors import BadInput, NotFound
from clientnest.exports import ExportFile, UnreadableExport, expand, open_export
from clientnest.ids import new_id
from clientnest.imports.options import ImportOptions

KIND = "import"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it comes: where it lies, the name people know it by, and when it was last changed, where better known
    than the disk knows it (uploads)."""

    path: Path
    name: str | None = None
    modified_at: datetime | None = None


def stage(
    connection: Connection,
    workspace_id: UUID,
    files: Sequence[SourceFile],
    options: ImportOptions,
    *,
    requested_by: UUID | None = None,
) -> UUID:
    """Copy files (the members of zips one by one) under `home/uploads` and queue their import, as one job.

    Files that cannot be read at all are noted as refused, with the reason; where that is all of them the job is done at
    once. Raises `NotFound` for an unknown workspace and `BadInput` for the demo's, or where there is no file.
    """
    timezone = _check(connection, workspace_id, files)
    options = options.with_default_timezone(timezone)
    job_id = new_id()
    folder = uploads(workspace_id, job_id)
    folder.mkdir(parents=True)
    try:
        rows = [
            {"workspace_id": workspace_id, "job_id": job_id, "position": position, **row}
            for position, row in enumerate(_taken_in(files, options, folder))
        ]
        captured = [row["captured_at"] for row in rows if row["state"] == "waiting"]
        params: dict[str, Any] = {"options": options.as_params()}
        if captured:
            params |= {"captured_from": min(captured).isoformat(), "captured_to": max(captured).isoformat()}
        nothing_left = None if captured else {"imported": 0, "refused": len(rows)}
        jobs.enqueue(
            connection, workspace_id, KIND, params, requested_by=requested_by, job_id=job_id, result=nothing_left
        )
        connection.execute(insert(file_table), rows)
        if requested_by is not None:
            record(connection, workspace_id, ProductEvent.FILES_IMPORTED, person_id=requested_by,
                   properties={"files": len(rows)})  # fmt: skip
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return job_id


def uploads(workspace_id: UUID, job_id: UUID) -> Path:
    """Where the files of an import are kept until it is done."""
    return settings.core().home / "uploads" / str(workspace_id) / str(job_id)


def _check(connection: Connection, workspace_id: UUID, files: Sequence[SourceFile]) -> str:
    """The workspace's time zone, if it takes imports."""
    found = connection.execute(
        select(workspace_table.c.name, workspace_table.c.is_demo, workspace_table.c.timezone).where(
            workspace_table.c.id == workspace_id
        )
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no workspace {workspace_id}.")
    if found.is_demo:
        raise BadInput(
            f"“{found.name}” holds generated demo data, so nothing is imported into it.",
            advice="Choose a workspace of your own; the first one is called `home`.",
        )
    if not files:
        raise BadInput("There is no file to import.", advice="Name at least one file.")
    return str(found.timezone)


def _taken_in(files: Sequence[SourceFile], options: ImportOptions, folder: Path) -> Iterator[dict[str, Any]]:
    count = 0
    for source in files:
        try:
            with closing(expand(source.path, name=source.name)) as members:  # type: ignore[type-var]
                for member in members:
                    yield _keep(member, source, options, folder / f"{count:05d}")
                    count += 1
        except UnreadableExport as error:
            yield _unreadable(source, error)


def _keep(member: ExportFile, source: SourceFile, options: ImportOptions, target: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with member.path.open("rb") as original, target.open("wb") as copy:
        while block := original.read(_BLOCK):
            digest.update(block)
            copy.write(block)
    is_member = member.path != source.path
    modified_at = member.modified_at if is_member else source.modified_at or member.modified_at
    row = {
        "id": new_id(),
        "name": member.name,
        "sha256": digest.hexdigest(),
        "size_bytes": member.size,
        "stored_path": str(target),
        "modified_at": modified_at,
    }
    try:
        with open_export(ExportFile(target, member.name, member.size, modified_at), options.reading(modified_at)) as (
            reading
        ):
            known = reading.recognition
    except UnreadableExport as error:
        return {**row, **_refused(error)}
    return {
        **row,
        "state": "waiting",
        "format": known.format,
        "captured_at": known.captured_at,
        "captured_at_source": known.captured_at_source,
        "error": None,
        "finished_at": None,
    }


def _unreadable(source: SourceFile, error: UnreadableExport) -> dict[str, Any]:
    """The row of a file, or of what was left of a zip, that could not be opened."""
    there = source.path.is_file()
    return {
        "id": new_id(),
        "name": source.name or source.path.name,
        "sha256": "",
        "size_bytes": source.path.stat().st_size if there else 0,
        "stored_path": "",
        "modified_at": source.modified_at,
        **_refused(error),
    }


def _refused(error: UnreadableExport) -> dict[str, Any]:
    return {
        "state": "refused",
        "format": None,
        "captured_at": None,
        "captured_at_source": None,
        "error": error.as_dict(),
        "finished_at": datetime.now(UTC),
    }
