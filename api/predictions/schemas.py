"""Drafts in, predictions out."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from annotated_types import Ge, Le
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.body import Body
from clientnest.records import PostType

PlannedAt = Annotated[AwareDatetime, Ge(datetime(2000, 1, 1, tzinfo=UTC)), Le(datetime(2100, 1, 1, tzinfo=UTC))]


class DraftIn(Body):
    """A post that is planned. Without `has_link`, its text tells."""

    account_id: UUID
    planned_at: PlannedAt = Field(description="With its offset.", examples=["2026-03-31T09:00:00+02:00"])
    text: str = Field("", max_length=65_536)
    title: str = Field("", max_length=1_000)
    post_type: PostType = PostType.TEXT
    has_link: bool | None = None


class PredictIn(Body):
    """Up to 200 drafts at once: variants of a text, or one text at every hour of a week."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "drafts": [
                        {
                            "account_id": "01a20a5e-2811-773f-a6fd-bbcf5dc833c6",
                            "planned_at": "2026-03-31T09:00:00+02:00",
                            "text": "Our new range is here. #launch",
                            "post_type": "image",
                        }
                    ],
                    "target": "total",
                }
            ]
        },
    )

    drafts: list[DraftIn] = Field(min_length=1, max_length=200)
    target: Literal["total", "24h", "7d"] = Field("total", description="Engagement in the end, or at that age.")


class ReasonOut(BaseModel):
    """What moved the prediction. `change` is relative to the account's recent level: 0.18 is +18%."""

    model_config = ConfigDict(from_attributes=True)

    topic: str = Field(examples=["time"])
    change: float
    words: str = Field(examples=["Tuesday 09:00 for this account: +18%"])


class PredictionOut(BaseModel):
    """Expected likes, comments and shares together. `source` says what the answer rests on: a model, the account's
    average where no model has beaten it yet (`note` says why), or nothing.
    """

    model_config = ConfigDict(from_attributes=True)

    account_id: UUID
    target: str
    source: Literal["model", "account_average", "no_data"]
    value: float | None = Field(description="The middle of what to expect.")
    low: float | None = Field(description="80% of results lie from `low` …")
    high: float | None = Field(description="… to `high`.")
    baseline: float | None = Field(description="The account's recent level without this draft's particulars.")
    known_posts: int = Field(description="Results of the account that the answer rests on.")
    model_name: str | None
    model_version: str | None
    confirmed_at: datetime | None = Field(description="When the model was last confirmed as the best there is.")
    reasons: list[ReasonOut]
    note: str


class PredictionList(BaseModel):
    """In the order of the drafts."""

    items: list[PredictionOut]
