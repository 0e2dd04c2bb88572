"""`/v1/me`."""

from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter

from api.auth.log import by_themselves
from api.auth.registration import count_letter
from api.auth.router import line, trying
from api.auth.schemas import LetterSent
from api.deps import Caller, From, Visitor, own
from api.manners.idempotency import STORES_NO_ANSWER
from api.me import schemas
from clientnest.audit import CHANGED, Change, PersonalAction
from clientnest.identity import Person, people, registration, second_factor, sessions

router = APIRouter(prefix="/v1/me", tags=["me"])


@router.get("", summary="Who is signed in")
def me(caller: Caller) -> schemas.Me:
    with own(caller) as connection:
        return _shown(people.existing(connection, caller.person_id))


@router.patch("", summary="Change your name")
def change_me(caller: Caller, visitor: Visitor, asked: schemas.MeIn) -> schemas.Me:
    with own(caller) as connection:
        before = people.existing(connection, caller.person_id)
        after = people.rename(connection, caller.person_id, asked.name)
        by_themselves(
            connection, PersonalAction.PROFILE_CHANGED, after.id, visitor, name=Change(before.name, after.name)
        )
        return _shown(after)


@router.put("/password", status_code=204, summary="Change your password; your other sessions end")
async def change_password(caller: Caller, client: From, visitor: Visitor, asked: schemas.PasswordIn) -> None:
    def work() -> None:
        with trying(f"password:{caller.person_id}", client), own(caller) as connection:
            registration.change_password(
                connection, caller.person_id, asked.current, asked.password, keep=caller.session_id
            )
            by_themselves(connection, PersonalAction.PASSWORD_CHANGED, caller.person_id, visitor, password=CHANGED)

    await to_thread.run_sync(work, limiter=line)


@router.post("/address", status_code=202, summary="Ask for a letter to the address you want to sign in with")
async def ask_for_address(caller: Caller, client: From, asked: schemas.AddressIn) -> LetterSent:
    def work() -> None:
        count_letter(asked.email, client)
        with trying(f"password:{caller.person_id}", client), own(caller) as connection:
            registration.ask_for_address(connection, caller.person_id, asked.password, asked.email)

    await to_thread.run_sync(work, limiter=line)
    return LetterSent()


@router.get("/sessions", summary="Your sessions: the devices that are signed in")
def list_sessions(caller: Caller) -> schemas.SessionList:
    with own(caller) as connection:
        found = sessions.sessions(connection, caller.person_id)
    fields = sessions.Session.__dataclass_fields__
    return schemas.SessionList(
        items=[
            schemas.SessionOut(**{name: getattr(one, name) for name in fields}, current=one.id == caller.session_id)
            for one in found
        ]
    )


@router.delete("/sessions", status_code=204, summary="End all your sessions but this one")
def end_other_sessions(caller: Caller, visitor: Visitor) -> None:
    with own(caller) as connection:
        sessions.end_all(connection, caller.person_id, "revoked", but=caller.session_id)
        by_themselves(connection, PersonalAction.SESSION_REVOKED, caller.person_id, visitor,
                      reason=Change(after="all_others"))  # fmt: skip


@router.delete("/sessions/{session_id}", status_code=204, summary="End one of your sessions")
def end_session(caller: Caller, visitor: Visitor, session_id: UUID) -> None:
    with own(caller) as connection:
        sessions.end(connection, caller.person_id, session_id, "revoked")
        by_themselves(connection, PersonalAction.SESSION_REVOKED, caller.person_id, visitor,
                      reason=Change(after="one"))  # fmt: skip


@router.post(
    "/authenticator",
    summary="Add an authenticator app: its secret, shown this once",
    openapi_extra=STORES_NO_ANSWER,
)
def enrol_authenticator(caller: Caller) -> schemas.AuthenticatorOut:
    with own(caller) as connection:
        made = second_factor.enrol(connection, caller.person_id)
    return schemas.AuthenticatorOut(secret=made.secret, uri=made.uri, picture=made.picture)


@router.post(
    "/authenticator/confirm",
    summary="Put the app in force with a code of it: gives recovery codes",
    openapi_extra=STORES_NO_ANSWER,
)
def confirm_authenticator(caller: Caller, visitor: Visitor, asked: schemas.CodeIn) -> schemas.RecoveryCodes:
    with own(caller) as connection:
        codes = second_factor.confirm(connection, caller.person_id, asked.code, keep=caller.session_id)
        by_themselves(connection, PersonalAction.MFA_ENABLED, caller.person_id, visitor, method=Change(after="totp"))
    return schemas.RecoveryCodes(recovery_codes=codes)


@router.post("/authenticator/remove", status_code=204, summary="Sign in without the app from now on")
def remove_authenticator(caller: Caller, client: From, visitor: Visitor, asked: schemas.CodeIn) -> None:
    with trying(f"code:{caller.person_id}", client), own(caller) as connection:
        second_factor.remove(connection, caller.person_id, asked.code)
        by_themselves(connection, PersonalAction.MFA_DISABLED, caller.person_id, visitor, method=Change("totp"))


def _shown(person: Person) -> schemas.Me:
    return schemas.Me(id=person.id, email=person.email, name=person.name)
