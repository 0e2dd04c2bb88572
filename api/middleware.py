"""What surrounds every request: an id, a limit to its body, a line in the log, headers that make browsers careful."""

import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from clientnest.errors import ClientNestError
from clientnest.ids import new_id
from clientnest.log import get_logger

_log = get_logger("api")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET = {"/healthz", "/readyz"}
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_API_ONLY = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}


class Surroundings:
    """The outermost layer: nothing gets past it without an id, the headers, and a problem where something broke.

    Logs carry method, path, status and time: never a query, a body or a header.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(errors.REQUEST_ID, "")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id().hex
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        answered: dict[str, Any] = {"status": None}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered["status"] = message["status"]
                _add_headers(MutableHeaders(scope=message), request_id, scope)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_with_headers)
            except ClientDisconnect:
                _log.info("client went away", method=scope["method"], path=scope["path"])
            except Exception:
                _log.exception("request broke", method=scope["method"], path=scope["path"])
                if answered["status"] is not None:
                    raise  # half an answer is out: the server closes the connection
                await errors.unexpected(Request(scope))(scope, receive, send_with_headers)
            finally:
                say = _log.debug if scope["path"] in _QUIET else _log.info
                say(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=answered["status"],
                    milliseconds=round((time.perf_counter() - started) * 1000, 1),
                )


class BodyLimit:
    """Refuses bodies over a limit with 413: by their announced length at once, otherwise as soon as they pass it."""

    def __init__(self, app: ASGIApp, limit_for: Callable[[Scope], int]) -> None:
        self.app = app
        self.limit_for = limit_for

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.limit_for(scope)
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isascii() and announced.isdigit() and (len(announced) > 18 or int(announced) > limit):
            await errors.explained(Request(scope), _too_large(limit))(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _TooLarge(limit)
            return message

        await self.app(scope, receive_counted, send)


class _TooLarge(HTTPException):
    """As the framework's own class, so that whoever reads the body lets it through."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, _too_large(limit).message)


def _too_large(limit: int) -> ClientNestError:
    return errors.BodyTooLarge(
        f"The body of the request is larger than the {limit:,} bytes this address takes.", advice="Send less at once."
    )


def _add_headers(headers: MutableHeaders, request_id: str, scope: Scope) -> None:
    headers[errors.REQUEST_ID] = request_id
    for name, value in _HEADERS.items():
        headers[name] = value
    for name, value in _API_ONLY.items():
        headers.setdefault(name, value)
    if scope["scheme"] == "https":
        headers["strict-transport-security"] = "max-age=31536000"
