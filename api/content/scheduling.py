"""`…/posts/{post_id}/schedule`, `/unschedule`, `/cancel`: when variants go out, and whether they do."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from api.body import Body
from api.content.posts import shown
from api.content.schemas import PostOut
from api.deps import ContentWriteDoor
from api.etags import IfMatchNeeded, etag, needed_revision_of
from clientnest.audit import Action, Change
from clientnest.content import scheduling
from clientnest.content.model import MOST_VARIANTS

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/posts/{post_id}", tags=["posts"])


def _without_offset(value: datetime) -> datetime:
    if value.tzinfo is not None:
        raise ValueError("a wall-clock time has no offset: write it like 2026-03-29T02:30, and give the time zone")
    return value


LocalTime = Annotated[datetime, AfterValidator(_without_offset)]
Accounts = Annotated[
    list[UUID] | None,
    Field(min_length=1, max_length=MOST_VARIANTS, description="Whose variants; null for all that are still to go out."),
]


class ScheduleIn(Body):
    """A time on the clocks of a zone, or the next free slot of each account's queue: one of the two."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"next_slot": True}, {"at": "2027-03-09T09:00", "timezone": "Europe/Paris"}]}
    )

    at: LocalTime | None = Field(
        None, description="Without an offset.", json_schema_extra={"format": "local-date-time"}
    )
    timezone: str | None = Field(None, max_length=100, description="An IANA name; null for the workspace's.")
    fold: int = Field(0, ge=0, le=1, description="1: the second of a time that comes twice, in the autumn.")
    next_slot: bool = False
    accounts: Accounts = None
    plan_only: bool = Field(False, description="A place in the calendar; the state stays, and nothing goes out.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "ScheduleIn":
        if (self.at is None) != self.next_slot:
            raise ValueError("give either `at`, or `next_slot` as true")
        return self


class ChoiceIn(Body):
    """Which variants."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"accounts": None}]})

    accounts: Accounts = None


class CancelIn(ChoiceIn):
    """Which variants, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The market is off."}]})

    reason: str = Field("", max_length=1_000)


class ScheduledOut(BaseModel):
    """The post as it is now, and what to know of its times: that clocks pass over one, or show it twice."""

    post: PostOut
    notes: list[str]


@router.post("/schedule", summary="Schedule variants for a time, or for the next free slots: all of them or none")
def schedule_post(
    door: ContentWriteDoor, post_id: UUID, asked: ScheduleIn, response: Response, if_match: IfMatchNeeded = None
) -> ScheduledOut:
    wanted = None if asked.at is None else scheduling.Wanted(asked.at, asked.timezone, asked.fold)
    with door.open() as (connection, membership):
        done = scheduling.put(
            connection, membership, post_id, door.actor, revision=needed_revision_of(if_match), at=wanted,
            now=datetime.now(UTC), accounts=asked.accounts, plan_only=asked.plan_only,
        )  # fmt: skip
        door.record(
            connection, Action.POST_SCHEDULED, "post", post_id, revision=Change(after=done.post.revision),
            accounts=Change(after=asked.accounts), local_time=Change(after=asked.at.isoformat() if asked.at else None),
            timezone=Change(after=asked.timezone),
        )  # fmt: skip
    response.headers["ETag"] = etag(done.post.revision)
    return ScheduledOut(post=PostOut.of(done.post, door.workspace_id), notes=list(done.notes))


@router.post("/unschedule", summary="Take variants off the calendar; they stay drafts, or approved")
def unschedule_post(
    door: ContentWriteDoor, post_id: UUID, asked: ChoiceIn, response: Response, if_match: IfMatchNeeded = None
) -> PostOut:
    with door.open() as (connection, membership):
        done = scheduling.take_off(
            connection, membership, post_id, door.actor, revision=needed_revision_of(if_match), accounts=asked.accounts
        )
        door.record(connection, Action.POST_UNSCHEDULED, "post", post_id, revision=Change(after=done.post.revision),
                    accounts=Change(after=asked.accounts))  # fmt: skip
    return shown(done.post, door, response)


@router.post("/cancel", summary="Give up variants; they stay to be looked at, and can be written anew")
def cancel_post(
    door: ContentWriteDoor, post_id: UUID, asked: CancelIn, response: Response, if_match: IfMatchNeeded = None
) -> PostOut:
    with door.open() as (connection, membership):
        done = scheduling.cancel(
            connection, membership, post_id, door.actor, revision=needed_revision_of(if_match),
            accounts=asked.accounts, reason=asked.reason,
        )  # fmt: skip
        door.record(connection, Action.POST_CANCELLED, "post", post_id, accounts=Change(after=asked.accounts))
    return shown(done, door, response)
