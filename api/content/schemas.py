"""Posts and their variants as the API takes and shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, field_validator

from api.body import Body, Name
from clientnest.content import model
from clientnest.content.model import LONGEST_TEXT, MOST_LABELS, MOST_MEDIA, MOST_PARTS, MOST_VARIANTS, Content
from clientnest.content.states import PostState, State
from clientnest.media.addresses import address
from clientnest.media.files import File
from clientnest.outbound import LONGEST_URL

MOST_OPTIONS = 50
LONGEST_OPTION = 5_000


def _is_web(link: str) -> str:
    if not link.startswith(("http://", "https://")):
        raise ValueError("a link begins with https:// or http://")
    return link


def _small(options: dict[str, Any]) -> dict[str, Any]:
    """Options go to a network as they are: names, short texts, numbers, lists of them."""
    waiting = list(options.values())
    while waiting:
        part = waiting.pop()
        if isinstance(part, str) and len(part) > LONGEST_OPTION:
            raise ValueError(f"a text among the options has more than {LONGEST_OPTION} characters")
        if isinstance(part, list | dict) and len(part) > MOST_OPTIONS:
            raise ValueError(f"a list among the options has more than {MOST_OPTIONS} entries")
        waiting += part if isinstance(part, list) else list(part.values()) if isinstance(part, dict) else []
    return options


Text = Annotated[
    str, Field(max_length=LONGEST_TEXT, description="Kept as it is; no network's limit is applied here.")
]  # fmt: skip
Link = Annotated[str, Field(max_length=LONGEST_URL), AfterValidator(_is_web)]
UtmValue = Annotated[str, Field(min_length=1, max_length=200)]
UtmName = Literal["source", "medium", "campaign", "term", "content", "id"]


class MediaIn(Body):
    """A picture or video of the workspace, in its place."""

    media_id: UUID
    alt_text: Text | None = Field(None, description="Null: the one that the media has.")


class PartIn(Body):
    """A further post of a thread."""

    text: Text = ""
    media: list[MediaIn] = Field(default_factory=list, max_length=MOST_MEDIA)


class ContentIn(Body):
    """What one account is to publish: all of it, for what is left out is taken for empty."""

    text: Text = ""
    media: list[MediaIn] = Field(default_factory=list, max_length=MOST_MEDIA)
    thread: list[PartIn] = Field(
        default_factory=list, max_length=MOST_PARTS - 1, description="What follows the post, where it is a thread."
    )
    title: Text | None = Field(None, description="Where the network has titles.")
    first_comment: Text | None = None
    link: Link | None = Field(None, description="Shown as a card where the network has them.")
    utm: dict[UtmName, UtmValue] = Field(default_factory=dict, description="Added to `link` when it goes out.")
    options: Annotated[dict[str, Any], AfterValidator(_small)] = Field(
        default_factory=dict, max_length=MOST_OPTIONS, description="The network's own, such as `visibility` or `tags`."
    )

    def content(self) -> Content:
        """As the rest of the house has it."""
        parts = (PartIn(text=self.text, media=self.media), *self.thread)
        return Content(
            parts=tuple(
                model.Part(part.text, tuple(model.Shown(one.media_id, one.alt_text) for one in part.media))
                for part in parts
            ),
            title=self.title,
            first_comment=self.first_comment,
            link=self.link,
            utm={str(name): value for name, value in self.utm.items()},
            options=self.options,
        )


class VariantIn(ContentIn):
    """The content of a post for one account."""

    account_id: UUID


_VARIANT: dict[str, JsonValue] = {
    "account_id": "0198c5a5-f7d4-7b0f-9a5b-8a7f3e6d2c10",
    "text": "The market opens at nine. 🌽 #market",
}


class PostIn(Body):
    """A new post, for any number of accounts."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Market day", "variants": [_VARIANT]}]})

    title: Name = Field("", max_length=200, description="For the team; no network sees it.")
    campaign_id: UUID | None = None
    labels: list[UUID] = Field(default_factory=list, max_length=MOST_LABELS)
    variants: list[VariantIn] = Field(default_factory=list, max_length=MOST_VARIANTS)

    @field_validator("variants")
    @classmethod
    def _one_for_each(cls, given: list[VariantIn]) -> list[VariantIn]:
        return _different(given)


class PostChange(Body):
    """What is to change; the rest stays. A variant that is given is given whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"variants": [_VARIANT]}]})

    title: Name | None = Field(None, max_length=200)
    campaign_id: UUID | None = Field(None, description="Null takes the post out of its campaign.")
    labels: list[UUID] | None = Field(None, max_length=MOST_LABELS)
    variants: list[VariantIn] | None = Field(None, max_length=MOST_VARIANTS)
    removed_accounts: list[UUID] = Field(
        default_factory=list, max_length=MOST_VARIANTS, description="Whose variants are left out from now on."
    )

    @field_validator("variants")
    @classmethod
    def _one_for_each(cls, given: list[VariantIn] | None) -> list[VariantIn] | None:
        return None if given is None else _different(given)


def _different(given: list[VariantIn]) -> list[VariantIn]:
    if len({one.account_id for one in given}) != len(given):
        raise ValueError("two variants are for the same account: a post has one for each")
    return given


def contents(given: list[VariantIn]) -> Mapping[UUID, Content]:
    """Variants by account."""
    return {one.account_id: one.content() for one in given}


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class MediaOut(BaseModel):
    """A picture or video in its place. The addresses show it for some hours, to whoever has them."""

    media_id: UUID
    alt_text: str | None = Field(description="Null: the one that the media has.")
    url: str
    thumbnail_url: str


class PartOut(BaseModel):
    text: str
    media: list[MediaOut]

    @classmethod
    def of(cls, part: model.Part, workspace_id: UUID) -> "PartOut":
        return cls(
            text=part.text,
            media=[
                MediaOut(
                    media_id=one.media_id,
                    alt_text=one.alt_text,
                    url=address(workspace_id, one.media_id, File.ORIGINAL),
                    thumbnail_url=address(workspace_id, one.media_id, File.SMALL),
                )
                for one in part.media
            ],
        )


class ContentOut(BaseModel):
    """What one account publishes."""

    text: str
    media: list[MediaOut]
    thread: list[PartOut]
    title: str | None
    first_comment: str | None
    link: str | None
    utm: dict[str, str]
    options: dict[str, Any]

    @classmethod
    def of(cls, content: Content, workspace_id: UUID) -> "ContentOut":
        first, *rest = (PartOut.of(part, workspace_id) for part in content.parts)
        return cls(
            text=first.text, media=first.media, thread=rest, title=content.title,
            first_comment=content.first_comment, link=content.link, utm=dict(content.utm),
            options=dict(content.options),
        )  # fmt: skip


class ScheduleOut(_Out):
    """When it goes out, once it is scheduled."""

    local_time: datetime = Field(
        description="On the clocks of `timezone`.", examples=["2026-03-29T02:30:00"],
        json_schema_extra={"format": "local-date-time"},
    )  # fmt: skip
    timezone: str = Field(examples=["Europe/Paris"])
    fold: int = Field(description="1: the second of a time that comes twice.")
    instant: datetime
    shown: datetime = Field(
        description="What clocks show then: another time where they pass over `local_time`.",
        json_schema_extra={"format": "local-date-time"},
    )  # fmt: skip
    in_slot: bool = Field(description="Whether it takes a slot of the account's queue.")


class VariantOut(BaseModel):
    id: UUID
    account_id: UUID
    network: str = Field(examples=["bluesky"])
    account_name: str
    content: ContentOut
    state: State
    state_since: datetime
    schedule: ScheduleOut | None

    @classmethod
    def of(cls, variant: model.Variant, workspace_id: UUID) -> "VariantOut":
        return cls(
            id=variant.id, account_id=variant.account_id, network=variant.network, account_name=variant.account_name,
            content=ContentOut.of(variant.content, workspace_id), state=variant.state, state_since=variant.state_since,
            schedule=ScheduleOut.model_validate(variant.schedule) if variant.schedule else None,
        )  # fmt: skip


class PostOut(BaseModel):
    """A post. Its state follows from those of its variants: first what needs somebody, then what is least far."""

    id: UUID
    title: str
    campaign_id: UUID | None
    labels: list[UUID]
    state: PostState
    revision: int
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    trashed_at: datetime | None
    variants: list[VariantOut]

    @classmethod
    def of(cls, post: model.Post, workspace_id: UUID) -> "PostOut":
        return cls(
            id=post.id, title=post.title, campaign_id=post.campaign_id, labels=list(post.labels), state=post.state,
            revision=post.revision, created_by=post.created_by, created_at=post.created_at,
            updated_at=post.updated_at, trashed_at=post.trashed_at,
            variants=[VariantOut.of(one, workspace_id) for one in post.variants],
        )  # fmt: skip


class PostPageOut(BaseModel):
    """The latest made first."""

    items: list[PostOut]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")
