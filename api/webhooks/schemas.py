"""Webhooks as the API shows them: the signing secret once, when it is made."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from api.body import Body
from clientnest.events.catalogue import KINDS
from clientnest.outbound import LONGEST_URL
from clientnest.webhooks import MOST_PATTERNS, DeliveryState

_EVENTS = (
    "Kinds of events: `*` for all, how some begin (`account.*`), or their names: "
    + ", ".join(f"`{kind}`" for kind in KINDS)
    + "."
)
Url = Annotated[str, Field(min_length=1, max_length=LONGEST_URL, description="Where to send; it begins with https://.")]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Events = Annotated[list[Pattern], Field(min_length=1, max_length=MOST_PATTERNS, description=_EVENTS)]


class WebhookIn(Body):
    """Where to send which events."""

    url: Url = Field(examples=["https://hooks.example.com/clientnest"])
    events: Events = Field(examples=[["job.done", "account.*"]])


class WebhookChange(Body):
    """What is to change; the rest stays. Another address, and switching on, forgive what failed before."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"events": ["job.*"], "enabled": True}]})

    url: Url | None = None
    events: Events | None = None
    enabled: bool | None = None


class WebhookOut(BaseModel):
    """An endpoint. Its secret is shown when it is made, and never again."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    url: str = Field(examples=["https://hooks.example.com/clientnest"])
    events: list[str] = Field(description=_EVENTS, examples=[["job.done", "account.*"]])
    enabled: bool
    disabled_reason: Literal["by_hand", "gone", "failing"] | None = Field(
        description="`gone`: it answered 410. `failing`: nothing but failures for five days."
    )
    disabled_at: datetime | None
    failing_since: datetime | None = Field(description="Null where the last attempt succeeded.")
    former_secret_until: datetime | None = Field(description="How long a secret from before a rotation still signs.")
    created_by: UUID | None
    created_at: datetime


class NewWebhookOut(WebhookOut):
    """With its signing secret, shown this once."""

    secret: str = Field(
        description="Check signatures with it.", examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="]
    )


class WebhookList(BaseModel):
    items: list[WebhookOut]


class DeliveriesQuery(BaseModel):
    """Which deliveries, which page."""

    model_config = ConfigDict(extra="forbid")

    state: DeliveryState | None = None
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=512, description="`next_cursor` of the page before.")


class DeliveryOut(BaseModel):
    """One message to one endpoint; kept for 30 days."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    message: str = Field(description="Its `webhook-id`.", examples=["msg_0198c5a5f7d47b0f9a5b8a7f3e6d2c10"])
    kind: str = Field(examples=["job.done"])
    event_id: int | None = Field(description="The event's id, as `/v1/events` has it; null for a test.")
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    status: int | None = Field(description="What the last attempt was answered; null where nothing came back.")
    problem: str | None = Field(description="Why the last attempt failed, or why there will be no other.")
    created_at: datetime
    finished_at: datetime | None = Field(description="When it was delivered, or given up.")


class DeliveryPageOut(BaseModel):
    """The latest first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[DeliveryOut]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


class AttemptOut(BaseModel):
    """One request, and what came back."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    started_at: datetime
    ended_at: datetime | None = Field(description="Null: under way.")
    duration_ms: int | None
    status: int | None
    problem: str | None
    answer: str | None = Field(description="How the answer began.")


class DeliveryDetailOut(BaseModel):
    """A delivery, what was sent to the letter, and each attempt."""

    delivery: DeliveryOut
    body: str
    attempts: list[AttemptOut]


class ReplayIn(Body):
    """From when on to replay what was given up."""

    since: AwareDatetime = Field(description="With its offset.", examples=["2026-03-31T00:00:00Z"])


class ReplayedOut(BaseModel):
    deliveries: int = Field(description="How many are sent again.")
