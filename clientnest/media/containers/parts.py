"""What the containers of images share."""

from dataclasses import dataclass


class DamagedImage(ValueError):
    """The parts of an image do not fit together; says where."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The file that is kept. `dropped`: bytes of notes within it; `behind`: bytes after its end."""

    content: bytes
    dropped: int
    behind: int


def cut(content: bytes, start: int, length: int) -> bytes:
    """Exactly `length` bytes from `start` on, or `DamagedImage`."""
    if start < 0 or start + length > len(content):
        raise DamagedImage(f"it ends at byte {len(content):,}, in the middle of a part")
    return content[start : start + length]


def joined(content: bytes, kept: list[bytes], end: int) -> Cleaned:
    """The kept parts of a file that ended at `end`."""
    whole = b"".join(kept)
    return Cleaned(whole, max(0, end - len(whole)), len(content) - end)
