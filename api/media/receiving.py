"""Bytes on their way from a request to the store: gathered in a file, and noted piece by piece.

Whatever ends the request, what was noted stays, and the next request goes on behind it.
"""

import time
from pathlib import Path
from typing import Any
from uuid import UUID

from api.deps import Door
from api.errors import BodyTooLarge
from api.media.tus import Checksum, ChecksumMismatch
from clientnest.audit import CHANGED, Action, Change
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from clientnest.media import uploads
from clientnest.media.files import piece_key
from clientnest.media.store import Store
from clientnest.media.uploads import Piece, Upload

PIECE_BYTES = 16 * 1024**2
PIECE_SECONDS = 5.0
"""A slow sender's bytes are noted after this time: that renews the turn (`uploads.TURN_SECONDS`), too."""


class Receiving:
    """One request's bytes. Every method may wait for disk, store and database: call them in a thread."""

    def __init__(
        self, door: Door, store: Store, folder: Path, upload: Upload, turn: UUID, checksum: Checksum | None = None
    ) -> None:
        self._door, self._store, self._folder = door, store, folder
        self._turn, self._checksum = turn, checksum
        self._hash: Any = None if checksum is None else checksum.started()
        self._unproved: list[Piece] = []  # stored, and not noted before their checksum is known
        self._path = folder / "piece"
        self._file = self._path.open("wb")
        self._size, self._since = 0, time.monotonic()
        self._offset = upload.received
        self.upload = upload

    def write(self, chunk: bytes) -> None:
        """Take the next bytes. `BodyTooLarge` beyond the length that was announced."""
        if self._offset + self._size + len(chunk) > self.upload.length:
            raise BodyTooLarge(
                f"There are more bytes than the {self.upload.length:,} that were announced.",
                advice="Begin another upload with the right length.",
            )
        if self._hash is not None:
            self._hash.update(chunk)
        self._file.write(chunk)
        self._size += len(chunk)
        if self._size >= PIECE_BYTES or time.monotonic() - self._since > PIECE_SECONDS:
            self._flush()

    def finish(self) -> None:
        """The request is over, and all of it came."""
        self._flush()
        if self._checksum is None:
            return
        if self._hash.digest() != self._checksum.digest:
            self._drop(self._unproved)
            raise ChecksumMismatch("The bytes that came are not those of the checksum.", advice="Send them again.")
        self._note(self._unproved)

    def interrupted(self) -> None:
        """The sender went away: what came is kept, but for what its checksum would have to prove."""
        if self._checksum is None:
            self._flush()
        else:
            self._drop(self._unproved)

    def close(self) -> None:
        """Let others write."""
        self._file.close()
        with session.tenant(Role.API, workspace_id=self._door.workspace_id) as connection:
            uploads.end_turn(connection, self._door.workspace_id, self.upload.media_id, self._turn)

    def take_file(self, path: Path) -> None:
        """A whole file that lies here already."""
        self._keep(path, path.stat().st_size)

    def _flush(self) -> None:
        self._since = time.monotonic()
        if self._size == 0:
            return
        self._file.close()
        size, self._size = self._size, 0
        self._keep(self._path, size)
        self._file = self._path.open("wb")

    def _keep(self, path: Path, size: int) -> None:
        piece = Piece(self._offset, size, new_id())
        self._store.adopt(path, self._key(piece))
        self._offset += size
        if self._checksum is None:
            self._note([piece])
        else:
            self._unproved.append(piece)
            self._note([])

    def _note(self, pieces: list[Piece]) -> None:
        workspace_id, media_id = self._door.workspace_id, self.upload.media_id
        try:
            with self._door.open() as (connection, _):
                self.upload = uploads.note(connection, workspace_id, media_id, self._turn, pieces)
                if pieces and self.upload.is_complete:
                    self._door.record(connection, Action.MEDIA_UPLOADED, "media", media_id, filename=CHANGED,
                                      bytes=Change(after=self.upload.length))  # fmt: skip
        except BaseException:
            self._drop([*self._unproved, *pieces])
            raise

    def _drop(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            self._store.remove(self._key(piece))
        self._unproved = []

    def _key(self, piece: Piece) -> str:
        return piece_key(self._door.workspace_id, self.upload.media_id, piece.stored)
