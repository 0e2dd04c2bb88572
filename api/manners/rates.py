"""Rate limits at the front door, and the fields `RateLimit` and `RateLimit-Policy` that say how a caller stands.

The fields are those of the IETF's draft (draft-ietf-httpapi-ratelimit-headers-10): `"person";q=600;w=60` is a policy
of 600 requests in 60 seconds, `"person";r=599;t=12` says that 599 remain and that the window ends in 12 seconds.
"""

from collections.abc import Sequence

import anyio
from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from api.manners.admission import Counted, admit, admit_alone
from api.manners.asker import Asker, Identify, address_of, by_bearer
from clientnest.entitlements import LimitReached
from clientnest.log import get_logger

_log = get_logger(__name__)
_COUNTED = "/v1/"
_LONGEST_SECONDS = 1.0
_line = anyio.CapacityLimiter(8)  # threads of their own: counting waits for no route


class RateLimits:
    """Pure ASGI middleware: counts every request to the API, and refuses one too many with 429.

    Counting holds nobody up: where it takes longer than a second the request goes on uncounted.
    """

    def __init__(self, app: ASGIApp, *, identify: Identify = by_bearer) -> None:
        self.app = app
        self.identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_COUNTED):
            await self.app(scope, receive, send)
            return
        try:
            asker, address = await self.identify(scope), address_of(scope)
            counted = admit_alone(asker, address) or await _admitted(asker, address)
        except LimitReached as reached:
            await errors.explained(Request(scope), reached)(scope, receive, send)
            return

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_fields(MutableHeaders(scope=message), counted)
            await send(message)

        refused = next((entry for entry in counted if not entry.standing.allowed), None)
        answer = self.app if refused is None else _too_often(scope, refused)
        await answer(scope, receive, send_with_fields)


async def _admitted(asker: Asker | None, address: str) -> Sequence[Counted]:
    with anyio.move_on_after(_LONGEST_SECONDS):
        return await to_thread.run_sync(admit, asker, address, limiter=_line, abandon_on_cancel=True)
    _log.warning("a request is not counted", seconds=_LONGEST_SECONDS)
    return ()


def _add_fields(headers: MutableHeaders, counted: Sequence[Counted]) -> None:
    if counted:
        headers["ratelimit-policy"] = ", ".join(
            f'"{entry.name}";q={entry.standing.limit};w={entry.standing.window_seconds}' for entry in counted
        )
    known = [entry for entry in counted if entry.standing.counted]
    if known:
        headers["ratelimit"] = ", ".join(
            f'"{entry.name}";r={entry.standing.remaining};t={entry.standing.reset_after_seconds}' for entry in known
        )


def _too_often(scope: Scope, refused: Counted) -> Response:
    standing = refused.standing
    return errors.problem_response(
        Request(scope),
        status=429,
        code="too-many-requests",
        detail=f"More than {standing.limit:,} requests in {standing.window_seconds} seconds.",
        advice=f"Wait {standing.reset_after_seconds} seconds, and spread requests out.",
        retryable=True,
        details={"policy": refused.name, "retry_after_seconds": standing.reset_after_seconds},
        headers={"Retry-After": str(standing.reset_after_seconds)},
    )
