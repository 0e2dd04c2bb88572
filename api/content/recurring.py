"""`…/posts/{post_id}/recurrence`: posts that come again by a rule; and `…/recurrences/preview`, before it is kept."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.body import Body
from api.content.scheduling import LocalTime
from api.deps import ContentDoor, ContentWriteDoor
from api.etags import IfMatchNeeded, etag, needed_revision_of
from clientnest.audit import Action, Change
from clientnest.content import recurring
from clientnest.content.recurring import MOST_EXCLUDED, Recurrence, Wanted
from clientnest.planning.wall_clock import Kind, Resolution

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/posts/{post_id}/recurrence", tags=["posts"])
previewing = APIRouter(prefix="/v1/workspaces/{workspace_id}/recurrences", tags=["posts"])
_RULE = "FREQ=WEEKLY;BYDAY=MO,TH"


class RecurrenceIn(Body):
    """A rule of RFC 5545, over the clocks of a zone: it comes at the same wall-clock time all year."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"rule": _RULE, "starts": "2026-12-07T09:00", "timezone": "Europe/Paris"}]}
    )

    rule: str = Field(min_length=1, max_length=500, examples=[_RULE])
    starts: LocalTime = Field(
        description="From when on; its time of day is the rule's.", json_schema_extra={"format": "local-date-time"}
    )
    timezone: str = Field(min_length=1, max_length=100, description="An IANA name.")
    excluded: list[LocalTime] = Field(default_factory=list, max_length=MOST_EXCLUDED, description="Left out.")

    def wanted(self) -> Wanted:
        """As the rest of the house has it."""
        return Wanted(self.rule, self.starts, self.timezone, tuple(self.excluded))


class ComingOut(BaseModel):
    """When it comes once. `kind` says what clocks make of the local time: pass over it, or show it twice."""

    local_time: datetime = Field(json_schema_extra={"format": "local-date-time"})
    instant: datetime
    shown: datetime = Field(json_schema_extra={"format": "local-date-time"})
    kind: Kind

    @classmethod
    def of(cls, found: Resolution) -> "ComingOut":
        return cls(local_time=found.wall_clock, instant=found.instant, shown=found.shown, kind=found.kind)


class PreviewOut(BaseModel):
    """The rule in words, and when it comes next."""

    description: str = Field(examples=["every Monday and Thursday at 09:00, Europe/Paris"])
    next: list[ComingOut]


class MadeOut(BaseModel):
    """A post that the rule made. `post_id` null: it was deleted since."""

    model_config = ConfigDict(from_attributes=True)

    local_time: datetime = Field(json_schema_extra={"format": "local-date-time"})
    post_id: UUID | None


class RecurrenceOut(BaseModel):
    """A post that comes again. Its posts are made five weeks ahead; those that nobody touched follow it."""

    id: UUID
    post_id: UUID
    rule: str
    starts: datetime = Field(json_schema_extra={"format": "local-date-time"})
    timezone: str
    excluded: list[datetime]
    description: str
    problem: str | None = Field(description="Why the latest of its posts does not go out by itself.")
    ended_at: datetime | None
    created_by: UUID | None
    created_at: datetime
    made: list[MadeOut] = Field(description="The latest first.")

    @classmethod
    def of(cls, found: Recurrence) -> "RecurrenceOut":
        wanted = found.wanted
        return cls(
            id=found.id, post_id=found.post_id, rule=wanted.rule, starts=wanted.starts, timezone=wanted.timezone,
            excluded=list(wanted.excluded), description=found.description, problem=found.problem,
            ended_at=found.ended_at, created_by=found.created_by, created_at=found.created_at,
            made=[MadeOut.model_validate(one) for one in found.made],
        )  # fmt: skip


@previewing.post("/preview", summary="A rule in words, and when it comes next; nothing is kept")
def preview_recurrence(door: ContentDoor, asked: RecurrenceIn) -> PreviewOut:
    with door.open():
        description, found = recurring.preview(asked.wanted(), datetime.now(UTC))
    return PreviewOut(description=description, next=[ComingOut.of(one) for one in found])


@router.get("", summary="How a post comes again")
def get_recurrence(door: ContentDoor, post_id: UUID, response: Response) -> RecurrenceOut:
    with door.open() as (connection, membership):
        return _shown(recurring.of_post(connection, membership, post_id), response)


@router.post("", status_code=201, summary="Let a post come again; its posts of the next weeks are there at once")
def create_recurrence(
    door: ContentWriteDoor, post_id: UUID, asked: RecurrenceIn, response: Response
) -> RecurrenceOut:  # fmt: skip
    with door.open() as (connection, membership):
        made = recurring.create(connection, membership, post_id, asked.wanted(), door.actor, datetime.now(UTC))
        door.record(connection, Action.RECURRENCE_CREATED, "recurrence", made.id, changes=_said(made))
    response.headers["Location"] = f"/v1/workspaces/{door.workspace_id}/posts/{post_id}/recurrence"
    return _shown(made, response)


@router.put("", summary="Give it another rule; posts still to come that nobody touched are made anew")
def change_recurrence(
    door: ContentWriteDoor, post_id: UUID, asked: RecurrenceIn, response: Response, if_match: IfMatchNeeded = None
) -> RecurrenceOut:
    with door.open() as (connection, membership):
        changed = recurring.change(
            connection, membership, post_id, door.actor, datetime.now(UTC), revision=needed_revision_of(if_match),
            wanted=asked.wanted(),
        )  # fmt: skip
        door.record(connection, Action.RECURRENCE_CHANGED, "recurrence", changed.id, changes=_said(changed))
    return _shown(changed, response)


@router.delete("", summary="Let it come no more; what is still to come and nobody touched goes to the trash")
def end_recurrence(door: ContentWriteDoor, post_id: UUID, response: Response) -> RecurrenceOut:
    with door.open() as (connection, membership):
        ended = recurring.end(connection, membership, post_id, door.actor, datetime.now(UTC))
        door.record(connection, Action.RECURRENCE_ENDED, "recurrence", ended.id, post_id=Change(after=post_id))
    return _shown(ended, response)


def _shown(found: Recurrence, response: Response) -> RecurrenceOut:
    response.headers["ETag"] = etag(found.revision)
    return RecurrenceOut.of(found)


def _said(found: Recurrence) -> dict[str, Change]:
    wanted = found.wanted
    return {
        "post_id": Change(after=found.post_id), "rule": Change(after=wanted.rule),
        "starts": Change(after=wanted.starts.isoformat()), "timezone": Change(after=wanted.timezone),
        "excluded": Change(after=[one.isoformat() for one in wanted.excluded]),
    }  # fmt: skip
