"""`…/posts/{post_id}/revisions` and `…/history`: who changed what, earlier forms, and every state there was."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.content.posts import shown
from api.content.queries import RevisionsQuery
from api.content.schemas import ContentOut, PostOut
from api.deps import ContentDoor, ContentWriteDoor
from api.etags import IfMatchNeeded, needed_revision_of
from clientnest.audit import Action, ActorKind, Change
from clientnest.content import editing, reading, recurring, revisions, transitions
from clientnest.content.states import State

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/posts/{post_id}", tags=["posts"])
Number = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]


class RevisionOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    number: int
    changed: list[str] = Field(description="Which fields.", examples=[["title", "variants.0198c5a5-….text"]])
    restored_from: int | None = Field(description="The revision that was taken again.")
    actor_kind: ActorKind
    actor_id: UUID | None
    at: datetime


class RevisionList(BaseModel):
    """The latest first; the next page is `below` the last number."""

    items: list[RevisionOut]


class FullRevisionOut(BaseModel):
    """A revision, and all of the post as it was then. `contents`: by account."""

    revision: RevisionOut
    title: str
    campaign_id: UUID | None
    labels: list[UUID]
    contents: dict[UUID, ContentOut]


class TransitionOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    variant_id: UUID
    account_id: UUID
    from_state: State | None = Field(description="Null: it was made.")
    to_state: State
    actor_kind: str = Field(description="`person`, `api_key`, `client_link`, `system`, or `database` (by hand).")
    actor_id: UUID | None
    reason: str
    at: datetime


class TransitionList(BaseModel):
    """Every state that every variant was in, in the order of time."""

    items: list[TransitionOut]


@router.get("/revisions", summary="Who changed what, the latest first", response_model=RevisionList)
def list_revisions(
    door: ContentWriteDoor, post_id: UUID, query: Annotated[RevisionsQuery, Query()]
) -> dict[str, object]:  # fmt: skip
    with door.open() as (connection, membership):
        reading.post(connection, membership, post_id)
        found = revisions.revisions(connection, door.workspace_id, post_id, below=query.below, limit=query.limit)
        return {"items": found}


@router.get("/revisions/{number}", summary="A post as it was")
def get_revision(door: ContentWriteDoor, post_id: UUID, number: Number) -> FullRevisionOut:
    with door.open() as (connection, membership):
        reading.post(connection, membership, post_id)
        found = revisions.revision(connection, door.workspace_id, post_id, number)
    return FullRevisionOut(
        revision=RevisionOut.model_validate(found.revision), title=found.title, campaign_id=found.campaign_id,
        labels=list(found.labels),
        contents={key: ContentOut.of(one, door.workspace_id) for key, one in found.contents.items()},
    )  # fmt: skip


@router.post("/revisions/{number}/restore", summary="Make a post what it was; its schedule stays")
def restore_revision(
    door: ContentWriteDoor, post_id: UUID, number: Number, response: Response, if_match: IfMatchNeeded = None
) -> PostOut:
    with door.open() as (connection, membership):
        after, fields = editing.restore_revision(
            connection, membership, post_id, number, door.actor, revision=needed_revision_of(if_match)
        )
        recurring.follow(connection, membership, after, door.actor, datetime.now(UTC))
        door.record(connection, Action.POST_RESTORED_REVISION, "post", post_id, revision=Change(after=after.revision),
                    fields=Change(after=fields), restored_from=Change(after=number))  # fmt: skip
    return shown(after, door, response)


@router.get("/history", summary="Every state its variants were in, and who moved them", response_model=TransitionList)
def get_history(door: ContentDoor, post_id: UUID) -> dict[str, object]:
    with door.open() as (connection, membership):
        post = reading.post(connection, membership, post_id)
        return {"items": transitions.of_post(connection, door.workspace_id, post)}
