"""Uploads that go on where they stopped. For the role `api`.

Bytes come in pieces: each lies in the store before its row says so, and the upload's offset moves with that row. One
request writes at a time, under a turn that it renews with each piece; a turn that is not renewed is taken over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from clientnest import settings
from clientnest.db.tables.media import media as media_table
from clientnest.db.tables.media import media_piece as piece_table
from clientnest.db.tables.media import media_upload as upload_table
from clientnest.entitlements import Limit, check
from clientnest.errors import BadInput, Conflict, NotFound
from clientnest.ids import new_id
from clientnest.media.model import MediaState
from clientnest.media.tasks import begin_processing
from clientnest.words import on_one_line

TURN_SECONDS = 15
LONGEST_NAME, LONGEST_ALT = 200, 5000
_MB = 1_000_000
_c, _m, _p = upload_table.c, media_table.c, piece_table.c


class OutOfTurn(Conflict):
    """Somebody else writes to the upload."""

    code = "upload-busy"
    status = 423
    retryable = True


class UploadExpired(NotFound):
    code = "upload-expired"
    status = 410


class FileTooLarge(BadInput):
    code = "file-too-large"
    status = 413


@dataclass(frozen=True, slots=True)
class Upload:
    """How far an upload is: `received` of `length` bytes. It can be continued until `expires_at`."""

    media_id: UUID
    length: int
    received: int
    expires_at: datetime

    @property
    def is_complete(self) -> bool:
        return self.received == self.length


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that lie in the store, from `start` on."""

    start: int
    bytes: int
    stored: UUID


def begin(
    connection: Connection, workspace_id: UUID, *, length: int, filename: str, alt_text: str = "",
    created_by: UUID | None,
) -> Upload:  # fmt: skip
    """Announce a file of `length` bytes. `FileTooLarge`, `LimitReached` where the plan has no room, `BadInput`."""
    limits = settings.media()
    if length > limits.media_max_bytes:
        raise FileTooLarge(
            f"The file has {length:,} bytes; one may have {limits.media_max_bytes:,}.",
            advice="Make it smaller, or ask who runs this installation to raise CLIENTNEST_MEDIA_MAX_BYTES.",
        )
    if length == 0:
        raise BadInput("The file is empty (0 bytes).", advice="Choose another one.")
    if len(alt_text) > LONGEST_ALT:
        raise BadInput(f"The alternative text is longer than {LONGEST_ALT:,} characters.", advice="Shorten it.")
    check(connection, workspace_id, Limit.STORAGE_MB, used=used_mb(workspace_id), adding=megabytes(length))
    media_id = new_id()
    connection.execute(
        insert(media_table).values(
            workspace_id=workspace_id, id=media_id, state=MediaState.UPLOADING.value, filename=named(filename),
            alt_text=alt_text, size_bytes=length, created_by=created_by,
        )
    )  # fmt: skip
    connection.execute(
        insert(upload_table).values(
            workspace_id=workspace_id, media_id=media_id, length=length,
            expires_at=_expiry(),
        )
    )  # fmt: skip
    return find(connection, workspace_id, media_id)


def used_mb(workspace_id: UUID) -> Select[Any]:
    """The query for what the workspace's media take, as plans count it."""
    total = func.coalesce(func.sum(_m.size_bytes), 0)
    return select(func.ceil(total / float(_MB))).where(_m.workspace_id == workspace_id)


def megabytes(size_bytes: int) -> int:
    """As plans count them; a part counts as a whole."""
    return -(-size_bytes // _MB)


def named(filename: str) -> str:
    """A name as it is kept: its last part, on one line, never empty."""
    last = filename.replace("\\", "/").rpartition("/")[2]
    return on_one_line(last)[-LONGEST_NAME:].strip() or "file"


def find(connection: Connection, workspace_id: UUID, media_id: UUID) -> Upload:
    """How far it is; `NotFound`, or `UploadExpired`."""
    row = connection.execute(
        select(_c.media_id, _c.length, _c.received, _c.expires_at, (_c.expires_at < func.now()).label("is_over")).where(
            *_named(workspace_id, media_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such upload.", advice="Begin another one.")
    if row.is_over:
        raise UploadExpired("The upload was not continued in time.", advice="Begin another one.")
    return _upload(row)


def take_turn(connection: Connection, workspace_id: UUID, media_id: UUID, offset: int) -> tuple[Upload, UUID]:
    """The right to write from `offset` on, and how far the upload is. `OutOfTurn` while another request has it,
    `Conflict` where the offset is not the upload's."""
    upload = find(connection, workspace_id, media_id)
    turn = new_id()
    free = (_c.turn.is_(None)) | (_c.turn_until < func.clock_timestamp())
    taken = connection.execute(
        update(upload_table).values(turn=turn, turn_until=_until())
        .where(*_named(workspace_id, media_id), free)
        .returning(_c.received)
    ).scalar_one_or_none()  # fmt: skip
    if taken is None:
        raise OutOfTurn(
            "Another request writes to this upload.", advice="Wait for it to end, then ask with HEAD how far it is.",
            details={"retry_after_seconds": 5},
        )  # fmt: skip
    if taken != offset:
        raise Conflict(
            f"The upload is at {taken:,} bytes, not at {offset:,}.", advice="Ask with HEAD, and send from there on.",
            details={"offset": taken},
        )  # fmt: skip
    return upload, turn


def note(connection: Connection, workspace_id: UUID, media_id: UUID, turn: UUID, pieces: list[Piece]) -> Upload:
    """Say that pieces lie in the store, one behind the other from the present offset on; none renews the turn alone.

    The last one of a file lets its processing begin. `OutOfTurn` where another request took the turn over.
    """
    added = sum(piece.bytes for piece in pieces)
    moved = connection.execute(
        update(upload_table).values(received=_c.received + added, turn_until=_until(), expires_at=_expiry())
        .where(*_named(workspace_id, media_id), _c.turn == turn)
    ).rowcount  # fmt: skip
    if not moved:
        raise OutOfTurn("Another request took this upload over.", advice="Ask with HEAD how far it is.")
    for piece in pieces:
        connection.execute(
            insert(piece_table).values(
                workspace_id=workspace_id, media_id=media_id, start=piece.start, bytes=piece.bytes, stored=piece.stored
            )
        )
    upload = find(connection, workspace_id, media_id)
    if pieces and upload.is_complete:
        connection.execute(
            update(media_table)
            .where(_m.workspace_id == workspace_id, _m.id == media_id)
            .values(state=MediaState.PROCESSING.value, state_since=func.now())
        )
        begin_processing(connection, workspace_id, media_id)
    return upload


def end_turn(connection: Connection, workspace_id: UUID, media_id: UUID, turn: UUID) -> None:
    """Let others write."""
    connection.execute(
        update(upload_table).values(turn=None, turn_until=None).where(*_named(workspace_id, media_id), _c.turn == turn)
    )


def _expiry() -> ColumnElement[datetime]:
    return func.now() + timedelta(days=settings.media().media_upload_days)


def _until() -> ColumnElement[datetime]:
    return func.clock_timestamp() + timedelta(seconds=TURN_SECONDS)


def _named(workspace_id: UUID, media_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (_c.workspace_id == workspace_id, _c.media_id == media_id)


def _upload(row: Row[Any]) -> Upload:
    return Upload(row.media_id, row.length, row.received, row.expires_at)
