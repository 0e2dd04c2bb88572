"""Insights as JSON. Fields have the names and meanings of the readers in `clientnest.warehouse.serve`."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

Number = int | float | None
WallClock = Annotated[
    datetime, WithJsonSchema({"type": "string", "examples": ["2026-03-31T09:00:00"], "description": "Without offset."})
]
MISSING = "Why a value is null, for people: `not reported by this network`, …"
WHY_EACH_MISSING = "Why values are null: each reason, for people, with the metrics it holds for."


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PeriodOut(_Out):
    """Whole days, both included."""

    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    days: int


class MeasureOut(_Out):
    """A number of a post: what it means, and how the posts of one network are put together."""

    name: str = Field(examples=["engagement"])
    label: str = Field(examples=["Engagement"])
    description: str
    unit: Literal["count", "seconds", "ratio"]
    combination: Literal["sum", "median"]


class FigureOut(_Out):
    """`change` is (value − before) / before. `posts` have a value, of those published in the period."""

    measure: MeasureOut
    value: Number
    posts: int
    before: Number
    posts_before: int
    change: float | None = Field(examples=[0.12])
    missing: str | None = Field(description=MISSING)


class NetworkOut(_Out):
    """`still_growing`: posts younger than 7 days when last captured; their totals are not final."""

    network: str = Field(examples=["instagram"])
    label: str = Field(examples=["Instagram"])
    posts: int
    posts_before: int
    still_growing: int
    figures: list[FigureOut]


class AccountOut(_Out):
    """An account of a network, as last captured."""

    account_id: UUID
    network: str
    network_label: str
    external_id: str
    display_name: str
    url: str | None
    timezone: str = Field(description="IANA name: its own, or else the workspace's.")
    posts: int
    first_published_at: datetime | None
    last_published_at: datetime | None
    last_captured_at: datetime | None
    followers: int | None
    followers_captured_at: datetime | None


class AccountList(BaseModel):
    items: list[AccountOut]


class FollowersOut(_Out):
    """Followers of one account, and the change within the period where both ends are known."""

    account: AccountOut
    followers: int | None
    captured_at: datetime | None
    change: int | None
    missing: str | None = Field(description=MISSING)


class OverviewOut(_Out):
    """What the posts of a period achieved, network by network. Different networks are never added up."""

    period: PeriodOut
    compared_with: PeriodOut | None = Field(description="The same number of days just before.")
    posts: int
    posts_before: int
    networks: list[NetworkOut]
    followers: list[FollowersOut]


class PostOut(_Out):
    """A post and its totals when last captured. Local times are on the account's clock."""

    post_id: UUID
    account_id: UUID
    account_name: str
    network: str
    external_id: str
    published_at: datetime | None
    published_time_known: bool = Field(description="False: only the day is known, and midnight stands for it.")
    published_local: WallClock | None
    hour_of_week: int | None = Field(
        description="0 is Monday 00:00, 167 Sunday 23:00, local. Null where the time is not known."
    )
    post_type: str | None
    title: str | None
    text: str | None
    url: str | None
    hashtags: list[str]
    captured_at: datetime | None
    age_hours: float | None
    is_mature: bool = Field(description="At least 7 days old for sure when last captured.")
    followers: int | None
    flags: list[str] = Field(description="What is odd about its numbers.", examples=[["rate_above_100"]])
    metrics: dict[str, Number] = Field(description="Every measure by name.")
    missing: dict[str, tuple[str, ...]] = Field(
        description=WHY_EACH_MISSING, examples=[{"not reported by this network": ["reach", "saves"]}]
    )


class PostPageOut(_Out):
    items: list[PostOut]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


class DayOut(_Out):
    """What moved on one UTC day. Negative where a network took something back."""

    day: date
    posts_published: int
    posts_measured: int
    posts_compared: int
    metrics: dict[str, Number]
    has_negative: bool
    reported_metrics: list[str] = Field(description="Reported for the day itself; others are differences of captures.")
    source: str


class DailySeriesOut(_Out):
    account: AccountOut
    period: PeriodOut
    days: list[DayOut]
    missing: dict[str, tuple[str, ...]] = Field(description=f"Of metrics without a single value. {WHY_EACH_MISSING}")


class HourOut(_Out):
    index: int = Field(ge=0, le=167)
    weekday: str = Field(examples=["Monday"])
    hour: int
    label: str = Field(examples=["Monday 09:00"])


class BestTimeOut(_Out):
    """How much more (0.2: 20%) engagement posts of this hour had than the account's average, with an interval."""

    hour: HourOut
    uplift: float
    uplift_low: float
    uplift_high: float
    posts: int


class BestTimesOut(_Out):
    """An association in past posts, not proof of a cause. `reason` says why there are no hours, if so."""

    account: AccountOut
    hours: list[BestTimeOut]
    computed_at: datetime | None
    reason: str | None


class PostingSlotOut(_Out):
    """Posts of an account in one hour of the week. Logs are log1p of engagement."""

    account_id: UUID
    hour: HourOut
    posts: int
    median_engagement: float | None
    mean_log_engagement: float | None
    account_mean_log_engagement: float | None


class PostingSlotList(BaseModel):
    items: list[PostingSlotOut]


class HashtagOut(_Out):
    """Posts with a hashtag beside all posts of the account. An association, not proof of a cause."""

    account_id: UUID
    hashtag: str
    posts: int
    median_engagement: float | None
    account_median_engagement: float | None


class HashtagList(BaseModel):
    items: list[HashtagOut]


class ContentTypeOut(_Out):
    account_id: UUID
    post_type: str | None
    posts: int
    median_engagement: float | None
    mean_log_engagement: float | None
    account_median_engagement: float | None


class ContentTypeList(BaseModel):
    items: list[ContentTypeOut]


class CoverageOut(_Out):
    """The part of the posts (0 to 1) whose value is known. `expected`: the network reports it."""

    metric: str
    reported_share: float
    expected: bool


class SourceHealthOut(_Out):
    """What one source gave for one account."""

    account_id: UUID
    network: str
    source: str = Field(examples=["export:x_analytics"])
    last_captured_at: datetime | None
    last_loaded_at: datetime | None
    posts: int
    snapshots: int
    flagged_negative: int
    flagged_rate_above_100: int
    coverage: list[CoverageOut]


class DataHealthOut(BaseModel):
    items: list[SourceHealthOut]
