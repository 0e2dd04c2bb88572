"""`/v1/review-links/{secret}`: what a client sees of a post, and what they decide, without signing in.

Every link that opens nothing, for whatever reason, is answered in the same words.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import Connection

from api.approvals.reviews import said
from api.approvals.schemas import Comment, Digest, SeenIn, Words
from api.body import Body
from api.content.schemas import ScheduleOut
from api.deps import From, Visitor
from clientnest import audit
from clientnest.approvals import deciding, links, showing
from clientnest.approvals.links import OpenedLink
from clientnest.approvals.model import Outcome, Verdict
from clientnest.audit import Action, Actor, ActorKind
from clientnest.content.model import MOST_VARIANTS, Part
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import Conflict, NotFound
from clientnest.identity import Client
from clientnest.media.addresses import address
from clientnest.media.files import File
from clientnest.media.model import Media, MediaKind
from clientnest.workspaces import Membership

router = APIRouter(prefix="/v1/review-links/{secret}", tags=["approvals"])
Secret = Annotated[str, Path(min_length=1, max_length=200, description="From the link.")]
_STALE: dict[int | str, dict[str, Any]] = {
    412: {"description": "It was changed since it was looked at; read it again."}
}
_ACCOUNT = "0198c5a5-f7d4-7b0f-9a5b-8a7f3e6d2c10"
_SEEN: list[JsonValue] = [
    {"account_id": _ACCOUNT, "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
]


class ClientApprovesIn(Body):
    """What the client looked at, and approves."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"seen": _SEEN}]})

    seen: list[SeenIn] = Field(min_length=1, max_length=MOST_VARIANTS)
    comment: Comment = ""


class ClientAsksIn(Body):
    """What the client looked at, and wants changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"seen": _SEEN, "comment": "Please name the place."}]})

    seen: list[SeenIn] = Field(min_length=1, max_length=MOST_VARIANTS)
    comment: Words


class ClientMediaOut(BaseModel):
    """A picture or video, at addresses that are good for an hour or two."""

    kind: MediaKind | None
    alt_text: str
    original: str
    large: str


class ClientPartOut(BaseModel):
    text: str
    media: list[ClientMediaOut] = Field(description="Without those that cannot be seen yet.")


class ClientVariantOut(BaseModel):
    """What one account is to publish."""

    account_id: UUID
    network: str = Field(examples=["bluesky"])
    account_name: str
    parts: list[ClientPartOut] = Field(description="The post, and what follows it where it is a thread.")
    title: str | None
    first_comment: str | None
    link: str | None
    schedule: ScheduleOut | None
    digest: Digest
    level: int
    yours: bool = Field(description="Whether you are asked now; false: others first.")


class ClientSaidOut(BaseModel):
    """What was decided by this link."""

    model_config = ConfigDict(from_attributes=True)

    account_id: UUID
    verdict: Verdict
    comment: str
    at: datetime


class ClientReviewOut(BaseModel):
    """What waits of a post, for whom the link is for."""

    name: str
    workspace_name: str
    expires_at: datetime
    variants: list[ClientVariantOut]
    said: list[ClientSaidOut]


class ClientDecidedOut(BaseModel):
    """What became of it, by account; null: others are asked now."""

    outcomes: dict[UUID, Outcome | None]


@router.get("", summary="What a client is asked to look at, by a link")
def show_review(secret: Secret, client: From, response: Response) -> ClientReviewOut:
    response.headers["Cache-Control"] = "no-store"
    with _opened(secret, client) as (connection, membership, opened):
        found = showing.for_client(connection, membership, opened)
    return ClientReviewOut(
        name=opened.name, workspace_name=found.workspace_name, expires_at=opened.expires_at,
        variants=[_variant(opened.workspace_id, one, found.media) for one in found.items],
        said=[ClientSaidOut.model_validate(one) for one in found.said],
    )  # fmt: skip


@router.post("/approve", summary="Approve as a client, by a link", responses=_STALE)
def approve_as_client(secret: Secret, client: From, visitor: Visitor, asked: ClientApprovesIn) -> ClientDecidedOut:
    return _decide(secret, client, visitor, Verdict.APPROVE, Action.POST_APPROVED, asked)


@router.post("/request-changes", summary="Ask for changes as a client, by a link", responses=_STALE)
def request_changes_as_client(secret: Secret, client: From, visitor: Visitor, asked: ClientAsksIn) -> ClientDecidedOut:
    return _decide(secret, client, visitor, Verdict.CHANGES, Action.POST_CHANGES_REQUESTED, asked)


@contextmanager
def _opened(secret: str, client: Client) -> Iterator[tuple[Connection, Membership, OpenedLink]]:
    """A transaction inside the workspace that the link is of, as a client who may see one post."""
    with session.tenant(Role.API) as connection:
        opened = links.open_link(connection, secret, client.address)
    with session.tenant(Role.API, workspace_id=opened.workspace_id) as connection:
        yield connection, links.as_client(connection, opened), opened


def _decide(
    secret: str, client: Client, visitor: Actor, verdict: Verdict, action: Action,
    asked: ClientApprovesIn | ClientAsksIn,
) -> ClientDecidedOut:  # fmt: skip
    seen = {one.account_id: one.seen() for one in asked.seen}
    with _opened(secret, client) as (connection, membership, opened):
        actor = replace(visitor, kind=ActorKind.CLIENT_LINK, id=opened.id)
        try:
            decided = deciding.decide(
                connection, membership, opened.post_id, actor, verdict, seen=seen, comment=asked.comment
            )
        except NotFound as error:  # they see only what is in review
            raise Conflict("Nothing of this waits to be approved.", advice="Read it again.") from error
        audit.record(connection, action, actor=actor, workspace_id=opened.workspace_id, object_type="post",
                     object_id=opened.post_id, changes=said(decided, asked.comment))  # fmt: skip
    return ClientDecidedOut(outcomes={one.account_id: one.outcome for one in decided.made})


def _variant(workspace_id: UUID, one: showing.ToDecide, media: Mapping[UUID, Media]) -> ClientVariantOut:
    variant, content = one.variant, one.variant.content
    return ClientVariantOut(
        account_id=variant.account_id, network=variant.network, account_name=variant.account_name,
        parts=[_part(workspace_id, part, media) for part in content.parts], title=content.title,
        first_comment=content.first_comment, link=content.link,
        schedule=ScheduleOut.model_validate(variant.schedule) if variant.schedule else None,
        digest=one.round.digest.hex(), level=one.round.level, yours=one.yours,
    )  # fmt: skip


def _part(workspace_id: UUID, part: Part, media: Mapping[UUID, Media]) -> ClientPartOut:
    return ClientPartOut(
        text=part.text,
        media=[
            ClientMediaOut(
                kind=found.kind, alt_text=found.alt_text if shown.alt_text is None else shown.alt_text,
                original=address(workspace_id, found.id, File.ORIGINAL),
                large=address(workspace_id, found.id, File.LARGE),
            )
            for shown in part.media if (found := media.get(shown.media_id)) is not None
        ],
    )  # fmt: skip
