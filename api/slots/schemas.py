"""Queue slots as the API shows them: a weekday, a wall-clock time, and the zone it is read in."""

from datetime import UTC, datetime, time
from typing import Annotated
from uuid import UUID

from annotated_types import Ge, Le
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_serializer

from api.body import Body
from clientnest.planning.queueing import LONGEST_WINDOW, SlotTime
from clientnest.planning.wall_clock import Kind

Weekday = Annotated[int, Field(ge=0, le=6, description="0 is Monday, 6 Sunday.", examples=[1])]
LocalTime = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="What clocks show.", examples=["09:00"])
]
Timezone = Annotated[
    str | None,
    Field(max_length=100, description="An IANA name; null for the account's, or else the workspace's."),
]
Instant = Annotated[AwareDatetime, Ge(datetime(2000, 1, 1, tzinfo=UTC)), Le(datetime(2100, 1, 1, tzinfo=UTC))]


class SlotIn(Body):
    """A time of the week at which the account posts what waits in its queue."""

    weekday: Weekday
    local_time: LocalTime
    timezone: Timezone = None


class SlotChange(Body):
    """What is to change; the rest stays. A time zone of null makes it the account's again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"local_time": "10:30"}]})

    weekday: Weekday | None = None
    local_time: LocalTime | None = None
    timezone: Timezone = None


class SlotOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    account_id: UUID
    weekday: Weekday
    local_time: time = Field(json_schema_extra={"format": "hh:mm"}, examples=["09:00"])
    timezone: Timezone
    zone: str = Field(description="The time zone that holds at present.", examples=["Europe/Paris"])
    created_by: UUID | None
    created_at: datetime

    @field_serializer("local_time")
    def _written(self, value: time) -> str:
        return f"{value:%H:%M}"


class SlotList(BaseModel):
    """In the order of the week."""

    items: list[SlotOut]


class UpcomingQuery(BaseModel):
    """Which stretch of time: from `from` on, and before `to`."""

    model_config = ConfigDict(extra="forbid")

    since: Instant | None = Field(
        None, alias="from", description="With its offset; now, if it is left out.", examples=["2026-03-23T00:00:00Z"]
    )
    until: Instant | None = Field(
        None, alias="to", examples=["2026-04-06T00:00:00Z"],
        description=f"At most {LONGEST_WINDOW.days} days later; 14, if it is left out.",
    )  # fmt: skip


class SlotTimeOut(BaseModel):
    """One coming of a slot."""

    slot_id: UUID
    at: datetime
    wall_clock: datetime = Field(
        json_schema_extra={"format": "local date-time"}, examples=["2026-03-24T09:00:00"],
        description="The day and the slot's time, in `timezone`.",
    )  # fmt: skip
    timezone: str = Field(examples=["Europe/Paris"])
    kind: Kind = Field(description="`gap`: clocks pass over that time. `overlap`: they show it twice.")
    note: str | None = Field(description="What that means, where clocks change; else null.")

    @classmethod
    def of(cls, coming: SlotTime) -> "SlotTimeOut":
        found = coming.resolution
        return cls(slot_id=coming.slot_id, at=found.instant, wall_clock=found.wall_clock, timezone=found.timezone,
                   kind=found.kind, note=found.note)  # fmt: skip


class UpcomingOut(BaseModel):
    """In the order of time."""

    items: list[SlotTimeOut]
