"""What a capture is made of: the typed rows that export readers and connectors give and the warehouse writes.

Every instant is an aware UTC `datetime`. Metric values are lifetime totals at `captured_at` (see `clientnest.metrics`);
a metric that the source does not give is absent from the mapping or None, never 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

Metrics = Mapping[str, int | float | None]


class PostType(StrEnum):
    """The format of a post, shared by all networks."""

    TEXT = "text"
    LINK = "link"
    IMAGE = "image"
    CAROUSEL = "carousel"
    VIDEO = "video"
    SHORT_VIDEO = "short_video"
    STORY = "story"
    LIVE = "live"
    POLL = "poll"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An account of a network by the network's own identifier (the handle in lower case where no id is given)."""

    network: str
    external_id: str
    display_name: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PostRow:
    """One post and its totals at `captured_at`. Metrics: columns of `Grain.POST`.

    `published_time_known` is False where the source gives only the day of publication: `published_at` is then that
    day's midnight in the account's zone, good for periods and ages in days, and says nothing about the hour.
    """

    account: AccountRef
    external_id: str
    captured_at: datetime
    metrics: Metrics
    published_at: datetime | None = None
    post_type: PostType | None = None
    title: str | None = None
    text: str | None = None
    url: str | None = None
    link_url: str | None = None
    duration_seconds: float | None = None
    is_repost: bool = False
    published_time_known: bool = True


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account's own totals at `captured_at`. Metrics: columns of `Grain.ACCOUNT`."""

    account: AccountRef
    captured_at: datetime
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """What the network says happened to an account from `period_start` to `period_end` (dates, both included).

    `dimension` and `dimension_value` name a breakdown ("country", "US"); both empty for the whole account.
    Metrics: columns of `Grain.PERIOD`; they are movements within the period, not lifetime totals.
    """

    account: AccountRef
    period_start: date
    period_end: date
    captured_at: datetime
    metrics: Metrics
    dimension: str = ""
    dimension_value: str = ""


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that could not be used: `row` counts from 1 as a spreadsheet shows it (the header is row 1)."""

    row: int
    field: str | None
    value: str | None
    reason: str


CaptureRow = PostRow | AccountRow | PeriodRow
