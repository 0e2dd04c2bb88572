"""The tasks that look at what was uploaded, make other forms, and forget what nobody uses."""

from uuid import UUID

from sqlalchemy import Connection

from clientnest.media import housekeeping, processing
from clientnest.tasks import AGAIN, app, defer
from clientnest.tasks.queue import MEDIA


@app.task(name="media.process", queue=MEDIA, retry=AGAIN)
def process(workspace_id: str, media_id: str) -> None:
    """Look at one file, or make it by its recipe."""
    processing.process(UUID(workspace_id), UUID(media_id))


@app.task(name="media.remove_files", queue=MEDIA, retry=AGAIN)
def remove_files(workspace_id: str, media_id: str) -> None:
    """Remove the files of something whose row is gone."""
    housekeeping.remove_files(UUID(workspace_id), UUID(media_id))


def begin_processing(connection: Connection, workspace_id: UUID, media_id: UUID) -> None:
    """Let the worker do it, once the caller's transaction is there."""
    defer(connection, process, workspace_id=str(workspace_id), media_id=str(media_id))


def begin_removing_files(connection: Connection, workspace_id: UUID, media_id: UUID) -> None:
    """Let the worker do it, once the caller's transaction is there."""
    defer(connection, remove_files, workspace_id=str(workspace_id), media_id=str(media_id))


@app.periodic(cron="7 * * * *")
@app.task(name="media.forget", queueing_lock="media.forget", lock="media.forget")
def forget(timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Remove uploads that expired and media that no post has used for long."""
    housekeeping.forget()


@app.periodic(cron="37 4 * * *")
@app.task(name="media.sweep", queueing_lock="media.sweep", lock="media.sweep")
def sweep(timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Remove files that no row names."""
    housekeeping.sweep()
