"""What the addresses of posts take after the question mark."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from clientnest.content.reading import MOST_AT_ONCE, PostFilters
from clientnest.content.searching import LONGEST_QUESTION
from clientnest.content.states import PostState

MOST_CHOICES = 100
NetworkName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class PostsQuery(BaseModel):
    """Which posts, which page."""

    model_config = ConfigDict(extra="forbid")

    state: list[PostState] = Field(default_factory=list, max_length=MOST_CHOICES, description="May be repeated.")
    account_id: list[UUID] = Field(default_factory=list, max_length=MOST_CHOICES, description="May be repeated.")
    network: list[NetworkName] = Field(default_factory=list, max_length=MOST_CHOICES, description="May be repeated.")
    label_id: list[UUID] = Field(default_factory=list, max_length=MOST_CHOICES, description="May be repeated.")
    campaign_id: list[UUID] = Field(default_factory=list, max_length=MOST_CHOICES, description="May be repeated.")
    q: str | None = Field(
        None, min_length=1, max_length=LONGEST_QUESTION, pattern=r"^[^\x00]*$", examples=["market day"],
        description="Words, or parts of them, that all are somewhere in the post: in a text, title, label, campaign, "
        "or the alternative text or name of a picture. Neither case nor accents matter.",
    )  # fmt: skip
    trashed: bool = Field(False, description="Those in the trash, instead of the others.")
    limit: int = Field(50, ge=1, le=MOST_AT_ONCE)
    cursor: str | None = Field(None, max_length=512, description="`next_cursor` of the page before.")

    def filters(self) -> PostFilters:
        return PostFilters(
            tuple(self.state), tuple(self.account_id), tuple(self.network), tuple(self.label_id),
            tuple(self.campaign_id), self.trashed, self.q,
        )  # fmt: skip


class RevisionsQuery(BaseModel):
    """Which page of a history."""

    model_config = ConfigDict(extra="forbid")

    below: int | None = Field(None, ge=1, le=2**31 - 1, description="The `number` of the last one before.")
    limit: int = Field(50, ge=1, le=200)
