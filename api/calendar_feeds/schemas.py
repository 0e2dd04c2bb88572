"""Calendar feeds as the API shows them: the address once, when it is made."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.body import Body, Name

MOST_ACCOUNTS = 100


class FeedFilters(Body):
    """What the feed shows; everything where nothing is chosen."""

    accounts: list[UUID] = Field(default_factory=list, max_length=MOST_ACCOUNTS, description="Only of these accounts.")


class FeedIn(Body):
    """A calendar to read elsewhere."""

    name: Name = Field(min_length=1, max_length=100, examples=["My phone"])
    filters: FeedFilters = Field(default_factory=FeedFilters)


class FeedOut(BaseModel):
    """A feed. Its address is shown when it is made, and never again."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(examples=["My phone"])
    filters: FeedFilters
    created_at: datetime
    last_used_at: datetime | None = Field(description="To the minute.")
    revoked_at: datetime | None


class NewFeedOut(FeedOut):
    """With its address, shown this once. Whoever has it sees what its maker may see."""

    address: str = Field(
        description="Subscribe to it in a calendar program.",
        examples=["https://clientnest.example.com/v1/calendar-feeds/cnf_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw.ics"],
    )


class FeedList(BaseModel):
    """The latest first."""

    items: list[FeedOut]
