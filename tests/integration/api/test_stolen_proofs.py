"""What proves who somebody is, used by somebody else, twice, or after its time: over HTTP, at every door."""

import base64
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import jwt
import pyotp
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.main import create_app
from clientnest import secrets
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import Person, create_person, issue_token
from clientnest.ids import new_id
from clientnest.mail import outbox
from clientnest.workspaces import WorkspaceRole, add_member, create_workspace
from tests.services.processes import drain

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def client(database: str) -> Iterator[TestClient]:
    with TestClient(create_app()) as made:
        yield made


@pytest.fixture(autouse=True)
def _nobody_waits(database: str) -> None:
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(text("DELETE FROM app.rate_counter"))


@pytest.fixture
def ada(database: str) -> Person:
    with session.tenant(Role.MIGRATE) as connection:
        return create_person(connection, f"ada-{new_id().hex}@example.org", "Ada", PASSWORD)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def token_in_letter(address: str) -> str:
    """Of the newest letter to an address that waits."""
    with session.tenant(Role.IDENTITY) as connection:
        letter = next(one for one in outbox(connection) if one.recipient == address)
    found = re.search(r"#token=([\w-]+)", letter.text)
    assert found, letter.text
    return found.group(1)


def at_once(*asked: Callable[[], httpx.Response]) -> list[int]:
    """What requests are answered that are sent in one moment, the least first."""
    with ThreadPoolExecutor(len(asked)) as threads:
        return sorted(one.result().status_code for one in [threads.submit(ask) for ask in asked])


def signed_in(client: TestClient, person: Person, password: str = PASSWORD) -> dict[str, Any]:
    answer = client.post("/v1/auth/token", json={"email": person.email, "password": password})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _claims(person_id: UUID, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(issue_token(person_id), options={"verify_signature": False})
    return {name: value for name, value in {**found, **changes}.items() if value is not None}


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def forgeries(person_id: UUID) -> dict[str, str]:
    """Tokens that look like somebody's and are none."""
    key, now = secrets.load().token_key, datetime.now(UTC)
    good = issue_token(person_id)
    header, payload, signature = good.split(".")
    keyless = base64.urlsafe_b64encode(hmac.digest(b"", f"{header}.{payload}".encode(), "sha256")).rstrip(b"=").decode()
    none = {"alg": "none", "typ": "JWT"}
    return {
        "expired": issue_token(person_id, lifetime=timedelta(minutes=-1)),
        "unsigned": f"{header}.{payload}.", "without a signature": f"{header}.{payload}",
        "alg none": f"{_part(none)}.{payload}.", "alg None": f"{_part({**none, 'alg': 'None'})}.{payload}.",
        "alg none with the signature": f"{_part(none)}.{payload}.{signature}",
        "no alg": f"{_part({'typ': 'JWT'})}.{payload}.{signature}",
        "signed with another key": jwt.encode(_claims(person_id), "k" * 64, "HS256"),
        "signed with no key": f"{header}.{payload}.{keyless}",
        "signed with another algorithm": jwt.encode(_claims(person_id), key, "HS384"),
        "of another audience": issue_token(person_id, audience="clientnest-dashboards"),
        "of several audiences": jwt.encode(_claims(person_id, aud=["clientnest-api", "x"]), key, "HS256"),
        "of no audience": jwt.encode(_claims(person_id, aud=None), key, "HS256"),
        "of another issuer": jwt.encode(_claims(person_id, iss="somebody"), key, "HS256"),
        "from tomorrow": jwt.encode(_claims(person_id, iat=now + timedelta(days=1)), key, "HS256"),
        "without an end": jwt.encode(_claims(person_id, exp=None), key, "HS256"),
        "its key in its header": jwt.encode(_claims(person_id), "k" * 64, "HS256", {"jwk": {"kty": "oct"}}),
        "asking for what nobody knows": jwt.encode(_claims(person_id), key, "HS256", {"crit": ["x"], "x": 1}),
        "of a session there is not": issue_token(person_id, session_id=new_id()),
        "of nobody": issue_token(new_id()), "of no id": jwt.encode(_claims(person_id, sub="me"), key, "HS256"),
        "a refresh token": "pN3" * 14, "cut": good[:-2], "longer": good + "x" * 9000,
        "nested deep": f"{base64.urlsafe_b64encode(b'[' * 2000).decode()}.{payload}.{signature}",
    }  # fmt: skip


def test_no_forged_token_opens_any_door(client: TestClient, ada: Person) -> None:
    with session.tenant(Role.MIGRATE) as connection:
        here = f"/v1/workspaces/{create_workspace(connection, 'Acme', f'a-{new_id().hex}', owner=ada.id).id}"
    doors = [("GET", "/v1/me"), ("GET", "/v1/workspaces"), ("GET", here), ("GET", f"{here}/members"),
             ("POST", f"{here}/invitations"), ("GET", "/v1/me/security-events"), ("POST", "/v1/auth/sign-out"),
             ("GET", "/v1/outbox")]  # fmt: skip
    good = bearer(issue_token(ada.id))
    assert [client.get(path, headers=good).status_code for method, path in doors[:4]] == [200] * 4
    opened = []
    for name, token in forgeries(ada.id).items():
        for method, path in doors:
            answer = client.request(method, path, headers=bearer(token), json={"email": "x@y.z", "role": "editor"})
            refused = {401, 404} if name == "of nobody" else {401}
            if answer.status_code not in refused and (name, path) != ("of nobody", "/v1/auth/sign-out"):
                opened.append((name, path, answer.status_code))
            assert ada.email not in answer.text
    assert opened == []


def test_a_member_who_was_removed_is_out_with_the_token_they_hold(client: TestClient, ada: Person) -> None:
    with session.tenant(Role.MIGRATE) as connection:
        eve = create_person(connection, f"eve-{new_id().hex}@example.org", "Eve", PASSWORD)
        made = create_workspace(connection, "Acme", f"a-{new_id().hex}", owner=ada.id)
        add_member(connection, made.id, eve.id, WorkspaceRole.ADMIN)
    here, token = f"/v1/workspaces/{made.id}", bearer(signed_in(client, eve)["access_token"])
    assert client.get(f"{here}/members", headers=token).status_code == 200
    owner = bearer(signed_in(client, ada)["access_token"])
    assert client.delete(f"{here}/members/{eve.id}", headers=owner).status_code == 204
    for method, path in (("GET", here), ("GET", f"{here}/members"), ("PATCH", here), ("POST", f"{here}/leave")):
        answer = client.request(method, path, headers=token, json={"name": "Mine"})
        assert answer.status_code == 404, "as for a workspace that does not exist"
    assert client.get("/v1/me", headers=token).status_code == 200


def test_a_refresh_token_used_twice_at_once_ends_the_session_for_both(client: TestClient, ada: Person) -> None:
    tokens = signed_in(client, ada)
    old = {"refresh_token": tokens["refresh_token"]}
    assert at_once(*[partial(client.post, "/v1/auth/refresh", json=old)] * 4) == [200, 401, 401, 401]
    assert client.get("/v1/me", headers=bearer(tokens["access_token"])).status_code == 401
    other = signed_in(client, ada)
    assert client.get("/v1/me", headers=bearer(other["access_token"])).status_code == 200, "another session goes on"


def test_a_code_of_the_app_works_once_even_for_two_who_sign_in_at_once(client: TestClient, ada: Person) -> None:
    headers = bearer(signed_in(client, ada)["access_token"])
    app = pyotp.parse_uri(client.post("/v1/me/authenticator", headers=headers).json()["uri"])
    assert isinstance(app, pyotp.TOTP)
    confirmed = client.post("/v1/me/authenticator/confirm", json={"code": app.at(time.time() - 30)}, headers=headers)
    recovery = confirmed.json()["recovery_codes"][0]

    def step() -> str:
        first = client.post("/v1/auth/token", json={"email": ada.email, "password": PASSWORD})
        return str(first.json()["second_factor_token"])

    def thrice(code: str, *tokens: str) -> list[int]:
        answers = (partial(client.post, "/v1/auth/second-factor", json={"token": one, "code": code}) for one in tokens)
        return at_once(*answers)

    assert thrice(app.now(), step(), step(), step()) == [200, 401, 401]
    assert thrice(recovery, step(), step(), step()) == [200, 401, 401]
    assert thrice(app.at(time.time() + 30), *[step()] * 3) == [200, 401, 401], "nor does the token of the first step"


def test_a_reset_link_works_once_and_not_after_the_address_has_changed(client: TestClient, ada: Person) -> None:
    ask = {"email": ada.email}
    client.post("/v1/auth/password-reset", json=ask)
    drain()
    token = token_in_letter(ada.email)
    confirm = partial(client.post, "/v1/auth/password-reset/confirm", json={"token": token, "password": PASSWORD})
    assert at_once(confirm, confirm, confirm) == [204, 422, 422]

    client.post("/v1/auth/password-reset", json=ask)
    drain()
    late = token_in_letter(ada.email)
    new = f"new-{ada.email}"
    headers = bearer(signed_in(client, ada)["access_token"])
    moving = client.post("/v1/me/address", json={"password": PASSWORD, "email": new}, headers=headers)
    assert moving.status_code == 202
    moved = token_in_letter(new)
    assert client.post("/v1/auth/address/confirm", json={"token": moved}).status_code == 204
    refused = client.post("/v1/auth/password-reset/confirm", json={"token": late, "password": "a thief's choice"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "token")
    assert signed_in(client, Person(ada.id, new, "Ada"))
    for path, body in (("password-reset/confirm", {"password": PASSWORD}), ("verify", {"password": PASSWORD}),
                       ("address/confirm", {})):  # fmt: skip
        for other in (token, late, moved, "guessed"):
            assert client.post(f"/v1/auth/{path}", json={"token": other, **body}).status_code == 422


def test_an_invitation_is_for_its_address_and_for_one(client: TestClient, ada: Person) -> None:
    with session.tenant(Role.MIGRATE) as connection:
        eve, grace = (
            create_person(connection, f"{name}-{new_id().hex}@example.org", name, PASSWORD) for name in ("eve", "grace")
        )
        made = create_workspace(connection, "Acme", f"a-{new_id().hex}", owner=ada.id)
    here, owner = f"/v1/workspaces/{made.id}", bearer(issue_token(ada.id))
    invited = client.post(f"{here}/invitations", json={"email": grace.email, "role": "editor"}, headers=owner)
    assert invited.status_code == 201
    token = {"token": token_in_letter(grace.email)}
    thief = client.post("/v1/invitations/accept", json=token, headers=bearer(issue_token(eve.id)))
    assert thief.status_code == 403
    assert grace.email not in thief.text
    assert client.get(here, headers=bearer(issue_token(eve.id))).status_code == 404
    mine = bearer(issue_token(grace.id))
    accepted = at_once(*[partial(client.post, "/v1/invitations/accept", json=token, headers=mine)] * 3)
    assert accepted[0] == 200
    assert set(accepted[1:]) <= {409, 422}
    client.post(f"{here}/invitations", json={"email": eve.email, "role": "admin"}, headers=owner)
    taken_back = {"token": token_in_letter(eve.email)}
    listed = client.get(f"{here}/invitations", headers=owner).json()["items"]
    assert client.delete(f"{here}/invitations/{listed[0]['id']}", headers=owner).status_code == 204
    late = client.post("/v1/invitations/accept", json=taken_back, headers=bearer(issue_token(eve.id)))
    assert late.status_code == 422


def test_no_answer_waits_for_what_is_done_for_an_address_that_has_a_login(client: TestClient, ada: Person) -> None:
    """Letters cannot be written for a while: whoever's answer waited for one would tell that there is a login."""
    asked = {"known": ada.email, "unknown": f"nobody-{new_id().hex}@example.org"}
    with ThreadPoolExecutor(2) as threads:
        with session.tenant(Role.MIGRATE) as connection:
            connection.execute(text("LOCK TABLE app.mail, app.personal_event IN SHARE MODE"))
            told = [
                threads.submit(client.post, "/v1/auth/password-reset", json={"email": one}) for one in asked.values()
            ]
            late = wait(told, timeout=10).not_done
        answers = [one.result() for one in told]
    assert not late
    assert {(one.status_code, one.text) for one in answers} == {(202, answers[0].text)}
    drain()
    assert token_in_letter(ada.email)
    with session.tenant(Role.IDENTITY) as connection:
        assert [one for one in outbox(connection) if one.recipient == asked["unknown"]] == []
        left = connection.execute(text("SELECT count(*) FROM app.one_time_token WHERE purpose = 'reset_asked'"))
        assert left.scalar_one() == 0, "from where it was asked is kept no longer than needed"


def test_signing_up_asks_the_database_the_same_whether_the_address_has_a_login(client: TestClient, ada: Person) -> None:
    def statements(address: str) -> list[str]:
        from sqlalchemy import event

        said: list[str] = []
        engine = session.engine(Role.IDENTITY)

        def hear(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            said.append(statement)

        event.listen(engine, "before_cursor_execute", hear)
        try:
            body = {"email": address, "name": "x", "password": PASSWORD}
            assert client.post("/v1/auth/sign-up", json=body).status_code == 202
        finally:
            event.remove(engine, "before_cursor_execute", hear)
        return said

    assert statements(ada.email) == statements(f"nobody-{new_id().hex}@example.org")
