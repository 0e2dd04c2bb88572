"""Every error leaves as a problem (RFC 9457, `application/problem+json`): what happened, where, and what to do."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import exc as sql_errors
from starlette.exceptions import HTTPException

from clientnest.entitlements import LimitReached
from clientnest.errors import BadInput, ClientNestError, Conflict, Forbidden, NotFound, Unauthenticated, Unavailable
from clientnest.limits import TooManyRequests
from clientnest.limits.answers import AnswerNotKept, KeyReused, StillRunning
from clientnest.log import get_logger
from clientnest.vault import VaultError

REQUEST_ID = "x-request-id"
_log = get_logger(__name__)
_TITLES = {
    BadInput.code: "The request cannot be used as it is",
    Conflict.code: "That is in the way of something else",
    Forbidden.code: "Not allowed",
    NotFound.code: "Not found",
    Unauthenticated.code: "Not signed in",
    Unavailable.code: "Not ready yet",
    LimitReached.code: "The plan allows no more",
    TooManyRequests.code: "Too often",
    KeyReused.code: "The idempotency key belongs to another request",
    StillRunning.code: "The same request is still being worked on",
    AnswerNotKept.code: "The request was carried out before",
    "idempotency-key-unusable": "The idempotency key cannot be used",
    "unreadable-body": "The body cannot be read",
    "body-too-large": "The body is too large",
    "method-not-allowed": "Not a thing one can do here",
    "encryption-key-missing": "A key is missing",
    "sealed-value-damaged": "Something stored is damaged",
    "stale": "Changed meanwhile",
    "second-factor-required": "A second factor is needed",
    "network-refused": "The network said no",
    "grant-refused": "The network does not accept the access any more",
    "app-refused": "The network does not accept the app",
    "not-connected": "The account is not connected",
    "address-refused": "That address is closed to us",
    "unreachable": "There was no answer",
    "head-too-large": "Too many headers, or too long",
    "not-http": "Not a request",
    "too-slow": "Too slow",
    "unreadable-header": "A header cannot be read",
    "other-protocol-version": "Another version of the protocol is spoken here",
    "unsupported-media-type": "The body is of another type",
    "checksum-mismatch": "The checksum does not fit",
    "upload-busy": "Somebody else is uploading",
    "upload-expired": "The upload is over",
    "file-too-large": "The file is too large",
    "no-such-range": "There are not so many bytes",
    "media-not-ready": "The file cannot be used yet",
    "internal": "Something went wrong here",
}


class FieldProblem(BaseModel):
    """One value that cannot be used."""

    field: str = Field(description="Where it stands: `query.limit`, `body.published_at`.", examples=["query.limit"])
    message: str = Field(examples=["Input should be less than or equal to 200"])


class Problem(BaseModel):
    """An error, as RFC 9457 describes it. `code` is stable and meant for programs; `detail` and `advice` for people."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:clientnest:problem:not-found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such workspace."])
    instance: str = Field(description="The path that was asked for.", examples=["/v1/workspaces/…"])
    code: str = Field(examples=["not-found"])
    advice: str = Field(examples=["GET /v1/workspaces lists those you belong to."])
    retryable: bool = Field(description="Whether the same request may succeed later.")
    request_id: str = Field(description="Also in the header X-Request-ID and in the server's log.")
    errors: list[FieldProblem] = Field(default_factory=list)


class ProblemResponse(JSONResponse):
    """In ASCII, so that no name or key somebody sent, half a surrogate pair even, keeps the answer from leaving."""

    media_type = "application/problem+json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False).encode("ascii")


class BodyTooLarge(BadInput):
    code = "body-too-large"
    status = 413


def problem_response(
    request: Request,
    *,
    status: int,
    code: str,
    detail: str,
    advice: str = "",
    retryable: bool = False,
    errors: Sequence[FieldProblem] = (),
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    """The answer for one error; `details` are further members of the problem and never replace the standard ones."""
    body = problem(
        status=status,
        code=code,
        detail=detail,
        instance=request.scope["path"],  # `request.url` cannot be made of every query string
        advice=advice,
        retryable=retryable,
        request_id=getattr(request.state, "request_id", ""),
        errors=list(errors),
    ).model_dump(mode="json")
    return ProblemResponse({**(details or {}), **body}, status, dict(headers or {}))


def problem(*, status: int, code: str, instance: str = "", **members: Any) -> Problem:
    """A problem with the type and title that belong to its code; `members` as `Problem` has them."""
    kept = {"retryable": False, **members}
    title = _TITLES.get(code) or HTTPStatus(status).phrase
    return Problem(
        type=f"urn:clientnest:problem:{code}", title=title, status=status, code=code, instance=instance, **kept
    )


def explained(request: Request, error: ClientNestError) -> ProblemResponse:
    """The answer for an error of ours. What is broken here (5xx) is logged; its innards are not shown."""
    if error.status >= 500:
        say = _log.info if error.retryable else _log.error
        say("request failed", code=error.code, detail=error.message, details=error.details)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    field = error.details.get("field")
    if error.retryable:
        headers["Retry-After"] = str(error.details.get("retry_after_seconds", 5))
    return problem_response(
        request,
        status=error.status,
        code=error.code,
        detail=error.message,
        advice=error.advice,
        retryable=error.retryable,
        errors=[FieldProblem(field=str(field), message=error.message)] if field else (),
        details={key: value for key, value in error.details.items() if key != "field"} if error.status < 500 else None,
        headers=headers,
    )


def unexpected(request: Request) -> ProblemResponse:
    """The answer where something broke that nobody foresaw. The traceback is in the log, under the request's id."""
    return problem_response(
        request,
        status=500,
        code="internal",
        detail="The server could not answer because of a fault of its own.",
        advice="Try again. If it stays, give the operator the request id: the log tells what happened.",
    )


async def _ours(request: Request, error: ClientNestError) -> ProblemResponse:
    return explained(request, error)


async def _closed(request: Request, error: VaultError) -> ProblemResponse:
    """What is stored does not open. The reason, which names keys and files, is for whoever reads the log."""
    _log.error("a stored value cannot be opened", code=error.code, detail=error.message, advice=error.advice)
    return problem_response(
        request,
        status=error.status,
        code=error.code,
        detail="Something that is stored for this cannot be opened.",
        advice="Tell whoever runs this installation: `clientnest keys list` and the log (by request id) say why.",
    )


async def _invalid(request: Request, error: RequestValidationError) -> ProblemResponse:
    fields = [FieldProblem(field=_place(entry["loc"]), message=_sentence(entry)) for entry in error.errors()]
    named = ", ".join(dict.fromkeys(field.field for field in fields))
    return problem_response(
        request,
        status=422,
        code=BadInput.code,
        detail=f"These values cannot be used: {named}.",
        advice="`errors` says what is wrong with each; /docs shows what is expected.",
        errors=fields,
    )


async def _http(request: Request, error: HTTPException) -> ProblemResponse:
    code, detail, advice = {
        400: ("unreadable-body", "The body of the request could not be read.", "Send the format that /docs shows."),
        404: (NotFound.code, "There is nothing at this address.", "/docs lists the addresses there are."),
        405: ("method-not-allowed", f"{request.method} is not possible at this address.", "Allow lists what is."),
        413: (BodyTooLarge.code, "The body of the request is too large.", "Send less at once."),
    }.get(error.status_code, (f"http-{error.status_code}", str(error.detail), ""))
    return problem_response(
        request, status=error.status_code, code=code, detail=detail, advice=advice, headers=error.headers
    )


async def _database(request: Request, error: Exception) -> ProblemResponse:
    """No connection, or none free: worth another try. Anything else about SQL is a fault of ours."""
    _log.error("database unavailable", error=type(error).__name__, exc_info=error)
    unavailable = Unavailable(
        "The database does not answer.", advice="Try again shortly; `clientnest doctor` checks the usual reasons."
    )
    return explained(request, unavailable)


def install(app: FastAPI) -> None:
    """Answer every kind of error with a problem."""
    app.exception_handler(ClientNestError)(_ours)
    app.exception_handler(VaultError)(_closed)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_http)
    for unreachable in (sql_errors.OperationalError, sql_errors.InterfaceError, sql_errors.TimeoutError):
        app.exception_handler(unreachable)(_database)


def _place(location: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in location) or "body"


def _sentence(entry: Mapping[str, Any]) -> str:
    """What is wrong, without repeating what was sent: it may be a secret, and it need not be text."""
    if entry["type"] == "json_invalid":
        return f"This is not JSON: {entry['ctx']['error']}."
    return str(entry["msg"]).removeprefix("Value error, ")
