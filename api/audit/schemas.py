"""Events as JSON, and what their addresses take after the question mark."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from clientnest.audit import ActorKind, Filters, State

MOST_AT_ONCE = 200
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class FieldChangeOut(BaseModel):
    """One changed field; `before` and `after` are null unless `state` is `shown`."""

    model_config = ConfigDict(from_attributes=True)

    field: str = Field(examples=["role"])
    before: Any = Field(examples=["editor"])
    after: Any = Field(examples=["admin"])
    state: State = Field(
        description="`erased`: whose value it was has been erased, it can never be read again. `not_kept`: only that "
        "the field changed is kept. `damaged`: what is stored is not what was written."
    )


class OriginOut(BaseModel):
    """From where; both are null unless `state` is `shown`."""

    model_config = ConfigDict(from_attributes=True)

    address: str | None = Field(examples=["203.0.113.7"])
    user_agent: str | None
    state: State


class EventOut(BaseModel):
    """Something that happened: who did what, when, from where, to which object."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: datetime
    action: str = Field(examples=["workspace.member.role_changed"])
    actor_kind: ActorKind
    actor_id: UUID | None = Field(description="A person's, key's or link's; null for the system.")
    object_type: str = Field(examples=["member"])
    object_id: str | None
    changes: list[FieldChangeOut]
    origin: OriginOut
    request_id: str | None = Field(description="The X-Request-ID of the request that did it.")


class EventPageOut(BaseModel):
    """Newest first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[EventOut]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


class ExportFormat(StrEnum):
    """`csv` opens in spreadsheets; `jsonl` is one JSON object a line, with the members of an event."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class EventsQuery(BaseModel):
    """Which events; all of the workspace where nothing narrows them."""

    model_config = ConfigDict(extra="forbid")

    actor_id: UUID | None = None
    action: Word | None = Field(None, description="How its name begins.", examples=["workspace.member"])
    object_type: Word | None = None
    object_id: Word | None = None
    since: AwareDatetime | None = Field(None, alias="from", description="The earliest instant, with its offset.")
    until: AwareDatetime | None = Field(None, alias="to", description="The instant before which events end.")
    q: Word | None = Field(None, description="A part of the object's id.")

    def filters(self) -> Filters:
        return Filters(self.actor_id, self.action, self.object_type, self.object_id, self.since, self.until, self.q)


class PageQuery(BaseModel):
    """Which page."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=MOST_AT_ONCE)
    cursor: str | None = Field(None, max_length=512, description="`next_cursor` of the page before.")


class EventsPageQuery(EventsQuery, PageQuery):
    """Which events, which page."""


class ExportQuery(EventsQuery):
    """Which events, in which format."""

    format: ExportFormat = ExportFormat.CSV
