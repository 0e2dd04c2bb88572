"""`/v1/calendar-feeds/{secret}.ics`: somebody's calendar, for programs that know its secret address.

Every address that opens nothing, for whatever reason, is answered in the same words.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Header, Path, Response
from sqlalchemy import Connection

from api.deps import From
from clientnest import workspaces
from clientnest.content import subscription
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import NotFound
from clientnest.identity import AccessToken, Client
from clientnest.limits import Throttle, forgive, network_of, throttle
from clientnest.planning import feed, feeds
from clientnest.workspaces import Membership

router = APIRouter(prefix="/v1/calendar-feeds", tags=["calendar feeds"])
_FRESH = "private, max-age=300"
_TYPE = "text/calendar; charset=utf-8"
Secret = Annotated[str, Path(max_length=200, examples=["cnf_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])]
IfNoneMatch = Annotated[str | None, Header(description="The ETag of the calendar you have.", max_length=1_000)]


@router.get(
    "/{secret}.ics", summary="A calendar to subscribe to: 30 days back, a year ahead", response_class=Response,
    responses={
        200: {"content": {"text/calendar": {"schema": {"type": "string"}}}},
        304: {"description": "You have it already."},
    },
)  # fmt: skip
def read_calendar_feed(secret: Secret, client: From, if_none_match: IfNoneMatch = None) -> Response:
    now = datetime.now(UTC)
    with _opened(secret, client, now) as (connection, membership, opened):
        entries = subscription.entries(connection, membership, opened.filters, now)
    written = feed.calendar(entries, name=f"{membership.workspace.name} – ClientNest")
    headers = {"ETag": f'"{sha256(written).hexdigest()[:32]}"', "Cache-Control": _FRESH}
    if entries:
        latest = max(entry.last_modified for entry in entries)
        headers["Last-Modified"] = format_datetime(latest.astimezone(UTC), usegmt=True)
    if _has(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(written, media_type=_TYPE, headers=headers)


@contextmanager
def _opened(secret: str, client: Client, now: datetime) -> Iterator[tuple[Connection, Membership, feeds.OpenedFeed]]:
    """A transaction in the workspace of the feed, as its person, where they belong to it. As with a key, the secret is
    proof enough where the workspace asks for a second factor: who made it had shown one."""
    place = f"calendar-feed:{network_of(client.address or '')}"
    throttle(Throttle.ADDRESS, place)
    with session.tenant(Role.API) as connection:
        opened = feeds.open_feed(connection, secret)
    forgive(Throttle.ADDRESS, place)
    proof = AccessToken(opened.person_id, opened.id, now + timedelta(minutes=1), second_factor=True)
    try:
        with workspaces.enter(Role.API, opened.person_id, opened.workspace_id, token=proof) as (connection, membership):
            workspaces.require(membership, workspaces.Permission.CONTENT_READ)
            yield connection, membership, opened
    except NotFound as error:  # they left between the two
        raise feeds.no_such_feed() from error


def _has(if_none_match: str | None, etag: str) -> bool:
    given = [one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")]
    return etag in given or given == ["*"]
