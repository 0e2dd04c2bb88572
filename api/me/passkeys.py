"""`/v1/me/passkeys`, and signing in with one at `/v1/auth/passkey`."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from api.auth.log import by_themselves
from api.auth.router import signed_in
from api.auth.schemas import Token
from api.body import Body
from api.deps import Caller, From, Visitor, own
from api.me.schemas import ChallengeOut, PasskeyIn, PasskeyList, PasskeyOut
from clientnest.audit import Change, PersonalAction
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import passkeys, people, sessions

router = APIRouter(prefix="/v1/me/passkeys", tags=["me"])
signing_in = APIRouter(prefix="/v1/auth/passkey", tags=["signing in"])


class AnswerIn(Body):
    """What `navigator.credentials.get` answered, as JSON (`PublicKeyCredential.toJSON()`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"token": "pN3…", "credential": {"id": "…", "rawId": "…", "type": "public-key", "response": {}}}
    ]})  # fmt: skip

    token: str = Field(min_length=1, max_length=200)
    credential: dict[str, object]


@router.get("", summary="Your passkeys", response_model=PasskeyList)
def list_passkeys(caller: Caller) -> dict[str, list[passkeys.Passkey]]:
    with own(caller) as connection:
        return {"items": passkeys.passkeys(connection, caller.person_id)}


@router.post("/challenge", summary="Add a passkey, first step: what to ask the browser")
def begin_adding_passkey(caller: Caller) -> ChallengeOut:
    with own(caller) as connection:
        asked = passkeys.begin_adding(connection, people.existing(connection, caller.person_id))
    return ChallengeOut(token=asked.token, options=dict(asked.options))


@router.post(
    "", status_code=201, summary="Add a passkey, second step: what the browser made", response_model=PasskeyOut
)
def add_passkey(caller: Caller, visitor: Visitor, asked: PasskeyIn) -> passkeys.Passkey:
    with own(caller) as connection:
        person = people.existing(connection, caller.person_id)
        made = passkeys.finish_adding(connection, person, asked.token, asked.credential, asked.name)
        by_themselves(connection, PersonalAction.PASSKEY_ADDED, person.id, visitor, name=Change(after=made.name))
        return made


@router.delete("/{passkey_id}", status_code=204, summary="Remove a passkey")
def remove_passkey(caller: Caller, visitor: Visitor, passkey_id: UUID) -> None:
    with own(caller) as connection:
        name = passkeys.remove(connection, people.existing(connection, caller.person_id), passkey_id)
        by_themselves(connection, PersonalAction.PASSKEY_REMOVED, caller.person_id, visitor, name=Change(name))


@signing_in.post("/challenge", summary="Sign in with a passkey, first step: what to ask the browser")
def begin_passkey() -> ChallengeOut:
    with session.tenant(Role.IDENTITY) as connection:
        asked = passkeys.begin_signing_in(connection)
    return ChallengeOut(token=asked.token, options=dict(asked.options))


@signing_in.post("", summary="Sign in with a passkey, second step: what the browser answered. It proves two factors")
def sign_in_with_passkey(asked: AnswerIn, client: From, visitor: Visitor) -> Token:
    with session.tenant(Role.IDENTITY) as connection:
        person_id = passkeys.finish_signing_in(connection, asked.token, asked.credential)
        found = sessions.begin(connection, person_id, "passkey", client, second_factor=True)
        signed_in(connection, found, "passkey", visitor)
        return Token.of(found)
