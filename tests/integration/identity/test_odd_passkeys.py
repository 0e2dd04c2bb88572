"""What no browser would send in the place of a passkey: refused in words, whatever it is made of."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.main import create_app
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import Person, create_person, issue_token
from clientnest.ids import new_id

ORIGIN = "http://localhost:8000"
KEY = ec.derive_private_key(7, ec.SECP256R1())
odd = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=20)
    | st.sampled_from([[], {}, [[]], 10**400, "AAAA", "!", "W" * 20_000, [None], {"": {}}])
)  # fmt: skip
cbor = st.recursive(
    st.none() | st.integers(-10, 10) | st.binary(max_size=80) | st.sampled_from(["none", "packed", "tpm", "apple"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["fmt", "authData", "attStmt", "x5c", "sig", "alg", 1, 3, -1, -2, -3]), inner)
    ),
    max_leaves=12,
)
fuzzed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def client(database: str) -> Iterator[TestClient]:
    with TestClient(create_app(), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def ada(database: str) -> Person:
    with session.tenant(Role.MIGRATE) as connection:
        return create_person(connection, "ada@example.org", "Ada", "correct horse battery staple")


def packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _public_key() -> bytes:
    numbers = KEY.public_key().public_numbers()
    return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})


def _client_data(kind: str, challenge: str) -> bytes:
    return json.dumps({"type": kind, "challenge": challenge, "origin": ORIGIN}).encode()


def _authenticator_data(credential_id: bytes, *, new: bool, key: bytes | None = None) -> bytes:
    attested = bytes(16) + len(credential_id).to_bytes(2, "big") + credential_id + (key or _public_key())
    flags = 0x45 if new else 0x05
    return hashlib.sha256(b"localhost").digest() + bytes([flags]) + bytes(4) + (attested if new else b"")


def made_passkey(challenge: str, credential_id: bytes) -> dict[str, Any]:
    """What a browser makes of a challenge."""
    data = _authenticator_data(credential_id, new=True)
    attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
    response = {"clientDataJSON": packed(_client_data("webauthn.create", challenge)),
                "attestationObject": packed(attestation), "transports": ["internal"]}  # fmt: skip
    return {"id": packed(credential_id), "rawId": packed(credential_id), "type": "public-key", "response": response}


def answered(challenge: str, credential_id: bytes) -> dict[str, Any]:
    """What a browser answers with a passkey it has."""
    said, data = _client_data("webauthn.get", challenge), _authenticator_data(credential_id, new=False)
    signature = KEY.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
    response = {"clientDataJSON": packed(said), "authenticatorData": packed(data), "signature": packed(signature)}
    return {"id": packed(credential_id), "rawId": packed(credential_id), "type": "public-key", "response": response}


def _adding(client: TestClient, ada: Person) -> tuple[dict[str, str], str, str]:
    headers = {"Authorization": f"Bearer {issue_token(ada.id)}"}
    begun = client.post("/v1/me/passkeys/challenge", headers=headers).json()
    return headers, begun["token"], begun["options"]["challenge"]


def _forget(client: TestClient, headers: dict[str, str]) -> None:
    for one in client.get("/v1/me/passkeys", headers=headers).json()["items"]:
        client.delete(f"/v1/me/passkeys/{one['id']}", headers=headers)


@fuzzed
@given(st.data())
def test_a_passkey_with_odd_parts_is_refused_or_kept_without_them(
    client: TestClient, ada: Person, data: st.DataObject
) -> None:
    headers, token, challenge = _adding(client, ada)
    passkey = made_passkey(challenge, new_id().bytes)
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.sampled_from([passkey, passkey["response"]])) if "response" in passkey else passkey
        if isinstance(place, dict) and place:
            place[data.draw(st.sampled_from(sorted(place)))] = data.draw(odd)
            passkey.setdefault("response", {})
    if data.draw(st.booleans()) and isinstance(passkey["response"], dict):
        key = data.draw(st.none() | st.binary(max_size=90) | cbor.map(cbor2.dumps))
        kind = data.draw(st.sampled_from(["none", "packed", "tpm", "fido-u2f", "apple", "x"]))
        authenticator_data = _authenticator_data(b"i" * 16, new=True, key=key)
        made_of = {"fmt": kind, "attStmt": data.draw(cbor), "authData": authenticator_data}
        passkey["response"]["attestationObject"] = packed(cbor2.dumps(data.draw(st.just(made_of) | cbor)))
    body = {"token": token, "credential": passkey, "name": "My phone"}
    answer = client.post("/v1/me/passkeys", json=body, headers=headers)
    assert answer.status_code in {201, 409, 422}, answer.text
    _forget(client, headers)


@pytest.mark.parametrize("transports", [None, 5, "usb", {}, ["a\u0000b", "\u202e", 5, None, "usb", "x" * 99]])
def test_odd_transports_do_no_harm_to_a_good_passkey(client: TestClient, ada: Person, transports: Any) -> None:
    headers, token, challenge = _adding(client, ada)
    passkey = made_passkey(challenge, new_id().bytes)
    passkey["response"]["transports"] = transports
    answer = client.post("/v1/me/passkeys", json={"token": token, "credential": passkey, "name": ""}, headers=headers)
    if "\u0000" in str(transports) or (isinstance(transports, list)):
        assert answer.status_code == 422, "a NUL is refused wherever it stands"
    else:
        assert (answer.status_code, answer.json()["transports"]) == (201, [])
    _forget(client, headers)


@fuzzed
@given(st.data())
def test_an_odd_answer_opens_nothing(client: TestClient, ada: Person, data: st.DataObject) -> None:
    headers, token, challenge = _adding(client, ada)
    credential_id = new_id().bytes
    added = {"token": token, "credential": made_passkey(challenge, credential_id)}
    assert client.post("/v1/me/passkeys", json=added, headers=headers).status_code == 201
    begun = client.post("/v1/auth/passkey/challenge").json()
    answer = answered(begun["options"]["challenge"], credential_id)
    place = data.draw(st.sampled_from([answer, answer["response"]]))
    name = data.draw(st.sampled_from(["id", "type"] if place is answer else sorted(place)))
    before = place[name]
    place[name] = data.draw(odd | st.binary(max_size=80).map(packed))
    told = client.post("/v1/auth/passkey", json={"token": begun["token"], "credential": answer})
    assert told.status_code == (200 if place[name] == before else 401) or told.status_code == 422, told.text
    _forget(client, headers)


def test_a_good_answer_opens_the_login_once(client: TestClient, ada: Person) -> None:
    headers, token, challenge = _adding(client, ada)
    credential_id = UUID(int=9).bytes
    added = {"token": token, "credential": made_passkey(challenge, credential_id)}
    assert client.post("/v1/me/passkeys", json=added, headers=headers).status_code == 201
    begun = client.post("/v1/auth/passkey/challenge").json()
    answer = {"token": begun["token"], "credential": answered(begun["options"]["challenge"], credential_id)}
    assert [client.post("/v1/auth/passkey", json=answer).status_code for _ in range(2)] == [200, 401]
