"""`…/posts/{post_id}/review-links`: links by which clients look at a post, and decide."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.body import Body, Name
from api.deps import ContentWriteDoor
from api.manners.idempotency import STORES_NO_ANSWER
from clientnest.approvals import links
from clientnest.audit import Action, Change
from clientnest.identity.guessing import Try

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/posts/{post_id}/review-links", tags=["approvals"])
Email = Annotated[str, StringConstraints(min_length=3, max_length=320)]


class LinkIn(Body):
    """Whom the link is for; with an address it is sent there."""

    name: Name = Field(min_length=1, max_length=100, examples=["Ada at Acme"])
    email: Email | None = None
    expires_in_days: int = Field(14, ge=1, le=links.MOST_DAYS)


class LinkOut(BaseModel):
    """A link. Its address is shown when it is made, and never again."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    post_id: UUID
    name: str = Field(examples=["Ada at Acme"])
    email: str | None
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = Field(description="To the minute.")
    revoked_at: datetime | None


class NewLinkOut(LinkOut):
    """With its address and its secret, shown this once. Whoever has it can decide as a client."""

    address: str = Field(examples=["https://clientnest.example.com/review#token=cnr_MfKQ9r8GKYqrTwjUPD8ILPZIo2La"])
    secret: str = Field(description="For GET /v1/review-links/{secret}.")


class LinkList(BaseModel):
    """The latest first."""

    items: list[LinkOut]


@router.get("", summary="Links of a post for clients, those that are over too", response_model=LinkList)
def list_review_links(door: ContentWriteDoor, post_id: UUID) -> dict[str, list[links.Link]]:
    with door.open() as (connection, membership):
        return {"items": links.links(connection, membership, post_id)}


@router.post(
    "", status_code=201, summary="Let a client look at a post, and decide, by a link; it is shown this once",
    openapi_extra=STORES_NO_ANSWER,
)  # fmt: skip
def create_review_link(door: ContentWriteDoor, post_id: UUID, asked: LinkIn) -> NewLinkOut:
    with door.open() as (connection, membership):
        if asked.email is not None:
            Try(asked.email.strip().lower(), str(door.workspace_id), "review:").count()  # a letter to whom they like
        made, secret = links.create(
            connection, membership, post_id, asked.name, email=asked.email, days=asked.expires_in_days
        )
        door.record(
            connection, Action.REVIEW_LINK_CREATED, "review_link", made.id, subject_id=made.id,
            post_id=Change(after=post_id), expires_at=Change(after=made.expires_at), name=Change(after=made.name),
            email=Change(after=made.email),
        )  # fmt: skip
        shown = LinkOut.model_validate(made).model_dump()
        return NewLinkOut(**shown, address=links.link_address(secret), secret=secret)


@router.delete("/{link_id}", status_code=204, summary="Revoke a link, for good")
def revoke_review_link(door: ContentWriteDoor, post_id: UUID, link_id: UUID) -> None:
    with door.open() as (connection, membership):
        gone = links.revoke(connection, membership, post_id, link_id)
        door.record(connection, Action.REVIEW_LINK_REVOKED, "review_link", gone.id, post_id=Change(gone.post_id))
