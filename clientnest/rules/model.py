"""What the rules of networks are asked about, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class MediaKind(StrEnum):
    """`gif`: a GIF that moves; one that does not is an `image`."""

    IMAGE = "image"
    GIF = "gif"
    VIDEO = "video"


class Severity(StrEnum):
    """`error`: the network would refuse it. `warning`: it would change it, or show it oddly."""

    ERROR = "error"
    WARNING = "warning"


class Unit(StrEnum):
    """What is counted. `characters` are Unicode code points unless the network's own rule says more."""

    CHARACTERS = "characters"
    GRAPHEMES = "graphemes"
    UTF16 = "utf-16-units"
    WEIGHTED = "weighted-characters"
    EMOJI_BYTES = "characters-and-bytes-of-emoji"
    BYTES = "bytes"
    PIXELS = "pixels"
    RATIO = "width-to-height"
    SECONDS = "seconds"
    FRAMES = "frames-per-second"
    ITEMS = "items"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """A file of a post. Sizes in pixels as shown; what is None is not known, and not judged."""

    kind: MediaKind
    mime_type: str
    bytes: int
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None
    frame_rate: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    alt_text: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A further post of a thread."""

    text: str = ""
    media: tuple[MediaFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be published on one account.

    `text` and `media` are the post itself, `parts` the posts that follow it in a thread. `text` is a video's
    description where the network calls it so. `options` are the network's own: `tags` (texts) and `spoiler_text`
    are known here.
    """

    text: str = ""
    media: tuple[MediaFacts, ...] = ()
    parts: tuple[Part, ...] = ()
    first_comment: str | None = None
    title: str | None = None
    link: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that a network would refuse, change or show oddly.

    `rule` is stable. `field` is its path in the draft: `text`, `parts[1].text`, `media[0].alt_text`, `options.tags[3]`.
    `start` and `end` are offsets in that field's text, in Unicode code points, where the violation has a place.
    """

    rule: str
    severity: Severity
    field: str
    message: str
    advice: str
    source: str
    limit: float | None = None
    measured: float | None = None
    unit: Unit | None = None
    start: int | None = None
    end: int | None = None
