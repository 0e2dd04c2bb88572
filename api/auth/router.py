"""`/v1/auth/token`."""

from typing import Any, TypeVar

import anyio
from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from api.auth.schemas import Credentials, PasswordForm, Token
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import ACCESS_TOKEN_LIFETIME, issue_token, passwords, sign_in

router = APIRouter(prefix="/v1/auth", tags=["signing in"])
Model = TypeVar("Model", bound=BaseModel)
_FORM = "application/x-www-form-urlencoded"
# Hashing takes processor time on purpose; a crowd signing in waits in a line of its own, not in everybody's threads.
_line = anyio.CapacityLimiter(passwords.AT_ONCE)


@router.post(
    "/token",
    summary="Sign in: an e-mail address and a password for an access token",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": Credentials.model_json_schema()},
                _FORM: {"schema": PasswordForm.model_json_schema()},
            },
        }
    },
)
async def token(request: Request) -> Token:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
        async with request.form(max_files=0, max_fields=20) as form:
            given = _valid(PasswordForm, dict(form))
        email, password = given.username, given.password
    else:
        credentials = _valid(Credentials, await request.body())
        email, password = credentials.email, credentials.password
    return await to_thread.run_sync(_token_for, email, password, limiter=_line)


def _token_for(email: str, password: str) -> Token:
    with session.tenant(Role.API) as connection:
        person = sign_in(connection, email, password)
    return Token(access_token=issue_token(person.id), expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()))


def _valid(model: type[Model], given: dict[str, Any] | bytes) -> Model:
    try:
        return model.model_validate_json(given) if isinstance(given, bytes) else model.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError(
            [{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors(include_input=False)]
        ) from error
