"""What the program that opens files is told, and what it says."""

from dataclasses import asdict, dataclass, field
from typing import Any

from clientnest.media.model import Facts, MediaKind

SMALL, LARGE = 320, 1280
"""Longest sides of the two previews, in pixels."""


class Refused(Exception):
    """A file that cannot be used; the message is a sentence for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large what is opened may be."""

    image_bytes: int
    pixels: int


@dataclass(frozen=True, slots=True)
class Found:
    """A file that can be used. In the program's folder lie `original`, `small.webp` and `large.webp`."""

    facts: Facts
    colour: str
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, said: dict[str, Any]) -> "Found":
        """From `as_json`."""
        facts = {**said["facts"], "kind": MediaKind(said["facts"]["kind"])}
        return cls(Facts(**facts), said["colour"], list(said["notes"]))
