"""`/v1/auth`: signing up, forgotten passwords, new addresses. No answer tells whether an address has a login."""

from collections.abc import Callable
from typing import TypeVar

from anyio import to_thread
from fastapi import APIRouter
from sqlalchemy import Connection

from api.auth.log import by_themselves
from api.auth.router import line, settled, signed_in
from api.auth.schemas import AddressConfirmIn, LetterSent, ResetConfirmIn, ResetIn, SignUpIn, Token, VerifyIn
from api.deps import From, Visitor
from clientnest.audit import CHANGED, Change, PersonalAction
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import Client, Person, registration, signing_in
from clientnest.identity.guessing import Try
from clientnest.identity.sessions import SignedIn
from clientnest.identity.signing_in import CodeNeeded

router = APIRouter(prefix="/v1/auth", tags=["signing in"])
T = TypeVar("T")


@router.post("/sign-up", status_code=202, summary="Ask for a login: a letter with a link is sent to the address")
async def sign_up(asked: SignUpIn, client: From) -> LetterSent:
    await to_thread.run_sync(count_letter, asked.email, client)
    await _in_line(lambda connection: registration.sign_up(connection, asked.email, asked.name, asked.password))
    return LetterSent()


@router.post("/verify", summary="Make the login: the link of the letter, and the password chosen at signing up")
async def verify(asked: VerifyIn, client: From, visitor: Visitor) -> Token:
    def work(connection: Connection) -> SignedIn | CodeNeeded:
        person = registration.verify(connection, asked.token, asked.password)
        by_themselves(connection, PersonalAction.EMAIL_VERIFIED, person.id, visitor, email=Change(after=person.email))
        found = signing_in.proved(connection, person.id, "password", client)
        signed_in(connection, found, "password", visitor)
        return found

    return settled(await _in_line(work))


@router.post("/password-reset", status_code=202, summary="Ask for a letter with which a new password can be chosen")
def ask_for_reset(asked: ResetIn, client: From, visitor: Visitor) -> LetterSent:
    count_letter(asked.email, client)
    origin = {"address": visitor.address, "user_agent": visitor.user_agent, "request_id": visitor.request_id}
    with session.tenant(Role.IDENTITY) as connection:
        registration.hear_reset_asked(connection, asked.email, origin)
    return LetterSent()


@router.post("/password-reset/confirm", status_code=204, summary="Choose a new password; all sessions end")
async def reset_password(asked: ResetConfirmIn, client: From, visitor: Visitor) -> None:
    def work(connection: Connection) -> Person:
        person = registration.reset_password(connection, asked.token, asked.password)
        by_themselves(connection, PersonalAction.PASSWORD_CHANGED, person.id, visitor, password=CHANGED)
        return person

    person = await _in_line(work)
    await to_thread.run_sync(Try.by(person.email, client).proved)


@router.post("/address/confirm", status_code=204, summary="Sign in with the new address from now on")
def change_address(asked: AddressConfirmIn, visitor: Visitor) -> None:
    with session.tenant(Role.IDENTITY) as connection:
        before, after = registration.change_address(connection, asked.token)
        by_themselves(connection, PersonalAction.EMAIL_CHANGED, after.id, visitor,
                      email=Change(before.email, after.email))  # fmt: skip


def count_letter(address: str, client: Client) -> None:
    """Count a letter that somebody has sent to an address: nobody fills another's letter box with our help."""
    Try.by(address, client, "letter:").count()


async def _in_line(work: Callable[[Connection], T]) -> T:
    """Where a password is hashed: with the others who wait for that."""

    def transaction() -> T:
        with session.tenant(Role.IDENTITY) as connection:
            return work(connection)

    return await to_thread.run_sync(transaction, limiter=line)
