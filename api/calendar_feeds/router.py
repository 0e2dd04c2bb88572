"""`/v1/workspaces/{workspace_id}/calendar-feeds`: one's own, and nobody else's."""

from uuid import UUID

from fastapi import APIRouter

from api.calendar_feeds.schemas import FeedIn, FeedList, FeedOut, NewFeedOut
from api.deps import ContentDoor
from api.manners.idempotency import STORES_NO_ANSWER
from clientnest.audit import Action, Change
from clientnest.errors import Forbidden
from clientnest.planning import feeds
from clientnest.planning.slots import check_account
from clientnest.workspaces import Membership

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/calendar-feeds", tags=["calendar feeds"])


@router.get("", summary="Your calendar feeds of the workspace, revoked ones too", response_model=FeedList)
def list_calendar_feeds(door: ContentDoor) -> dict[str, list[feeds.Feed]]:
    with door.open() as (connection, membership):
        return {"items": feeds.feeds(connection, door.workspace_id, _person(membership))}


@router.post(
    "", status_code=201, summary="Make a calendar feed; its secret address is shown this once",
    openapi_extra=STORES_NO_ANSWER,
)  # fmt: skip
def create_calendar_feed(door: ContentDoor, asked: FeedIn) -> NewFeedOut:
    with door.open() as (connection, membership):
        for account_id in asked.filters.accounts:
            check_account(connection, door.workspace_id, account_id)
        made, secret = feeds.create_feed(
            connection, door.workspace_id, _person(membership), asked.name, asked.filters.model_dump(mode="json")
        )
        door.record(connection, Action.CALENDAR_FEED_CREATED, "calendar_feed", made.id,
                    accounts=Change(after=made.filters["accounts"]))  # fmt: skip
        shown = FeedOut.model_validate(made).model_dump()
        return NewFeedOut(**shown, address=feeds.feed_address(secret))


@router.delete("/{feed_id}", status_code=204, summary="Revoke one of your calendar feeds, for good")
def revoke_calendar_feed(door: ContentDoor, feed_id: UUID) -> None:
    with door.open() as (connection, membership):
        gone = feeds.revoke_feed(connection, door.workspace_id, _person(membership), feed_id)
        door.record(connection, Action.CALENDAR_FEED_REVOKED, "calendar_feed", gone.id)


def _person(membership: Membership) -> UUID:
    if membership.person_id is None:
        raise Forbidden("Calendar feeds belong to people, not to programs.", advice="Sign in as a person.")
    return membership.person_id
