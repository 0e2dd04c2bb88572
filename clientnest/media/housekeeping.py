"""What nobody needs goes: rows first, then their files; and a later look removes files whose rows are gone.

So a process that dies between the two leaves a file too many for a day, and never a row without its file.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import delete, select, text

from clientnest import settings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.media import media as media_table
from clientnest.db.tables.media import media_piece as piece_table
from clientnest.db.tables.media import media_upload as upload_table
from clientnest.log import get_logger
from clientnest.media import processing
from clientnest.media.files import File, file_key, piece_key
from clientnest.media.model import MediaState
from clientnest.media.reading import IS_KEPT
from clientnest.media.store import store

_AT_ONCE = 500
_TOO_YOUNG = timedelta(days=1)
"""Files younger than this may belong to a row that is about to be written."""
_c, _u, _p = media_table.c, upload_table.c, piece_table.c
_log = get_logger(__name__)


def forget() -> None:
    """Uploads that were not continued in time, media that no post has used for `media_unused_days`, and what was begun
    a day ago and never finished."""
    with session.tenant(Role.WORKER) as connection:
        connection.execute(text("SELECT app.note_media_use()"))
    before = datetime.now(UTC) - timedelta(days=settings.media().media_unused_days)
    seen: set[tuple[UUID, UUID]] = set()
    while True:
        with session.tenant(Role.WORKER) as connection:
            rows = connection.execute(
                text("SELECT workspace_id, media_id FROM app.media_overdue(:before, :most)"),
                {"before": before, "most": _AT_ONCE},
            ).all()
        fresh = {(row.workspace_id, row.media_id) for row in rows} - seen
        if not fresh:
            return
        seen |= fresh
        for workspace_id, media_id in sorted(fresh):
            _forget(workspace_id, media_id, before)


def _forget(workspace_id: UUID, media_id: UUID, before: datetime) -> None:
    """One of them, asked again under its own workspace: it may be in use by now."""
    which = (_c.workspace_id == workspace_id, _c.id == media_id)
    with session.tenant(Role.WORKER, workspace_id=workspace_id) as connection:
        row = connection.execute(select(_c.state, _c.unused_since).where(*which).with_for_update()).one_or_none()
        if row is None:
            return
        state = MediaState(row.state)
        used = connection.execute(select(IS_KEPT).where(*which)).scalar_one()
        goes = state is MediaState.UPLOADING or (
            state in {MediaState.READY, MediaState.REFUSED} and row.unused_since is not None
            and row.unused_since < before and not used
        )  # fmt: skip
        if goes:
            connection.execute(delete(media_table).where(*which))
        elif state is not MediaState.PROCESSING:  # an upload that is complete needs its row no longer
            connection.execute(delete(upload_table).where(_u.workspace_id == workspace_id, _u.media_id == media_id))
    if state is MediaState.PROCESSING:
        processing.refuse(workspace_id, media_id, "Looking at it was begun, and not finished within a day.")
    if goes:
        remove_files(workspace_id, media_id)


def remove_files(workspace_id: UUID, media_id: UUID) -> None:
    """The files of something that is gone; none where it is there."""
    with session.tenant(Role.WORKER, workspace_id=workspace_id) as connection:
        is_there = connection.execute(
            select(_c.id).where(_c.workspace_id == workspace_id, _c.id == media_id)
        ).one_or_none()
    if is_there is None:
        for key, _ in list(store().files(f"{workspace_id}/{media_id}")):
            store().remove(key)


def sweep() -> None:
    """Remove files that no row names, a day after they were written."""
    young = datetime.now(UTC) - _TOO_YOUNG
    old = (key for key, written in store().files() if written < young and len(key.split("/")) == 3)
    removed = 0
    for workspace, keys in groupby(old, key=lambda key: key.split("/")[0]):
        for some in _chunks(keys):
            for key in _unknown(workspace, some):
                store().remove(key)
                removed += 1
    if removed:
        _log.info("files without rows removed", files=removed)


def _unknown(workspace: str, keys: list[str]) -> set[str]:
    """Those of a workspace's files that none of its rows names."""
    try:
        workspace_id, media_ids = UUID(workspace), {UUID(key.split("/")[1]) for key in keys}
    except ValueError:
        return set()  # not ours
    return set(keys) - set(_keys(workspace_id, media_ids))


def _keys(workspace_id: UUID, media_ids: Iterable[UUID]) -> list[str]:
    """The files that the rows of some media name."""
    wanted = list(media_ids)
    with session.tenant(Role.WORKER, workspace_id=workspace_id) as connection:
        ready = connection.execute(
            select(_c.id, _c.stored).where(_c.workspace_id == workspace_id, _c.id.in_(wanted), _c.stored.is_not(None))
        ).all()
        pieces = connection.execute(
            select(_p.media_id, _p.stored).where(_p.workspace_id == workspace_id, _p.media_id.in_(wanted))
        ).all()
    return [
        *(file_key(workspace_id, row.id, row.stored, file) for row in ready for file in File),
        *(piece_key(workspace_id, row.media_id, row.stored) for row in pieces),
    ]


def _chunks(keys: Iterable[str]) -> Iterable[list[str]]:
    some: list[str] = []
    for key in keys:
        some.append(key)
        if len(some) == _AT_ONCE:
            yield some
            some = []
    if some:
        yield some
