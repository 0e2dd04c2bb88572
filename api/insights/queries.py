"""What the addresses of insights take after the question mark."""

import re
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from clientnest.errors import BadInput
from clientnest.records import PostType
from clientnest.warehouse.serve import Filters, Period, PostSort

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MOST_CHOICES = 100


def _written_as_day(value: Any) -> Any:
    """Only 2026-03-31: a number would be read as seconds since 1970."""
    if value is not None and not _ISO_DAY.fullmatch(str(value)):
        raise ValueError("write a day as 2026-03-31")
    return value


Day = Annotated[date, BeforeValidator(_written_as_day)]
NetworkName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class PeriodQuery(BaseModel):
    """A period of whole days, both included, in each account's own time zone; `from` and `to` go together."""

    model_config = ConfigDict(extra="forbid")

    first: Day | None = Field(None, alias="from", description="First day.", examples=["2026-03-01"])
    last: Day | None = Field(None, alias="to", description="Last day, included.", examples=["2026-03-31"])

    @model_validator(mode="after")
    def _both(self) -> "PeriodQuery":
        if (self.first is None) != (self.last is None):
            raise ValueError("`from` and `to` go together: give both or neither")
        try:
            self.period()
        except BadInput as error:
            raise ValueError(error.message) from error
        return self

    def period(self) -> Period | None:
        """The period asked for; None where none is."""
        return None if self.first is None or self.last is None else Period(self.first, self.last)


class AccountsQuery(BaseModel):
    """Which accounts; all of the workspace where none is named."""

    model_config = ConfigDict(extra="forbid")

    account_id: list[UUID] = Field(default_factory=list, max_length=MOST_CHOICES, description="May be repeated.")


class HashtagsQuery(AccountsQuery):
    at_least: int = Field(3, ge=1, le=1000, description="Leave out hashtags on fewer of an account's posts.")
    limit: int = Field(50, ge=1, le=200)


class SelectionQuery(PeriodQuery):
    """Which posts; all of the workspace where nothing narrows them."""

    account_id: list[UUID] = Field(default_factory=list, max_length=MOST_CHOICES, description="May be repeated.")
    network: list[NetworkName] = Field(
        default_factory=list, max_length=MOST_CHOICES, description="May be repeated.", examples=[["instagram"]]
    )
    type: list[PostType] = Field(default_factory=list, max_length=MOST_CHOICES, description="May be repeated.")

    def filters(self) -> Filters:
        return Filters(
            accounts=tuple(self.account_id),
            networks=tuple(self.network),
            types=tuple(kind.value for kind in self.type),
            period=self.period(),
        )


class PostsQuery(SelectionQuery):
    """Which posts, in which order, which page."""

    q: str | None = Field(
        None, min_length=1, max_length=200, pattern=r"^[^\x00]*$", description="A part of the title or the text."
    )
    sort: PostSort = Field(PostSort.PUBLISHED_AT, description="Posts without the value come last either way.")
    order: Literal["asc", "desc"] = "desc"
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=512, description="`next_cursor` of the page before.")

    def filters(self) -> Filters:
        narrowed = super().filters()
        return Filters(narrowed.accounts, narrowed.networks, narrowed.types, narrowed.period, self.q)
