"""Passkeys with a real browser and its virtual authenticator, against the API's own process."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import CDPSession, Page

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import create_person
from tests.browser.chromium import chromium
from tests.services.processes import api as running_api
from tests.services.processes import free_port

PASSWORD = "correct horse battery staple"
CREATE = """async (options) => (await navigator.credentials.create(
    {publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)})).toJSON()"""
GET = """async (options) => (await navigator.credentials.get(
    {publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options)})).toJSON()"""


@pytest.fixture(scope="module")
def api(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    port = free_port()
    log = tmp_path_factory.mktemp("api") / "log"
    with (
        running_api(log, port=port, CLIENTNEST_PUBLIC_URL=f"http://localhost:{port}") as address,
        httpx.Client(base_url=address) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def page(api: httpx.Client) -> Iterator[Page]:
    with chromium() as browser:
        opened = browser.new_page()
        opened.goto(f"{api.base_url}/healthz")
        yield opened


@pytest.fixture
def device(page: Page) -> Iterator[tuple[CDPSession, str]]:
    """An authenticator that checks its person, as a phone or a laptop does."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True}  # fmt: skip
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    yield tools, made
    tools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": made})


def sign_in(api: httpx.Client, email: str) -> dict[str, str]:
    with session.tenant(Role.MIGRATE) as connection:
        create_person(connection, email, "Ada", PASSWORD)
    answer = api.post("/v1/auth/token", json={"email": email, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def add(api: httpx.Client, page: Page, headers: dict[str, str]) -> httpx.Response:
    asked = api.post("/v1/me/passkeys/challenge", headers=headers).json()
    credential = page.evaluate(CREATE, asked["options"])
    body = {"token": asked["token"], "name": "My laptop", "credential": credential}
    return api.post("/v1/me/passkeys", json=body, headers=headers)


def answer_to(api: httpx.Client, page: Page) -> dict[str, Any]:
    asked = api.post("/v1/auth/passkey/challenge").json()
    return {"token": asked["token"], "credential": page.evaluate(GET, asked["options"])}


def test_a_passkey_signs_in_with_two_factors_and_its_answer_works_once(
    api: httpx.Client, page: Page, device: tuple[CDPSession, str]
) -> None:
    headers = sign_in(api, "ada@example.org")
    made = add(api, page, headers)
    assert made.status_code == 201, made.text
    answer = answer_to(api, page)
    signed_in = api.post("/v1/auth/passkey", json=answer)
    assert signed_in.status_code == 200, signed_in.text
    with_passkey = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    current = next(one for one in api.get("/v1/me/sessions", headers=with_passkey).json()["items"] if one["current"])
    assert (current["method"], current["second_factor"]) == ("passkey", True)
    assert api.post("/v1/auth/passkey", json=answer).status_code == 401, "an answer works once"
    other = answer_to(api, page)
    other["credential"]["response"]["signature"] = answer["credential"]["response"]["signature"]
    assert api.post("/v1/auth/passkey", json=other).status_code == 401, "an old signature under a new challenge"
    passkey_id = api.get("/v1/me/passkeys", headers=headers).json()["items"][0]["id"]
    theirs = sign_in(api, "eve@example.org")
    assert api.delete(f"/v1/me/passkeys/{passkey_id}", headers=theirs).status_code == 404
    assert api.delete(f"/v1/me/passkeys/{passkey_id}", headers=headers).status_code == 204
    assert api.post("/v1/auth/passkey", json=answer_to(api, page)).status_code == 401


def test_a_device_that_does_not_check_its_person_is_refused(
    api: httpx.Client, page: Page, device: tuple[CDPSession, str]
) -> None:
    headers = sign_in(api, "unchecked@example.org")
    assert add(api, page, headers).status_code == 201
    good = answer_to(api, page)
    tools, authenticator = device
    credential = tools.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"][0]
    assert credential["isResidentCredential"]
    asked = api.post("/v1/auth/passkey/challenge").json()
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    asked["options"]["userVerification"] = "discouraged"
    unchecked = {"token": asked["token"], "credential": page.evaluate(GET, asked["options"])}
    assert api.post("/v1/auth/passkey", json=unchecked).status_code == 401
    assert api.post("/v1/auth/passkey", json=good).status_code == 200


def test_a_passkey_asked_for_by_somebody_else_is_not_added(
    api: httpx.Client, page: Page, device: tuple[CDPSession, str]
) -> None:
    mine, theirs = sign_in(api, "mine@example.org"), sign_in(api, "theirs@example.org")
    asked = api.post("/v1/me/passkeys/challenge", headers=theirs).json()
    credential = page.evaluate(CREATE, asked["options"])
    body = {"token": asked["token"], "name": "Stolen", "credential": credential}
    assert api.post("/v1/me/passkeys", json=body, headers=mine).status_code == 422
    assert api.get("/v1/me/passkeys", headers=mine).json() == {"items": []}
