"""`/v1/auth`: signing in and out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

import anyio
from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from api.auth.log import by_somebody, by_themselves
from api.auth.schemas import Credentials, PasswordForm, RefreshIn, SecondFactorIn, Token
from api.deps import Caller, From, Visitor, own
from clientnest.audit import Actor, Change, PersonalAction
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.entitlements import ProductEvent
from clientnest.entitlements import record as count
from clientnest.errors import Unauthenticated
from clientnest.identity import Client, passwords, people, sessions, signing_in
from clientnest.identity.guessing import Try
from clientnest.identity.sessions import SignedIn, Stolen
from clientnest.identity.signing_in import CodeNeeded
from clientnest.limits import Throttle, forgive, network_of, throttle
from clientnest.log import get_logger

router = APIRouter(prefix="/v1/auth", tags=["signing in"])
Model = TypeVar("Model", bound=BaseModel)
_FORM = "application/x-www-form-urlencoded"
# Hashing takes processor time on purpose; a crowd signing in waits in a line of its own, not in everybody's threads.
# While one's password is hashed, another's sign-in is written down.
line = anyio.CapacityLimiter(passwords.AT_ONCE + 1)
_afterwards = ThreadPoolExecutor(max_workers=1, thread_name_prefix="failed-sign-ins")
_log = get_logger(__name__)


class SecondFactorNeeded(Unauthenticated):
    """The password was right, and a code is needed."""

    code = "second-factor-needed"


@router.post(
    "/token",
    summary="Sign in: an e-mail address and a password for a pair of tokens",
    description="Where a second factor is on, the answer is 401 with the code `second-factor-needed` and a "
    "`second_factor_token` for `POST /v1/auth/second-factor`.",
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
async def token(request: Request, client: From, visitor: Visitor) -> Token:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
        async with request.form(max_files=0, max_fields=20) as form:
            given = _valid(PasswordForm, dict(form))
        email, password = given.username, given.password
    else:
        credentials = _valid(Credentials, await request.body())
        email, password = credentials.email, credentials.password
    attempt = Try.by(email, client)
    await to_thread.run_sync(attempt.count)  # not in the line: who is refused holds nobody up there
    return settled(await to_thread.run_sync(_with_password, attempt, email, password, client, visitor, limiter=line))


@router.post("/second-factor", summary="Sign in, second step: a code of the authenticator app, or a recovery code")
def second_factor(asked: SecondFactorIn, client: From, visitor: Visitor) -> Token:
    with session.tenant(Role.IDENTITY) as connection:
        person_id = signing_in.waiting_for_code(connection, asked.token)
    with (
        trying(f"code:{person_id}", client), failing(person_id, "code", visitor),
        session.tenant(Role.IDENTITY) as connection,
    ):  # fmt: skip
        found = signing_in.with_code(connection, asked.token, asked.code, client)
        signed_in(connection, found, "code", visitor)
    return Token.of(found)


@router.post(
    "/refresh",
    summary="The next pair of tokens",
    description="Each refresh token works once. One that comes again was stolen: its session ends, for everybody.",
)
def refresh(asked: RefreshIn, client: From, visitor: Visitor) -> Token:
    with session.tenant(Role.IDENTITY) as connection:
        found = sessions.refresh(connection, asked.refresh_token, client)
        if isinstance(found, Stolen):
            by_somebody(connection, PersonalAction.REFRESH_TOKEN_REUSED, found.person_id, visitor)
    if isinstance(found, Stolen):  # only now, for the end of the session has to be committed
        raise Unauthenticated(
            "This token was used before, so the session has been ended.",
            advice="Sign in again. If that was not you, change your password.",
        )
    return Token.of(found)


@router.post("/sign-out", status_code=204, summary="End the session that the access token belongs to")
def sign_out(caller: Caller, visitor: Visitor) -> None:
    if caller.session_id:
        with own(caller) as connection:
            sessions.end(connection, caller.person_id, caller.session_id, "signed_out")
            by_themselves(connection, PersonalAction.SIGNED_OUT, caller.person_id, visitor)


def settled(found: SignedIn | CodeNeeded) -> Token:
    """The tokens; or the refusal that asks for a code, once the step so far is committed."""
    if isinstance(found, CodeNeeded):
        raise SecondFactorNeeded(
            "A code of your authenticator app is needed.",
            advice="Send it with `second_factor_token` to POST /v1/auth/second-factor.",
            details={"second_factor_token": found.token},
        )
    return Token.of(found)


def signed_in(connection: Connection, found: SignedIn | CodeNeeded, method: str, visitor: Actor) -> None:
    """Note in somebody's own log that they signed in, once they are through."""
    if isinstance(found, SignedIn):
        by_themselves(connection, PersonalAction.SIGNED_IN, found.person_id, visitor, method=Change(after=method),
                      second_factor=Change(after=found.second_factor))  # fmt: skip
        count(connection, None, ProductEvent.SIGNED_IN, person_id=found.person_id, properties={"method": method})


@contextmanager
def failing(who: UUID | str, method: str, visitor: Actor) -> Iterator[None]:
    """Around a try to sign in, as a person or an address: one that fails is noted in the log of who it was tried on.

    Afterwards, so that the time of the answer does not tell whether the address has a login.
    """
    try:
        yield
    except Unauthenticated:
        _afterwards.submit(_note_failure, who, method, visitor)
        raise


def _note_failure(who: UUID | str, method: str, visitor: Actor) -> None:
    try:
        with session.tenant(Role.IDENTITY) as connection:
            known = people.by_email(connection, who) if isinstance(who, str) else people.person(connection, who)
            if known is not None:
                by_somebody(connection, PersonalAction.SIGN_IN_FAILED, known.id, visitor, method=Change(after=method))
    except SQLAlchemyError as error:
        _log.warning("a failed sign-in is not noted", error=type(error).__name__)


def _with_password(attempt: Try, email: str, password: str, client: Client, visitor: Actor) -> SignedIn | CodeNeeded:
    with failing(email, "password", visitor), session.tenant(Role.IDENTITY) as connection:
        found = signing_in.with_password(connection, email, password, client)
        signed_in(connection, found, "password", visitor)
    attempt.succeeded()
    return found


@contextmanager
def trying(what: str, client: Client) -> Iterator[None]:
    """Around what can be guessed by whoever has somebody's password, or a session of theirs (`code:PERSON`):
    `TooManyRequests` before the try, where there were too many."""
    network = network_of(client.address or "")
    throttle(Throttle.ADDRESS, network)
    throttle(Throttle.ACCOUNT, what)
    yield
    forgive(Throttle.ACCOUNT, what)
    forgive(Throttle.ADDRESS, network)


def _valid(model: type[Model], given: object) -> Model:
    try:
        return model.model_validate_json(given) if isinstance(given, bytes) else model.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError(
            [{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors(include_input=False)]
        ) from error
