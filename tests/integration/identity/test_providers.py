"""Signing in with OpenID Connect, against a provider in a process of its own."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from starlette.testclient import TestClient

from api.main import create_app
from clientnest import settings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import create_person
from tests.services.processes import free_port, process


@pytest.fixture(scope="module")
def provider(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The provider's address; the API is configured for it."""
    port = free_port()
    address = f"http://localhost:{port}"
    known = [{"key": "company", "name": "Company", "issuer": address, "client_id": "clientnest", "client_secret": "s"}]
    log = tmp_path_factory.mktemp("provider") / "log"
    with (
        process(["oidc_provider_mock", "--port", str(port)], f"{address}/.well-known/openid-configuration", log),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("CLIENTNEST_OIDC_PROVIDERS", json.dumps(known))
        settings.forget()
        yield address
    settings.forget()


@pytest.fixture(scope="module")
def client(provider: str) -> Iterator[TestClient]:
    with TestClient(create_app()) as made:
        yield made


def known_there(provider: str, subject: str, **claims: Any) -> None:
    assert httpx.put(f"{provider}/users/{quote(subject)}", json=claims).is_success


def come_back(client: TestClient, subject: str) -> dict[str, str]:
    """What the browser brings back after somebody signed in at the provider."""
    begun = client.post("/v1/auth/providers/company/begin").json()
    answer = httpx.post(begun["url"], data={"sub": subject}, follow_redirects=False)
    returned = parse_qs(urlsplit(answer.headers["location"]).query)
    return {"token": begun["token"], "state": returned["state"][0], "code": returned["code"][0]}


def finish(client: TestClient, answer: dict[str, str]) -> httpx.Response:
    return client.post("/v1/auth/providers/finish", json=answer)


def me(client: TestClient, signed_in: httpx.Response) -> dict[str, Any]:
    assert signed_in.status_code == 200, signed_in.text
    bearer = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    found: dict[str, Any] = client.get("/v1/me", headers=bearer).json()
    return found


def test_somebody_new_gets_a_login_and_is_known_again_under_another_address(client: TestClient, provider: str) -> None:
    assert client.get("/v1/auth/providers").json() == {"items": [{"key": "company", "name": "Company"}]}
    known_there(provider, "1001", email="Ada@Example.org", email_verified=True, name="Ada")
    first = me(client, finish(client, come_back(client, "1001")))
    assert (first["email"], first["name"]) == ("ada@example.org", "Ada")
    known_there(provider, "1001", email="lovelace@example.org", email_verified=True, name="Ada")
    assert me(client, finish(client, come_back(client, "1001")))["id"] == first["id"]


def test_a_login_is_found_by_an_address_that_the_provider_verified_and_by_no_other(
    client: TestClient, provider: str
) -> None:
    with session.tenant(Role.MIGRATE) as connection:
        made = create_person(connection, "grace@example.org", "Grace", "correct horse")
    known_there(provider, "2002", email="grace@example.org", email_verified=False)
    refused = finish(client, come_back(client, "2002"))
    assert refused.status_code == 403
    known_there(provider, "2003", email="grace@example.org", email_verified=True)
    assert me(client, finish(client, come_back(client, "2003")))["id"] == str(made.id)


def test_an_answer_works_once_and_on_the_device_that_asked(client: TestClient, provider: str) -> None:
    known_there(provider, "3003", email="eve@example.org", email_verified=True)
    mine, theirs = come_back(client, "3003"), come_back(client, "3003")
    assert finish(client, {**theirs, "token": mine["token"]}).status_code == 401, "begun on another device"
    again = come_back(client, "3003")
    assert finish(client, again).status_code == 200
    assert finish(client, again).status_code == 401
    guessed = come_back(client, "3003")
    assert finish(client, {**guessed, "code": "guessed"}).status_code == 401


def test_an_answer_to_another_question_is_refused(client: TestClient, provider: str) -> None:
    """The code of one question with the state of another: nonce and verifier do not fit."""
    known_there(provider, "4004", email="mallory@example.org", email_verified=True)
    mine, theirs = come_back(client, "4004"), come_back(client, "4004")
    assert finish(client, {**mine, "code": theirs["code"]}).status_code == 401


def test_a_provider_that_is_gone_is_a_passing_trouble(
    client: TestClient, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [{"key": "gone", "name": "Gone", "issuer": "http://localhost:9", "client_id": "c", "client_secret": "s"}]
    monkeypatch.setenv("CLIENTNEST_OIDC_PROVIDERS", json.dumps(known))
    settings.forget()
    answer = client.post("/v1/auth/providers/gone/begin")
    assert (answer.status_code, answer.json()["retryable"]) == (503, True)
    assert client.post("/v1/auth/providers/company/begin").status_code == 404
    monkeypatch.undo()
    settings.forget()
