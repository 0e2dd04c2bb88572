"""`/v1/workspaces/{workspace_id}/calendar`."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.answers import as_json
from api.calendar.schemas import CalendarOut, CalendarQuery
from api.deps import ContentDoor
from clientnest.content.calendar import calendar

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/calendar", tags=["calendar"])


@router.get(
    "", summary="What is planned and what went out, free slots, and days with nothing", response_model=CalendarOut
)
def get_calendar(door: ContentDoor, query: Annotated[CalendarQuery, Query()]) -> Response:
    now = datetime.now(UTC)
    with door.open() as (connection, membership):
        period = query.period(membership.workspace.timezone, now)
        found = calendar(connection, membership, period, query.filters(), now=now)
    return as_json(found)
