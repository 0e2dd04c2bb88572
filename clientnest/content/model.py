"""What a post is made of. Texts are kept as they were written: nothing is cut, trimmed or replaced."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from clientnest.content.states import PostState, State

LONGEST_TEXT = 100_000
MOST_PARTS = 50
MOST_MEDIA = 40
MOST_VARIANTS = 50
MOST_LABELS = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture or video in a part. `alt_text` None: the one that the media has."""

    media_id: UUID
    alt_text: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One post of a thread; most have one only."""

    text: str = ""
    media: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What one account publishes. `parts` holds at least one: the post, and what follows it in a thread.

    `link` is one that the network shows as a card; `utm` (source, medium, campaign, term, content) is added to it when
    it goes out. `options` are the network's own.
    """

    parts: tuple[Part, ...] = (Part(),)
    title: str | None = None
    first_comment: str | None = None
    link: str | None = None
    utm: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def media_ids(self) -> frozenset[UUID]:
        return frozenset(shown.media_id for part in self.parts for shown in part.media)

    def as_json(self) -> dict[str, Any]:
        """As the database keeps it."""
        kept = asdict(self)
        for part in kept["parts"]:
            part["media"] = [{**shown, "media_id": str(shown["media_id"])} for shown in part["media"]]
        return {**kept, "parts": list(kept["parts"]), "utm": dict(self.utm), "options": dict(self.options)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Content":
        """The inverse of `as_json`."""
        parts = tuple(
            Part(part["text"], tuple(Shown(UUID(one["media_id"]), one["alt_text"]) for one in part["media"]))
            for part in kept["parts"]
        )
        return cls(**{**kept, "parts": parts})


@dataclass(frozen=True, slots=True)
class Schedule:
    """A wall-clock time in a zone, and the instant it stands for. `fold` 1: the second of a time that comes twice.
    `in_slot`: it takes a slot of the account's queue. `shown`: what clocks show then, another time only where they
    pass over `local_time`."""

    local_time: datetime
    timezone: str
    fold: int
    instant: datetime
    shown: datetime
    in_slot: bool


@dataclass(frozen=True, slots=True)
class Variant:
    """What one account publishes of a post, and how far it is. `schedule` is a plan until the state says scheduled."""

    id: UUID
    account_id: UUID
    network: str
    account_name: str
    content: Content
    state: State
    state_since: datetime
    schedule: Schedule | None


@dataclass(frozen=True, slots=True)
class Post:
    """A post with its variants. `state` is derived from theirs; `title` is for the team."""

    id: UUID
    title: str
    campaign_id: UUID | None
    labels: tuple[UUID, ...]
    state: PostState
    revision: int
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    trashed_at: datetime | None
    variants: tuple[Variant, ...]

    def of(self, account_id: UUID) -> Variant | None:
        """The variant for an account."""
        return next((one for one in self.variants if one.account_id == account_id), None)
