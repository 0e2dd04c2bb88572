"""How the files of media are named in the store, and put together there."""

from collections.abc import Iterable
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from clientnest.media.store import Store

_BLOCK = 1024**2


class File(StrEnum):
    """`original`: what is published. The others are previews, 320 and 1,280 pixels at most."""

    ORIGINAL = "original"
    SMALL = "small.webp"
    LARGE = "large.webp"


def file_key(workspace_id: UUID, media_id: UUID, stored: UUID, file: File) -> str:
    """Where a file of something ready lies."""
    return f"{workspace_id}/{media_id}/{stored.hex}-{file}"


def piece_key(workspace_id: UUID, media_id: UUID, stored: UUID) -> str:
    """Where a piece of an upload lies."""
    return f"{workspace_id}/{media_id}/{stored.hex}.piece"


def fetched(kept: Store, keys: Iterable[str], target: Path) -> Path:
    """The files behind one another as one local file. `FileNotFoundError` where one is not there."""
    with target.open("wb") as file:
        for key in keys:
            for block in kept.read(key):
                file.write(block)
    return target


def digest_of(path: Path) -> bytes:
    """SHA-256 of a file."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.digest()
