"""`…/posts/{post_id}/submit`, `/withdraw`, `/approve`, `/request-changes`, `/reviews`; and `…/reviews`, what waits."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.approvals.answers import DecidedOut, MineOut, MinePageOut, RoundList, RoundOut
from api.approvals.schemas import ApproveIn, ChangesIn, ChosenIn, ReviewsQuery, SubmitIn
from api.content.posts import shown
from api.content.schemas import PostOut
from api.deps import ContentApproveDoor, ContentDoor, ContentWriteDoor, Door
from api.etags import IfMatchNeeded, etag, needed_revision_of, revision_of
from clientnest.approvals import deciding, submitting
from clientnest.approvals import reading as rounds
from clientnest.approvals.model import Verdict
from clientnest.audit import CHANGED, Action, Change
from clientnest.content import reading

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/posts/{post_id}", tags=["approvals"])
waiting = APIRouter(prefix="/v1/workspaces/{workspace_id}/reviews", tags=["approvals"])


@router.post("/submit", summary="Send variants in to be approved")
def submit_post(
    door: ContentWriteDoor, post_id: UUID, asked: SubmitIn, response: Response, if_match: IfMatchNeeded = None
) -> PostOut:
    with door.open() as (connection, membership):
        after = submitting.submit(
            connection, membership, post_id, door.actor, revision=needed_revision_of(if_match),
            accounts=asked.accounts, then_schedule=asked.then_schedule,
        )  # fmt: skip
        door.record(connection, Action.POST_SUBMITTED, "post", post_id, accounts=Change(after=asked.accounts),
                    then_schedule=Change(after=asked.then_schedule))  # fmt: skip
    return shown(after, door, response)


@router.post("/withdraw", summary="Take variants back before they are decided on; they are drafts")
def withdraw_post(
    door: ContentWriteDoor, post_id: UUID, asked: ChosenIn, response: Response, if_match: IfMatchNeeded = None
) -> PostOut:
    with door.open() as (connection, membership):
        after = submitting.withdraw(
            connection, membership, post_id, door.actor, revision=needed_revision_of(if_match), accounts=asked.accounts
        )
        door.record(connection, Action.POST_WITHDRAWN, "post", post_id, accounts=Change(after=asked.accounts))
    return shown(after, door, response)


@router.post("/approve", summary="Approve variants at the level that asks you")
def approve_post(
    door: ContentApproveDoor, post_id: UUID, asked: ApproveIn, response: Response, if_match: IfMatchNeeded = None
) -> DecidedOut:
    return _decide(door, post_id, asked, Verdict.APPROVE, response, if_match)


@router.post("/request-changes", summary="Ask for changes of variants, and say which")
def request_changes(
    door: ContentApproveDoor, post_id: UUID, asked: ChangesIn, response: Response, if_match: IfMatchNeeded = None
) -> DecidedOut:
    return _decide(door, post_id, asked, Verdict.CHANGES, response, if_match)


@router.get("/reviews", summary="The rounds of a post: what was asked, decided, and changed since it was approved")
def list_post_reviews(door: ContentDoor, post_id: UUID) -> RoundList:
    with door.open() as (connection, membership):
        post = reading.post(connection, membership, post_id)
        found = rounds.of_post(connection, membership, post)
    return RoundList(items=[RoundOut.of(one, door.workspace_id) for one in found])


@waiting.get("", summary="What waits for you to approve it, page by page")
def list_reviews(door: ContentApproveDoor, query: Annotated[ReviewsQuery, Query()]) -> MinePageOut:
    with door.open() as (connection, membership):
        page = rounds.waiting_for(
            connection, membership, in_place=query.in_place, cursor=query.cursor, limit=query.limit
        )
    items = [
        MineOut(round=RoundOut.of(one.round, door.workspace_id), post_title=one.post_title, capacity=one.capacity)
        for one in page.items
    ]
    return MinePageOut(items=items, next_cursor=page.next_cursor)


_ACTIONS = {Verdict.APPROVE: Action.POST_APPROVED, Verdict.CHANGES: Action.POST_CHANGES_REQUESTED}


def _decide(
    door: Door, post_id: UUID, asked: ApproveIn | ChangesIn, verdict: Verdict, response: Response, if_match: str | None
) -> DecidedOut:
    revision = revision_of(if_match) if asked.seen else needed_revision_of(if_match)
    with door.open() as (connection, membership):
        decided = deciding.decide(
            connection, membership, post_id, door.actor, verdict, revision=revision, accounts=asked.accounts,
            seen={one.account_id: one.seen() for one in asked.seen}, comment=asked.comment,
        )  # fmt: skip
        door.record(connection, _ACTIONS[verdict], "post", post_id, changes=said(decided, asked.comment))
    if decided.post is not None:
        response.headers["ETag"] = etag(decided.post.revision)
    return DecidedOut.of(decided, door.workspace_id)


def said(decided: deciding.Decided, comment: str) -> dict[str, Change]:
    """A decision as the audit log tells it."""
    found = {
        "accounts": Change(after=[one.account_id for one in decided.made]),
        "levels": Change(after=[one.level for one in decided.made]),
        "capacities": Change(after=[one.capacity.value for one in decided.made]),
    }
    return {**found, "comment": CHANGED} if comment else found
