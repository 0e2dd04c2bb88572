"""`/v1/me/notifications` and `/v1/me/notification-preferences`."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import Caller, own
from api.etags import IfMatch, etag, revision_of
from api.notifications.schemas import (
    NotificationOut,
    NotificationPage,
    NotificationsQuery,
    PreferencesIO,
    ReadAllIn,
    UnreadCount,
)
from clientnest import notifications
from clientnest.db.roles import Role

router = APIRouter(prefix="/v1/me", tags=["notifications"])


@router.get("/notifications", summary="What you should know of, of all your workspaces")
def list_notifications(caller: Caller, query: Annotated[NotificationsQuery, Query()]) -> NotificationPage:
    with own(caller, Role.API) as connection:
        page = notifications.list_notifications(
            connection, caller.person_id, second_factor=caller.second_factor, unread=query.unread,
            workspace_id=query.workspace_id, cursor=query.cursor, limit=query.limit,
        )  # fmt: skip
    return NotificationPage(items=[NotificationOut.of(one) for one in page.items], next_cursor=page.next_cursor)


@router.get("/notifications/unread-count", summary="How many of them you have not read")
def count_unread_notifications(caller: Caller) -> UnreadCount:
    with own(caller, Role.API) as connection:
        return UnreadCount(
            unread=notifications.unread_count(connection, caller.person_id, second_factor=caller.second_factor)
        )


@router.post("/notifications/read-all", summary="Mark as read all up to the newest that you have seen")
def mark_all_notifications_read(caller: Caller, asked: ReadAllIn) -> UnreadCount:
    with own(caller, Role.API) as connection:
        notifications.mark_all_read(
            connection, caller.person_id, asked.up_to, second_factor=caller.second_factor,
            workspace_id=asked.workspace_id,
        )  # fmt: skip
        return UnreadCount(
            unread=notifications.unread_count(connection, caller.person_id, second_factor=caller.second_factor)
        )


@router.post("/notifications/{notification_id}/read", status_code=204, summary="Mark one as read")
def mark_notification_read(caller: Caller, notification_id: UUID) -> None:
    with own(caller, Role.API) as connection:
        notifications.mark_read(connection, caller.person_id, notification_id, second_factor=caller.second_factor)


@router.get("/notification-preferences", summary="How you want to hear of things")
def get_notification_preferences(caller: Caller, response: Response) -> PreferencesIO:
    with own(caller, Role.API) as connection:
        found = notifications.preferences(connection, caller.person_id)
    response.headers["ETag"] = etag(found.revision)
    return PreferencesIO.of(found)


@router.put("/notification-preferences", summary="Choose how you want to hear of things")
def replace_notification_preferences(
    caller: Caller, asked: PreferencesIO, response: Response,
    if_match: IfMatch = None,
) -> PreferencesIO:  # fmt: skip
    with own(caller, Role.API) as connection:
        kept = notifications.replace_preferences(
            connection, caller.person_id, asked.wanted(), now=datetime.now(UTC), revision=revision_of(if_match)
        )
    response.headers["ETag"] = etag(kept.revision)
    return PreferencesIO.of(kept)
