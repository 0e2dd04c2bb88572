"""Passkeys (WebAuthn): signing in with a device that checks its person itself, so that one step proves two factors.

Each dance begins with a challenge that works once (`proofs`), and ends with what the browser made of it. Needs the role
`identity`, and CLIENTNEST_PUBLIC_URL to be the address that people open: a passkey belongs to its host.
"""

import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from cryptography.exceptions import UnsupportedAlgorithm
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from clientnest import settings
from clientnest.db.tables.signing_in import passkey as passkey_table
from clientnest.errors import BadInput, ConfigurationError, Conflict, NotFound, Unauthenticated
from clientnest.identity import proofs
from clientnest.identity.people import Person
from clientnest.identity.proofs import Purpose
from clientnest.ids import new_id
from clientnest.mail import Letter, send
from clientnest.words import on_one_line

MOST = 20  # passkeys of one person
_LONGEST_ID = 1023  # bytes, as WebAuthn says
# What comes out of reading bytes that somebody made up: the library foresees most of it, and not all.
_ODD = (
    WebAuthnException, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError, ArithmeticError,
    RecursionError, struct.error,
)  # fmt: skip
_TRANSPORT = re.compile(r"[a-z-]{1,20}")


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its person sees it. `backed_up`: it lives in a password manager or cloud, not in one device."""

    id: UUID
    name: str
    transports: Sequence[str]
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the browser is asked (`options`, for `navigator.credentials`), and the token that its answer comes with."""

    token: str
    options: Mapping[str, Any]


_COLUMNS = tuple(passkey_table.c[name] for name in Passkey.__dataclass_fields__)


def passkeys(connection: Connection, person_id: UUID) -> list[Passkey]:
    """Somebody's passkeys, the oldest first."""
    rows = connection.execute(
        select(*_COLUMNS).where(passkey_table.c.person_id == person_id).order_by(passkey_table.c.id)
    )
    return [Passkey(**row._mapping) for row in rows]


def begin_adding(connection: Connection, person: Person) -> Challenge:
    """Ask the browser to make a passkey for somebody who is signed in."""
    known: list[bytes] = list(
        connection.scalars(select(passkey_table.c.credential_id).where(passkey_table.c.person_id == person.id))
    )
    if len(known) >= MOST:
        raise Conflict(f"You have {MOST} passkeys already.", advice="Remove one that you do not use.")
    options = webauthn.generate_registration_options(
        rp_id=_host(), rp_name="ClientNest", user_id=person.id.bytes, user_name=person.email,
        user_display_name=person.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )  # fmt: skip
    return _challenge(connection, options, person.id)


def finish_adding(
    connection: Connection, person: Person, token: str, credential: Mapping[str, Any], name: str
) -> Passkey:
    """Keep the passkey that the browser made. `BadInput` where it does not answer the challenge."""
    proof = proofs.redeem(connection, token, Purpose.PASSKEY)
    if proof.person_id != person.id:
        raise _unusable("it was asked for by somebody else")
    try:
        made = webauthn.verify_registration_response(
            credential=dict(credential), expected_challenge=base64url_to_bytes(proof.payload["challenge"]),
            expected_rp_id=_host(), expected_origin=_origin(), require_user_verification=True,
        )  # fmt: skip
    except _ODD as error:
        raise _unusable(str(error)) from error
    transports = credential["response"].get("transports")  # it was verified to be an object
    known = transports if isinstance(transports, list) else []
    kept = [one for one in known if isinstance(one, str) and _TRANSPORT.fullmatch(one)][:10]
    try:
        with connection.begin_nested():
            row = connection.execute(
                insert(passkey_table)
                .values(id=new_id(), person_id=person.id, credential_id=made.credential_id,
                        public_key=made.credential_public_key, sign_count=made.sign_count,
                        name=on_one_line(name)[:100] or "Passkey", transports=kept,
                        backed_up=made.credential_backed_up)
                .returning(*_COLUMNS)
            ).one()  # fmt: skip
    except IntegrityError as error:
        raise Conflict("This passkey is in use already.", advice="Use another device.") from error
    send(connection, Letter.SECOND_FACTOR_CHANGED, person.email, change="A passkey was added to your ClientNest login.")
    return Passkey(**row._mapping)


def remove(connection: Connection, person: Person, passkey_id: UUID) -> str:
    """Forget a passkey; gives the name it had. `NotFound` where it is not theirs."""
    gone: str | None = connection.execute(
        delete(passkey_table)
        .where(passkey_table.c.id == passkey_id, passkey_table.c.person_id == person.id)
        .returning(passkey_table.c.name)
    ).scalar_one_or_none()
    if gone is None:
        raise NotFound("There is no such passkey.", advice="GET /v1/me/passkeys lists yours.")
    send(connection, Letter.SECOND_FACTOR_CHANGED, person.email,
         change="A passkey was removed from your ClientNest login.")  # fmt: skip
    return gone


def begin_signing_in(connection: Connection) -> Challenge:
    """Ask the browser for any passkey of this installation. Nothing tells who has one."""
    options = webauthn.generate_authentication_options(
        rp_id=_host(), user_verification=UserVerificationRequirement.REQUIRED
    )
    return _challenge(connection, options, None)


def finish_signing_in(connection: Connection, token: str, credential: Mapping[str, Any]) -> UUID:
    """Who signed in with a passkey. `Unauthenticated` for any answer that does not fit, and for a copied passkey."""
    try:
        proof = proofs.redeem(connection, token, Purpose.PASSKEY)
        key = base64url_to_bytes(str(credential["id"]))
    except (BadInput, ValueError, KeyError) as error:
        raise _refused() from error
    row = connection.execute(
        select(passkey_table).where(passkey_table.c.credential_id == key[: _LONGEST_ID + 1]).with_for_update()
    ).one_or_none()
    if row is None or proof.person_id is not None:
        raise _refused()
    try:
        answer = webauthn.verify_authentication_response(
            credential=dict(credential), expected_challenge=base64url_to_bytes(proof.payload["challenge"]),
            expected_rp_id=_host(), expected_origin=_origin(), credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count, require_user_verification=True,
        )  # fmt: skip
    except _ODD as error:
        raise _refused() from error
    connection.execute(
        update(passkey_table)
        .where(passkey_table.c.id == row.id)
        .values(sign_count=answer.new_sign_count, backed_up=answer.credential_backed_up, last_used_at=func.now())
    )
    person_id: UUID = row.person_id
    return person_id


def _challenge(connection: Connection, options: Any, person_id: UUID | None) -> Challenge:
    payload = {"challenge": bytes_to_base64url(options.challenge)}
    token = proofs.issue(connection, Purpose.PASSKEY, person_id, payload)
    return Challenge(token, json.loads(webauthn.options_to_json(options)))


def _host() -> str:
    host = urlsplit(settings.mail().public_url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host
    raise ConfigurationError(
        "Passkeys belong to a host name, and CLIENTNEST_PUBLIC_URL names an IP address.",
        advice="Set CLIENTNEST_PUBLIC_URL to the name that people open, for example https://clientnest.example.org.",
    )


def _origin() -> str:
    parts = urlsplit(settings.mail().public_url)
    return f"{parts.scheme}://{parts.netloc}"


def _unusable(reason: str) -> BadInput:
    return BadInput(f"The passkey cannot be used: {reason}.", advice="Begin again.", details={"field": "credential"})


def _refused() -> Unauthenticated:
    return Unauthenticated("This passkey does not open anything here.", advice="Sign in with your password.")
