"""What is known of pictures and videos."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from clientnest.errors import BadInput


class MediaKind(StrEnum):
    """`image`: still, or moving without sound. `video`: of a duration, with sound or without."""

    IMAGE = "image"
    VIDEO = "video"


class MediaState(StrEnum):
    """`uploading`: bytes are missing. `processing`: it is looked at and cleaned. `ready`: posts can use it.
    `refused`: they cannot; `problem` says why."""

    UPLOADING = "uploading"
    PROCESSING = "processing"
    READY = "ready"
    REFUSED = "refused"


ENDINGS: Mapping[str, str] = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif",
    "video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm",
}  # fmt: skip
"""What is taken, and how names of such files end."""
ALSO: Mapping[str, frozenset[str]] = {
    "image/jpeg": frozenset({"jpeg", "jpe", "jfif"}), "video/mp4": frozenset({"m4v"}),
    "video/quicktime": frozenset({"qt"}),
}  # fmt: skip
"""Other endings of the same."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A file as it was found to be. Sizes in pixels as shown, after any rotation; `audio_codec` None: silent."""

    kind: MediaKind
    mime_type: str
    size_bytes: int
    width: int
    height: int
    duration_seconds: float | None = None
    frame_rate: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None

    @property
    def has_audio(self) -> bool:
        return self.audio_codec is not None

    @property
    def ratio(self) -> float:
        """Width to height."""
        return self.width / self.height

    @property
    def moves(self) -> bool:
        return self.duration_seconds is not None


class Fit(StrEnum):
    """How a picture comes into a frame of another shape: `scale` keeps its shape, `pad` adds bars, `crop` cuts the
    longer sides alike."""

    SCALE = "scale"
    PAD = "pad"
    CROP = "crop"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make another form of something: its type, the size of its frame (None: as it is) and the most bytes."""

    mime_type: str
    width: int | None = None
    height: int | None = None
    fit: Fit = Fit.SCALE
    max_bytes: int | None = None
    frame_rate: float | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Recipe":
        """From `as_json`."""
        return cls(**{**kept, "fit": Fit(kept["fit"])})


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or video of a workspace. What is looked up in the file is None until it is `ready`; `size_bytes` is
    what was announced until then. `notes` say what was changed about it."""

    id: UUID
    state: MediaState
    filename: str
    alt_text: str
    size_bytes: int
    kind: MediaKind | None
    mime_type: str | None
    width: int | None
    height: int | None
    duration_seconds: float | None
    frame_rate: float | None
    video_codec: str | None
    audio_codec: str | None
    sha256: bytes | None
    colour: str | None
    stored: UUID | None
    notes: Sequence[str]
    problem: str | None
    derived_from: UUID | None
    recipe: Mapping[str, Any] | None
    revision: int
    created_by: UUID | None
    created_at: datetime

    @property
    def facts(self) -> Facts:
        """What converting and the rules of networks ask for; `NotReady` before they are known."""
        if self.kind is None or self.mime_type is None or self.width is None or self.height is None:
            raise not_ready(self)
        return Facts(
            self.kind, self.mime_type, self.size_bytes, self.width, self.height, self.duration_seconds, self.frame_rate,
            self.video_codec, self.audio_codec,
        )  # fmt: skip


class NotReady(BadInput):
    """Something is to be done with a file that is not there yet, or never will be."""

    code = "media-not-ready"
    status = 409


class UnusableFile(BadInput):
    """A file that is not, or cannot be made, what posts can show."""

    code = "unusable-file"


def not_ready(media: Media) -> NotReady:
    """The refusal, with what its state means."""
    if media.state is MediaState.REFUSED:
        return NotReady(f"{media.filename} cannot be used: {media.problem}", advice="Upload another file.")
    return NotReady(f"{media.filename} is {media.state} still.", advice="Wait for the event `media.ready`.")


def with_ending(filename: str, mime_type: str | None) -> str:
    """The name with the ending of its type; as it is where it has that, or the type is not known yet."""
    if mime_type is None or fits(filename, mime_type):
        return filename
    stem, dot, ending = filename.rpartition(".")
    return f"{(stem if dot and stem and len(ending) < 6 else filename)[:190]}.{ENDINGS[mime_type]}"


def fits(filename: str, mime_type: str) -> bool:
    """Whether a name ends as files of the type do."""
    return filename.rpartition(".")[2].lower() in {ENDINGS[mime_type], *ALSO.get(mime_type, ())}
