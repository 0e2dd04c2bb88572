"""Campaigns as the API takes and shows them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, Field

from api.body import Body, Name
from clientnest.content.campaigns import LONGEST_NAME

CampaignName = Annotated[
    Name, Field(min_length=1, max_length=LONGEST_NAME, description="Once in a workspace, whatever its case.")
]
Day = Annotated[date, Ge(date(2000, 1, 1)), Le(date(2100, 1, 1))]


class CampaignIn(Body):
    """A new campaign. Both its days belong to it; null leaves it open on that side."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Harvest", "starts_on": "2026-09-01", "ends_on": "2026-10-31"}]}
    )

    name: CampaignName
    starts_on: Day | None = None
    ends_on: Day | None = None


class CampaignChange(Body):
    """What is to change; the rest stays. A day of null leaves it open on that side."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ends_on": "2026-11-15"}]})

    name: CampaignName | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None


class CampaignOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(examples=["Harvest"])
    starts_on: date | None = Field(examples=["2026-09-01"])
    ends_on: date | None = Field(examples=["2026-10-31"])
    posts: int = Field(description="How many that you see are of it, without the trash.")
    revision: int
    created_by: UUID | None
    created_at: datetime


class CampaignList(BaseModel):
    """The latest to begin first, those without a first day before the others."""

    items: list[CampaignOut]
