"""Two people, from signing up to working together, through HTTP and the letters that arrive, and nothing else."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pyotp
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.main import create_app
from clientnest import settings
from clientnest.db import session
from clientnest.db.roles import Role
from tests.services import smtp
from tests.services.processes import PROGRAM, drain

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def post_office(database: str) -> Iterator[smtp.MailServer]:
    with smtp.running() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIENTNEST_SMTP_URL", running.url)
        settings.forget()
        yield running
    settings.forget()


@dataclass
class Somebody:
    """A person at a device: what they send goes with their token."""

    client: TestClient
    tokens: dict[str, Any]

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        return self.client.request(method, path, json=body, headers={**bearer, **headers})


@pytest.fixture(scope="module")
def client(post_office: smtp.MailServer) -> Iterator[TestClient]:
    with TestClient(create_app()) as made:
        yield made


def letter_link(post_office: smtp.MailServer, address: str) -> str:
    """The token of the newest letter to an address, once the worker has sent what waits."""
    drain()
    found = re.search(r"#token=([\w-]+)", post_office.to(address)[0].get_content())
    assert found
    return found.group(1)


def sign_up(client: TestClient, post_office: smtp.MailServer, address: str, name: str) -> Somebody:
    asked = client.post("/v1/auth/sign-up", json={"email": address, "name": name, "password": PASSWORD})
    assert asked.status_code == 202
    assert client.post("/v1/auth/token", json={"email": address, "password": PASSWORD}).status_code == 401
    token = letter_link(post_office, address)
    wrong = client.post("/v1/auth/verify", json={"token": token, "password": "of somebody else"})
    assert wrong.status_code == 401
    answer = client.post("/v1/auth/verify", json={"token": token, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return Somebody(client, answer.json())


def test_from_signing_up_to_working_together(client: TestClient, post_office: smtp.MailServer) -> None:
    ada = sign_up(client, post_office, "ada@example.org", "Ada")
    assert ada("GET", "/v1/me").json()["name"] == "Ada"
    ada_id = ada("GET", "/v1/me").json()["id"]

    # A second factor: the app, its recovery codes, and signing in with it.
    enrolled = ada("POST", "/v1/me/authenticator").json()
    app = pyotp.parse_uri(enrolled["uri"])
    assert isinstance(app, pyotp.TOTP)
    assert ada("POST", "/v1/me/authenticator/confirm", {"code": "000000"}).status_code == 422
    confirmed = ada("POST", "/v1/me/authenticator/confirm", {"code": app.now()})
    codes = confirmed.json()["recovery_codes"]
    assert len(codes) == 10
    first = client.post("/v1/auth/token", json={"email": "ada@example.org", "password": PASSWORD})
    assert (first.status_code, first.json()["code"]) == (401, "second-factor-needed")
    step = {"token": first.json()["second_factor_token"]}
    assert client.post("/v1/auth/second-factor", json={**step, "code": app.now()}).status_code == 401, "used before"
    signed_in = client.post("/v1/auth/second-factor", json={**step, "code": codes[0]})
    assert signed_in.status_code == 200, signed_in.text
    again = client.post("/v1/auth/token", json={"email": "ada@example.org", "password": PASSWORD}).json()
    step = {"token": again["second_factor_token"]}
    assert client.post("/v1/auth/second-factor", json={**step, "code": codes[0]}).status_code == 401, "used before"
    ada = Somebody(client, signed_in.json())

    # A workspace, its rules, and somebody invited to it.
    made = ada("POST", "/v1/workspaces", {"name": "Acme", "slug": "acme", "timezone": "Europe/Paris"})
    assert made.status_code == 201, made.text
    here = f"/v1/workspaces/{made.json()['id']}"
    tag = made.headers["etag"]
    changed = ada("PATCH", here, {"require_second_factor": True}, **{"If-Match": tag})
    assert changed.status_code == 200, changed.text
    stale = ada("PATCH", here, {"name": "Acme Europe"}, **{"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert ada("POST", f"{here}/invitations", {"email": "grace@example.org", "role": "analyst"}).status_code == 201
    invitation = letter_link(post_office, "grace@example.org")
    eve = sign_up(client, post_office, "eve@example.org", "Eve")
    assert eve("POST", "/v1/invitations/accept", {"token": invitation}).status_code == 403
    assert eve("GET", here).status_code == 404
    grace = sign_up(client, post_office, "grace@example.org", "Grace")
    assert grace("POST", "/v1/invitations/accept", {"token": invitation}).json()["role"] == "analyst"
    refused = grace("GET", here)
    assert (refused.status_code, refused.json()["code"]) == (403, "second-factor-required")
    app = pyotp.parse_uri(grace("POST", "/v1/me/authenticator").json()["uri"])
    assert isinstance(app, pyotp.TOTP)
    code = grace("POST", "/v1/me/authenticator/confirm", {"code": app.now()}).json()["recovery_codes"][0]
    step = {"token": client.post("/v1/auth/token", json={"email": "grace@example.org", "password": PASSWORD}).json()[
        "second_factor_token"]}  # fmt: skip
    grace = Somebody(client, client.post("/v1/auth/second-factor", json={**step, "code": code}).json())
    assert grace("POST", "/v1/invitations/accept", {"token": invitation}).status_code == 422, "used before"
    assert grace("GET", here).json()["role"] == "analyst"

    # What an analyst may, and what not; then as an admin.
    assert grace("GET", f"{here}/members").status_code == 200
    refused = grace("POST", f"{here}/api-keys", {"name": "Mine", "scopes": ["results.read"]})
    assert (refused.status_code, refused.json()["permission"]) == (403, "keys.manage")
    grace_id = grace("GET", "/v1/me").json()["id"]
    assert ada("PATCH", f"{here}/members/{grace_id}", {"role": "admin"}).json()["role"] == "admin"
    key = grace("POST", f"{here}/api-keys", {"name": "Reporting", "scopes": ["members.read"]})
    assert key.status_code == 201, key.text
    program = {"Authorization": f"Bearer {key.json()['key']}"}
    assert client.get(f"{here}/members", headers=program).status_code == 200
    assert client.get(f"{here}/insights/posts", headers=program).status_code == 403
    assert client.get("/v1/me", headers=program).status_code == 403
    listed = grace("GET", f"{here}/api-keys").json()["items"][0]
    assert listed["last_used_at"] is not None
    assert "key" not in listed

    # The key is rotated: the program gets the next one while the old one works, then the old one is revoked.
    next_key = grace("POST", f"{here}/api-keys", {"name": "Reporting, next", "scopes": ["members.read"]}).json()["key"]
    rotated = {"Authorization": f"Bearer {next_key}"}
    for held in (program, rotated):
        assert client.get(f"{here}/members", headers=held).status_code == 200
    assert grace("DELETE", f"{here}/api-keys/{listed['id']}").status_code == 204
    assert client.get(f"{here}/members", headers=program).status_code == 401
    assert client.get(f"{here}/members", headers=rotated).status_code == 200

    # So is the key that seals what is stored, by who runs the installation, while everybody goes on working.
    done = subprocess.run([PROGRAM, "keys", "rotate"], check=True, capture_output=True, text=True, timeout=60)
    assert re.search(r"[1-9]\d* values were sealed anew", done.stdout)

    # A refresh token works once; used twice, the session ends on both sides, at once.
    old = ada.tokens["refresh_token"]
    fresh = client.post("/v1/auth/refresh", json={"refresh_token": old})
    assert fresh.status_code == 200
    thief = client.post("/v1/auth/refresh", json={"refresh_token": old})
    assert thief.status_code == 401
    assert client.post("/v1/auth/refresh", json={"refresh_token": fresh.json()["refresh_token"]}).status_code == 401
    assert Somebody(client, fresh.json())("GET", here).status_code == 401
    assert Somebody(client, fresh.json())("GET", "/v1/me").status_code == 401
    assert "used from two places" in _newest(post_office, "ada@example.org")

    # The logs tell it all: the workspace's to its admins, everybody's own to themselves.
    told = list(reversed(grace("GET", f"{here}/audit-events").json()["items"]))
    assert [event["action"] for event in told] == [
        "workspace.created", "workspace.changed", "workspace.member.invited", "workspace.member.joined",
        "workspace.member.role_changed", "workspace.api_key.created", "workspace.api_key.created",
        "workspace.api_key.revoked",
    ]  # fmt: skip
    assert [event["actor_id"] for event in told] == [ada_id, ada_id, ada_id, grace_id, ada_id, *[grace_id] * 3]
    changes = [{one["field"]: (one["before"], one["after"]) for one in event["changes"]} for event in told]
    assert changes[1] == {"require_second_factor": (False, True)}
    assert changes[2] == {"role": (None, "analyst"), "email": (None, "grace@example.org")}, "sealed before the rotation"
    assert changes[4] == {"role": ("analyst", "admin")}
    assert [one["name"] for one in changes[5:]] == [(None, "Reporting"), (None, "Reporting, next"), ("Reporting", None)]
    assert {event["origin"]["state"] for event in told} == {"shown"}
    assert eve("GET", f"{here}/audit-events").status_code == 404
    step = {"token": client.post("/v1/auth/token", json={"email": "ada@example.org", "password": PASSWORD}).json()[
        "second_factor_token"]}  # fmt: skip
    ada = Somebody(client, client.post("/v1/auth/second-factor", json={**step, "code": codes[1]}).json())
    own = [event["action"] for event in ada("GET", "/v1/me/security-events").json()["items"]]
    assert own[:2] == ["person.signed_in", "person.session.refresh_token_reused"]
    assert Counter(action.removeprefix("person.") for action in own) == {
        "signed_in": 3, "session.refresh_token_reused": 1, "sign_in_failed": 2, "mfa.enabled": 1, "email.verified": 1,
    }  # fmt: skip

    # What was done is counted, for the product's own key figures.
    with session.tenant(Role.MIGRATE) as connection:
        counted = Counter(connection.execute(text("SELECT name FROM app.product_event")).scalars())
    assert counted["signed_in"] >= 4
    assert {"signed_up", "workspace_created", "member_invited", "member_joined", "api_key_created"} <= counted.keys()


def test_sessions_are_listed_and_ended(client: TestClient, post_office: smtp.MailServer) -> None:
    phone = sign_up(client, post_office, "two@example.org", "Two")
    laptop = Somebody(
        client, client.post("/v1/auth/token", json={"email": "two@example.org", "password": PASSWORD}).json()
    )
    listed = laptop("GET", "/v1/me/sessions").json()["items"]
    assert [one["current"] for one in listed] == [True, False]
    other = next(one["id"] for one in listed if not one["current"])
    assert laptop("DELETE", f"/v1/me/sessions/{other}").status_code == 204
    assert laptop("DELETE", f"/v1/me/sessions/{other}").status_code == 404
    assert phone("GET", "/v1/me").status_code == 401
    assert laptop("GET", "/v1/me").status_code == 200
    assert laptop("POST", "/v1/auth/sign-out").status_code == 204
    assert laptop("GET", "/v1/workspaces").status_code == 401


def test_a_forgotten_password_is_replaced_by_letter_and_signs_everybody_out(
    client: TestClient, post_office: smtp.MailServer
) -> None:
    before = sign_up(client, post_office, "forgot@example.org", "For Got")
    asked = [
        client.post("/v1/auth/password-reset", json={"email": address})
        for address in ("forgot@example.org", "nobody@example.org")
    ]
    assert [(one.status_code, one.json()) for one in asked] == [(202, {"detail": "A letter is on its way."})] * 2
    token = letter_link(post_office, "forgot@example.org")
    assert post_office.to("nobody@example.org") == []
    done = client.post("/v1/auth/password-reset/confirm", json={"token": token, "password": "another long one"})
    assert done.status_code == 204
    assert before("GET", "/v1/me").status_code == 401
    again = client.post("/v1/auth/password-reset/confirm", json={"token": token, "password": "a third one here"})
    assert again.status_code == 422
    good = client.post("/v1/auth/token", json={"email": "forgot@example.org", "password": "another long one"})
    assert good.status_code == 200


def _newest(post_office: smtp.MailServer, address: str) -> str:
    drain()
    return str(post_office.to(address)[0].get_content())


def test_a_plan_limits_seats_and_keys(client: TestClient, post_office: smtp.MailServer) -> None:
    owner = sign_up(client, post_office, "small@example.org", "Small")
    made = owner("POST", "/v1/workspaces", {"name": "Small", "slug": "small"}).json()
    here = f"/v1/workspaces/{made['id']}"
    for limit, value in (("seats", "2"), ("api_keys", "1")):
        subprocess.run([PROGRAM, "plan", "limit", "small", limit, value], check=True, timeout=60)
    invite = {"email": "first@example.org", "role": "editor"}
    assert owner("POST", f"{here}/invitations", invite).status_code == 201
    assert owner("POST", f"{here}/invitations", invite).status_code == 201, "in the place of the one before"
    refused = owner("POST", f"{here}/invitations", {"email": "second@example.org", "role": "editor"})
    assert (refused.status_code, refused.json()["code"], refused.json()["allowed"]) == (403, "limit-reached", 2)
    key = {"name": "One", "scopes": ["results.read"]}
    first = owner("POST", f"{here}/api-keys", key)
    assert first.status_code == 201
    assert owner("POST", f"{here}/api-keys", key).status_code == 403
    assert owner("DELETE", f"{here}/api-keys/{first.json()['id']}").status_code == 204
    assert owner("POST", f"{here}/api-keys", key).status_code == 201


def test_the_same_request_again_is_answered_again_and_done_once(
    client: TestClient, post_office: smtp.MailServer
) -> None:
    owner = sign_up(client, post_office, "again@example.org", "Again")
    made = {"name": "Again", "slug": "again"}
    first, second = (owner("POST", "/v1/workspaces", made, **{"Idempotency-Key": "make-it"}) for _ in range(2))
    assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())
    assert second.headers["idempotency-replayed"] == "true"
    here = f"/v1/workspaces/{first.json()['id']}"
    key = {"name": "One", "scopes": ["results.read"]}
    keys = [owner("POST", f"{here}/api-keys", key, **{"Idempotency-Key": "a-key"}).json()["key"] for _ in range(2)]
    assert keys[0] != keys[1], "an answer with a secret is not kept"
