"""The calendar as the API takes its questions and shows it: the fields are those of `clientnest.content.calendar`."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from annotated_types import Ge, Le
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from api.content.queries import MOST_CHOICES, NetworkName
from clientnest.content.calendar import Period
from clientnest.content.planned import EXCERPT, CalendarFilters
from clientnest.content.states import PostState, State
from clientnest.planning.queueing import LONGEST_WINDOW
from clientnest.planning.wall_clock import resolve
from clientnest.zones import zone

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = TypeAdapter(AwareDatetime)
_USUAL = timedelta(days=31)


def _day_or_instant(value: Any) -> Any:
    """Only 2026-03-31, or an instant with its offset: a number would be read as seconds since 1970."""
    if value is None:
        return None
    if _DAY.fullmatch(str(value)):
        return date.fromisoformat(str(value))
    if "-" not in str(value):
        raise ValueError("write a day as 2026-03-31, or an instant with its offset, as 2026-03-31T09:00:00Z")
    return _INSTANT.validate_python(value)


Instant = Annotated[AwareDatetime, Ge(datetime(2000, 1, 1, tzinfo=UTC)), Le(datetime(2100, 1, 1, tzinfo=UTC))]
Day = Annotated[date, Ge(date(2000, 1, 1)), Le(date(2100, 1, 1))]
DayOrInstant = Annotated[Instant | Day | None, BeforeValidator(_day_or_instant)]
WallClock = Annotated[
    datetime, Field(json_schema_extra={"format": "local-date-time"}, examples=["2026-03-31T09:00:00"])
]


class CalendarQuery(BaseModel):
    """Which period, and what of it."""

    model_config = ConfigDict(extra="forbid")

    first: DayOrInstant = Field(
        None, alias="from", examples=["2026-03-01"],
        description="A day, or an instant; today, if it is left out.",
    )  # fmt: skip
    last: DayOrInstant = Field(
        None, alias="to", examples=["2026-03-31"],
        description=f"A day, which is included, or an instant, which is not; at most {LONGEST_WINDOW.days} days later. "
        f"{_USUAL.days}, if it is left out.",
    )  # fmt: skip
    timezone: str | None = Field(
        None, max_length=100, examples=["Europe/Paris"],
        description="Of days, those of gaps too: an IANA name; the workspace's, if it is left out.",
    )  # fmt: skip
    account_id: list[UUID] = Field(default_factory=list, max_length=MOST_CHOICES, description="May be repeated.")
    network: list[NetworkName] = Field(default_factory=list, max_length=MOST_CHOICES, description="May be repeated.")
    state: list[State] = Field(default_factory=list, max_length=MOST_CHOICES, description="Of variants; repeatable.")
    label_id: list[UUID] = Field(default_factory=list, max_length=MOST_CHOICES, description="May be repeated.")
    campaign_id: list[UUID] = Field(default_factory=list, max_length=MOST_CHOICES, description="May be repeated.")

    def filters(self) -> CalendarFilters:
        return CalendarFilters(
            tuple(self.account_id), tuple(self.network), tuple(self.state), tuple(self.label_id),
            tuple(self.campaign_id),
        )  # fmt: skip

    def period(self, timezone: str, now: datetime) -> Period:
        """The instants asked for. `timezone`: the workspace's. `BadInput` for a zone that there is not."""
        place = zone(self.timezone or timezone, field="query.timezone")
        starts_at = _instant(self.first or now.astimezone(place).date(), place)
        if self.last is None:
            return Period(starts_at, starts_at + _USUAL, place)
        return Period(starts_at, _instant(self.last, place, after=1), place)


def _instant(given: date | datetime, place: ZoneInfo, *, after: int = 0) -> datetime:
    """An instant as it is; of a day its beginning, or that of the day `after`."""
    if isinstance(given, datetime):
        return given.astimezone(UTC)
    return resolve(datetime.combine(given + timedelta(days=after), datetime.min.time()), place).instant


class CalendarVariantOut(BaseModel):
    """What one account is to publish. Its media is the first one."""

    id: UUID
    account_id: UUID
    network: str = Field(examples=["bluesky"])
    account_name: str
    state: State
    state_since: datetime
    local_time: WallClock = Field(description="On the clocks of `timezone`.")
    timezone: str = Field(examples=["Europe/Paris"])
    fold: int = Field(description="1: the second of a time that comes twice.")
    instant: datetime
    in_slot: bool = Field(description="Whether it takes a slot of the account's queue.")
    excerpt: str = Field(description=f"The first {EXCERPT} characters of the text.")
    text_length: int = Field(description="Characters of the whole text.")
    parts: int = Field(description="How many posts the thread has; 1 where it is none.")
    media_id: UUID | None
    media_alt: str | None
    shown: WallClock = Field(description="What clocks show then: another time where they pass over `local_time`.")


class CalendarPostOut(BaseModel):
    """A post with those of its variants that are in the period."""

    id: UUID
    title: str
    campaign_id: UUID | None
    revision: int
    updated_at: datetime
    labels: list[UUID]
    state: PostState = Field(description="By all variants that you may see.")
    variants: list[CalendarVariantOut]


class MeasuredPostOut(BaseModel):
    """A post that went out, as it was measured. `GET …/insights/posts/{measured_id}` has its results."""

    measured_id: UUID
    account_id: UUID
    network: str = Field(examples=["bluesky"])
    account_name: str
    published_at: datetime
    published_time_known: bool = Field(description="False: only the day is known, and midnight stands for it.")
    published_local: WallClock = Field(description="On the clock of the account.")
    title: str | None
    excerpt: str | None
    text_length: int | None
    url: str | None


class FreeSlotOut(BaseModel):
    """A coming of a queue's slot that nothing takes."""

    slot_id: UUID
    account_id: UUID
    instant: datetime
    local_time: WallClock = Field(description="On the clocks of `timezone`.")
    timezone: str = Field(examples=["Europe/Paris"])


class GapOut(BaseModel):
    """Days in a row, both included, on which nothing of the account is planned, and nothing went out."""

    account_id: UUID
    first: date
    last: date
    days: int


class CalendarOut(BaseModel):
    """A period, in the order of time. Clients see what was sent to be reviewed, and neither slots nor gaps."""

    starts_at: datetime
    ends_at: datetime = Field(description="Not included.")
    timezone: str = Field(description="Of the days of gaps.", examples=["Europe/Paris"])
    posts: list[CalendarPostOut]
    measured: list[MeasuredPostOut] = Field(description="What went out, written here or anywhere else.")
    free_slots: list[FreeSlotOut]
    gaps: list[GapOut]
