"""Signing in with an OpenID Connect provider (authorization code with PKCE): any that CLIENTNEST_OIDC_PROVIDERS names.

The device that begins keeps a token of its own, apart from the `state` that travels through the provider: a code that
somebody else's browser is sent with signs nobody in. Needs the role `identity`.
"""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import Connection, func, insert, select, update

from clientnest import settings
from clientnest.db.tables.identity import person as person_table
from clientnest.db.tables.signing_in import external_identity as identity_table
from clientnest.errors import BadInput, Forbidden, NotFound, Unauthenticated, Unavailable
from clientnest.identity import people, proofs
from clientnest.identity.proofs import Purpose
from clientnest.ids import new_id
from clientnest.settings import OidcProvider

CALLBACK = "/sign-in/callback"
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_TIMEOUT = 10.0
_LEEWAY = 60
_KEPT_SECONDS = 600  # how long what a provider says of itself is believed


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and what it has to bring along when it comes back."""

    url: str
    token: str


@dataclass(frozen=True, slots=True)
class Found:
    """Who came back, and from where. `linked`: the provider was tied to their login just now."""

    person_id: UUID
    issuer: str
    linked: bool


def providers() -> list[OidcProvider]:
    """The providers of this installation."""
    return list(settings.oidc().oidc_providers)


def begin(connection: Connection, key: str) -> Begun:
    """Send somebody to a provider. `NotFound` for one that is not configured, `Unavailable` where it is silent."""
    provider = _provider(key)
    verifier, state, nonce = (secrets.token_urlsafe(48) for _ in range(3))
    payload = {"provider": key, "state": state, "nonce": nonce, "verifier": verifier}
    token = proofs.issue(connection, Purpose.PROVIDER, payload=payload)
    query = {
        "response_type": "code", "client_id": provider.client_id, "redirect_uri": _redirect_uri(),
        "scope": "openid email profile", "state": state, "nonce": nonce,
        "code_challenge": _challenge(verifier), "code_challenge_method": "S256",
    }  # fmt: skip
    return Begun(f"{_described(provider)['authorization_endpoint']}?{urlencode(query)}", token)


def finish(connection: Connection, token: str, state: str, code: str) -> Found:
    """Who the provider says came back: known by its own id for them, else by an address it has verified, else new.

    `Unauthenticated` where the answer was not asked for by this device, or is not the provider's; `Forbidden` where the
    provider tells no verified address of somebody new.
    """
    try:
        kept = proofs.redeem(connection, token, Purpose.PROVIDER).payload
    except BadInput as error:
        raise _refused("it took too long, or was used") from error
    if not secrets.compare_digest(str(kept["state"]), state):
        raise _refused("it was begun on another device")
    provider = _provider(str(kept["provider"]))
    answer = _exchanged(provider, code, str(kept["verifier"]))
    claims = _verified(provider, str(answer.get("id_token", "")), str(kept["nonce"]))
    if "email" not in claims:
        claims = {**_more_about(provider, claims, str(answer.get("access_token", ""))), **claims}
    return _person_of(connection, provider, claims)


def _person_of(connection: Connection, provider: OidcProvider, claims: dict[str, Any]) -> Found:
    columns, subject = identity_table.c, str(claims["sub"])
    known = connection.execute(
        update(identity_table)
        .where(columns.issuer == provider.issuer, columns.subject == subject)
        .values(last_used_at=func.now())
        .returning(columns.person_id)
    ).scalar_one_or_none()
    if known is not None:
        return Found(known, provider.issuer, linked=False)
    email = claims.get("email")
    if not isinstance(email, str) or claims.get("email_verified") is not True:
        raise Forbidden(
            f"{provider.name} does not say that your address is verified, and you are new here.",
            advice="Verify your address there, or sign up here with a password.",
        )
    address = people.normalise_email(email)
    person_id: UUID | None = connection.execute(
        select(person_table.c.id).where(person_table.c.email == address)
    ).scalar_one_or_none()
    if person_id is None:
        person_id = new_id()
        name = people.clean_name(str(claims.get("name") or ""), address)
        connection.execute(
            insert(person_table).values(id=person_id, email=address, name=name, email_verified_at=func.now())
        )
    connection.execute(insert(identity_table).values(issuer=provider.issuer, subject=subject, person_id=person_id))
    return Found(person_id, provider.issuer, linked=True)


def _exchanged(provider: OidcProvider, code: str, verifier: str) -> dict[str, Any]:
    try:
        answer = httpx.post(
            _described(provider)["token_endpoint"], timeout=_TIMEOUT,
            auth=(provider.client_id, provider.client_secret.get_secret_value()),
            data={"grant_type": "authorization_code", "code": code, "redirect_uri": _redirect_uri(),
                  "code_verifier": verifier},
        )  # fmt: skip
        said = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise _silent(provider) from error
    if answer.status_code >= 500:
        raise _silent(provider)
    if answer.is_error or not isinstance(said, dict):
        words = said.get("error_description") or said.get("error") if isinstance(said, dict) else answer.status_code
        raise _refused(f"{provider.name} says: {words}")
    return said


def _verified(provider: OidcProvider, id_token: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that is the provider's, for us, of now, and for this very question."""
    try:
        claims = jwt.decode(id_token, _keys(provider), algorithms=_ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            leeway=_LEEWAY, iss={"essential": True, "value": _described(provider)["issuer"]},
            aud={"essential": True, "value": provider.client_id}, sub={"essential": True}, exp={"essential": True},
            iat={"essential": True}, nonce={"essential": True, "value": nonce},
        ).validate(claims)  # fmt: skip
    except (JoseError, ValueError) as error:
        raise _refused(f"its answer does not hold: {error}") from error
    if "azp" in claims and claims["azp"] != provider.client_id:
        raise _refused("its answer is meant for another program")
    return dict(claims)


def _more_about(provider: OidcProvider, claims: dict[str, Any], access_token: str) -> dict[str, Any]:
    """What the provider's userinfo says of the same subject; nothing where it says nothing, or of somebody else."""
    address = _described(provider).get("userinfo_endpoint")
    if not isinstance(address, str):
        return {}
    said = _fetched(address, provider.issuer, bearer=access_token)
    return said if said.get("sub") == claims["sub"] else {}


def _provider(key: str) -> OidcProvider:
    for provider in providers():
        if provider.key == key:
            return provider
    raise NotFound("There is no such provider.", advice="GET /v1/auth/providers lists those there are.")


def _described(provider: OidcProvider) -> dict[str, Any]:
    found = _discovered(provider.issuer, int(time.time() // _KEPT_SECONDS))
    if found.get("issuer") != provider.issuer:
        raise _refused(f"{provider.issuer} calls itself {found.get('issuer')}")
    return found


def _keys(provider: OidcProvider) -> KeySet:
    return KeySet.import_key_set(_fetched(str(_described(provider)["jwks_uri"]), provider.issuer))  # type: ignore[arg-type]


@lru_cache(maxsize=32)
def _discovered(issuer: str, _since: int) -> dict[str, Any]:
    return _fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration", issuer)


def _fetched(address: str, issuer: str, *, bearer: str | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    try:
        answer = httpx.get(address, timeout=_TIMEOUT, follow_redirects=False, headers=headers)
        answer.raise_for_status()
        said = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise Unavailable(
            f"The provider {issuer} does not answer.", advice="Try again, or sign in with your password."
        ) from error
    return said if isinstance(said, dict) else {}


def _challenge(verifier: str) -> str:
    """PKCE's S256 (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _redirect_uri() -> str:
    return settings.mail().public_url.rstrip("/") + CALLBACK


def _silent(provider: OidcProvider) -> Unavailable:
    return Unavailable(f"{provider.name} does not answer.", advice="Try again, or sign in with your password.")


def _refused(reason: str) -> Unauthenticated:
    return Unauthenticated(f"Signing in did not work: {reason}.", advice="Begin again, on this device.")
