"""`Idempotency-Key` on POST: sent again under the same key, a request is answered as the first time and done once.

Kept are answers below 500 that say what became of the request. Those that say "not now" (not signed in, not allowed,
in the way of something, too often) are not: nothing was done, and the next time it may be. Routes marked
`openapi_extra=STORES_NO_ANSWER` and those that sign in keep none, for their answers are secrets.

Bodies up to 1 MiB are read before anything happens. Larger ones, and those that do not say how large they are, are
hashed while the route reads them, so that uploads of gigabytes take no memory; where a route answers such a request
before it has read all of it, the answer is not kept.
"""

import re
from collections.abc import MutableMapping
from datetime import timedelta
from hashlib import sha256
from typing import Any

import anyio
from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api import errors
from api.manners.asker import Asker, Identify, by_bearer, caller_id, entered, workspace_of
from api.manners.bodies import Body
from api.manners.recorder import Recorder
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import ClientNestError, Unavailable
from clientnest.limits import answers
from clientnest.limits.answers import AnswerNotKept, Claim, Kept, KeyReused, Slot, StillRunning
from clientnest.log import get_logger

_log = get_logger(__name__)
HEADER = "idempotency-key"
MARK = "x-stores-no-answer"
STORES_NO_ANSWER: dict[str, Any] = {MARK: True}
"""For routes whose answer holds a secret: `@router.post(…, openapi_extra=STORES_NO_ANSWER)`."""
SIGNING_IN = re.compile(r"/v1/auth/")
LEASE, UPLOAD_LEASE = timedelta(minutes=10), timedelta(hours=6)
_NOT_NOW = frozenset({401, 402, 403, 408, 409, 423, 425, 429})
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')


class Idempotency:
    """Pure ASGI middleware. `never` matches the beginning of paths whose answers are never kept."""

    def __init__(self, app: ASGIApp, *, identify: Identify = by_bearer, never: re.Pattern[str] = SIGNING_IN) -> None:
        self.app = app
        self.identify = identify
        self.never = never

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or self.never.match(scope["path"]):
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).getlist(HEADER)
        asker = await self.identify(scope) if given else None
        if asker is None:
            await self.app(scope, receive, send)
            return
        key = _key(given)
        if key is None:
            await _unusable(scope)(scope, receive, send)
            return
        body = Body(scope, receive)
        await body.read_if_small()
        try:
            found = await _claimed(scope, asker, key, body)
        except (AnswerNotKept, KeyReused, StillRunning, Unavailable) as refused:
            await errors.explained(Request(scope), refused)(scope, receive, send)
        except ClientNestError:
            await self.app(scope, body.receive, send)  # not let in: the route says so in its own words
        else:
            if isinstance(found, Kept):
                await _again(scope, body, found, send)
            else:
                await self._carry_out(scope, body, send, found)

    async def _carry_out(self, scope: Scope, body: Body, send: Send, claim: Claim) -> None:
        async def finished(answer: Recorder) -> None:
            # Kept before it is sent: whoever has seen it may rely on seeing it again. A cancellation waits for it.
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(_settle, claim, answer, None if _is_marked(scope) else body.sha256)

        recorder = Recorder(send, answers.LARGEST_BODY, finished)
        try:
            await self.app(scope, body.receive, recorder.send)
        except Exception:
            # Nothing was answered, so the request's transaction was rolled back. Where an answer had begun to leave
            # the request was carried out, and the key stays taken until its lease ends.
            if recorder.status is None:
                await to_thread.run_sync(_settle, claim, recorder, None)
            raise


async def _claimed(scope: Scope, asker: Asker, key: str, body: Body) -> Claim | Kept:
    workspace_id = workspace_of(scope)
    person_id = None if workspace_id else caller_id(asker)
    slot = Slot(workspace_id, person_id, caller_id(asker), key)
    request = sha256(b"\0".join((scope["method"].encode(), scope["path"].encode(), scope["query_string"]))).digest()
    lease = LEASE if body.sha256 else UPLOAD_LEASE

    def ask() -> Claim | Kept:
        try:
            with entered(asker, workspace_id) as connection:
                return answers.claim(connection, slot, request, body.sha256, lease=lease)
        except SQLAlchemyError as error:
            raise Unavailable(
                "It cannot be told at this moment whether this request came before.", advice="Send it again shortly."
            ) from error

    return await to_thread.run_sync(ask)


def _settle(claim: Claim, answer: Recorder, body_sha256: bytes | None) -> None:
    """Keep the answer, or free the key. A failure here is no failure of the request, which has been carried out."""
    slot, status = claim.slot, answer.status
    try:
        # Not through the door: what was carried out may have closed it to whoever asked.
        with session.tenant(Role.API, workspace_id=slot.workspace_id, person_id=slot.person_id) as connection:
            if body_sha256 is None or status is None or status >= 500 or status in _NOT_NOW:
                answers.give_up(connection, claim)
            else:
                answers.keep(connection, claim, status, answer.headers, answer.body, body_sha256)
    except (ClientNestError, SQLAlchemyError) as error:
        _log.warning("an answer is not kept", error=type(error).__name__)


async def _again(scope: Scope, body: Body, kept: Kept, send: Send) -> None:
    async def nothing() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    try:
        kept.require(body.sha256 or await body.read_all())
        answer = Response(kept.body, kept.status, {**kept.headers, "idempotency-replayed": "true"})
    except KeyReused as refused:
        answer = errors.explained(Request(scope), refused)
    except HTTPException as error:  # a body beyond what the address takes
        answer = errors.explained(Request(scope), errors.BodyTooLarge(error.detail, advice="Send less at once."))
    await answer(scope, nothing, send)


def _is_marked(scope: Scope) -> bool:
    """Whether the route that answered keeps its answers to itself; known once the request was routed."""
    extra = getattr(scope.get("route"), "openapi_extra", None) or {}
    return bool(extra.get(MARK))


def _key(given: list[str]) -> str | None:
    """The key: a string as structured fields write it, or bare as most clients send it. None where it is neither."""
    if len(given) != 1:
        return None
    value = given[0].strip()
    if quoted := _QUOTED.fullmatch(value):
        value = re.sub(r"\\(.)", r"\1", quoted[1])
    return value if _KEY.fullmatch(value) else None


def _unusable(scope: Scope) -> Response:
    return errors.problem_response(
        Request(scope),
        status=400,
        code="idempotency-key-unusable",
        detail="The Idempotency-Key cannot be used.",
        advice="Send it once, with 1 to 255 visible ASCII characters; a UUID does well.",
    )
