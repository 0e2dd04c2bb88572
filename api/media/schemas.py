"""Media as the API shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.body import Body, Name
from clientnest.media.addresses import address
from clientnest.media.files import File
from clientnest.media.model import Fit, Media, MediaKind, MediaState
from clientnest.media.uploads import LONGEST_ALT, LONGEST_NAME

Pixels = Annotated[int, Field(ge=16, le=16_384)]
MimeType = Literal[
    "image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/quicktime", "video/webm"
]  # fmt: skip


class AddressesOut(BaseModel):
    """Where it can be seen without signing in, for an hour or two; ask again for others."""

    original: str = Field(examples=["https://clientnest.example.com/v1/media/q0Jm…"])
    small: str = Field(description="WebP, 320 pixels at most.")
    large: str = Field(description="WebP, 1,280 pixels at most.")


class RecipeOut(BaseModel):
    """How it is made of another one."""

    model_config = ConfigDict(extra="ignore")

    mime_type: MimeType
    width: int | None
    height: int | None
    fit: Fit
    max_bytes: int | None
    frame_rate: float | None


class MediaOut(BaseModel):
    """A picture or video. What is looked up in the file is null until its state is `ready`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    state: MediaState
    filename: str = Field(examples=["market.jpg"])
    alt_text: str = Field(examples=["A market stall with pumpkins"])
    size_bytes: int = Field(description="Until it is ready: as it was announced.")
    kind: MediaKind | None
    mime_type: MimeType | None
    width: int | None = Field(description="As shown, after any rotation.")
    height: int | None
    duration_seconds: float | None = Field(description="Of videos, and of images that move.")
    frame_rate: float | None
    video_codec: str | None = Field(examples=["h264"])
    audio_codec: str | None = Field(description="Null: it is silent.", examples=["aac"])
    sha256: str | None
    colour: str | None = Field(description="Its average, to show before it has loaded.", examples=["#8a6f4e"])
    notes: list[str] = Field(description="What was changed about the file, in sentences.")
    problem: str | None = Field(description="Why it was refused.")
    derived_from: UUID | None
    recipe: RecipeOut | None
    created_by: UUID | None
    created_at: datetime
    addresses: AddressesOut | None = Field(description="Null until it is ready.")

    @classmethod
    def of(cls, media: Media, workspace_id: UUID) -> "MediaOut":
        """As it is shown now."""
        told = {name: getattr(media, name) for name in Media.__dataclass_fields__ if name in cls.model_fields}
        told["sha256"] = None if media.sha256 is None else media.sha256.hex()
        shown = None if media.state is not MediaState.READY else AddressesOut(
            original=address(workspace_id, media.id, File.ORIGINAL), small=address(workspace_id, media.id, File.SMALL),
            large=address(workspace_id, media.id, File.LARGE),
        )  # fmt: skip
        return cls.model_validate({**told, "addresses": shown})


class MediaPageOut(BaseModel):
    """The latest first."""

    items: list[MediaOut]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


class MediaQuery(BaseModel):
    """Which media, which page."""

    model_config = ConfigDict(extra="forbid")

    kind: MediaKind | None = None
    state: MediaState | None = None
    unused: bool | None = Field(None, description="Whether no post shows it.")
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=512, description="`next_cursor` of the page before.")


class MediaChange(Body):
    """What is to change; the rest stays. The ending of a name follows what the file is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"alt_text": "A market stall with pumpkins"}]})

    filename: Name | None = Field(None, min_length=1, max_length=LONGEST_NAME)
    alt_text: str | None = Field(None, max_length=LONGEST_ALT)


class ConversionIn(Body):
    """Another form of it. With `scale` it keeps its shape and is at most so large; `pad` and `crop` fill the frame."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"mime_type": "image/jpeg", "width": 1080, "max_bytes": 900000}]}
    )

    mime_type: Literal["image/jpeg", "image/png", "video/mp4"]
    width: Pixels | None = None
    height: Pixels | None = None
    fit: Fit = Fit.SCALE
    max_bytes: int | None = Field(None, ge=1_000, le=2**40)
    frame_rate: float | None = Field(None, ge=1, le=240, description="Of a video: at most.")


class UploadFields(BaseModel):
    """What a form says beside its file."""

    model_config = ConfigDict(extra="forbid")

    alt_text: str = Field("", max_length=LONGEST_ALT, pattern=r"^[^\x00]*$", examples=["A market stall"])
