"""`/v1/auth/providers`: signing in with OpenID Connect."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.auth.log import by_themselves
from api.auth.router import settled, signed_in
from api.auth.schemas import BegunOut, ProviderAnswerIn, ProviderList, ProviderOut, Token
from api.deps import From, Visitor
from clientnest.audit import Change, PersonalAction
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import providers, signing_in

router = APIRouter(prefix="/v1/auth/providers", tags=["signing in"])


@router.get("", summary="Where else one can sign in with")
def list_providers() -> ProviderList:
    return ProviderList(items=[ProviderOut(key=one.key, name=one.name) for one in providers.providers()])


@router.post("/{key}/begin", summary="Sign in with a provider, first step: where to send the browser")
def begin_with_provider(key: Annotated[str, Path(pattern=r"^[a-z0-9-]{1,32}$")]) -> BegunOut:
    with session.tenant(Role.IDENTITY) as connection:
        begun = providers.begin(connection, key)
    return BegunOut(url=begun.url, token=begun.token)


@router.post("/finish", summary="Sign in with a provider, second step: what the browser came back with")
def finish_with_provider(asked: ProviderAnswerIn, client: From, visitor: Visitor) -> Token:
    with session.tenant(Role.IDENTITY) as connection:
        found = providers.finish(connection, asked.token, asked.state, asked.code)
        if found.linked:
            by_themselves(connection, PersonalAction.PROVIDER_LINKED, found.person_id, visitor,
                          issuer=Change(after=found.issuer))  # fmt: skip
        through = signing_in.proved(connection, found.person_id, "provider", client)
        signed_in(connection, through, "provider", visitor)
    return settled(through)
