"""Comments as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.body import Body
from clientnest.content.commenting import LONGEST, MOST_MENTIONS
from clientnest.content.comments import MOST_AT_ONCE


def _says_something(text: str) -> str:
    if not text.strip():
        raise ValueError("the comment says nothing")
    return text


CommentText = Annotated[
    str, Field(min_length=1, max_length=LONGEST, description="Kept as it is."), AfterValidator(_says_something)
]  # fmt: skip
Mentions = Annotated[
    list[UUID],
    Field(max_length=MOST_MENTIONS, description="Ids of members, who are notified; the text itself calls for nobody."),
]


class CommentIn(Body):
    """Something to say on a post."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "Can we say which market it is?"}, {"text": "Done.", "mentions": []}]}
    )

    text: CommentText
    account_id: UUID | None = Field(None, description="Whose variant it is about; null for the post as a whole.")
    parent_id: UUID | None = Field(None, description="Which comment it answers: it joins that one's thread.")
    internal: bool | None = Field(
        None, description="Not for clients. Null: true, but for what a client writes, which is never internal."
    )
    mentions: Mentions = Field(default_factory=list)


class CommentChange(Body):
    """What is to change; the rest stays. Mentions are given as a whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Can we say which market, and where?"}]})

    text: CommentText | None = None
    mentions: Mentions | None = None


class CommentsQuery(BaseModel):
    """Which page."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=MOST_AT_ONCE)
    cursor: str | None = Field(None, max_length=512, description="`next_cursor` of the page before.")


class CommentOut(BaseModel):
    """A comment. Deleted, it has no words any more, and keeps its place."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    post_id: UUID
    account_id: UUID | None = Field(description="Whose variant it is about; null: the post as a whole.")
    parent_id: UUID | None = Field(description="The first of its thread; null: it is that.")
    text: str
    mentions: list[UUID]
    internal: bool = Field(description="Not for clients.")
    author_kind: Literal["person", "api_key", "client_link"]
    author_id: UUID
    author_name: str | None = Field(description="Null for programs, links, and people who left.", examples=["Ada"])
    revision: int
    created_at: datetime
    edited_at: datetime | None
    resolved_at: datetime | None = Field(description="Of the thread, on its first comment.")
    resolved_by: UUID | None
    deleted_at: datetime | None


class CommentPageOut(BaseModel):
    """The first written first; what belongs to a thread says so by its `parent_id`."""

    items: list[CommentOut]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")
