"""Signing in over HTTP, and what its token opens."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from api.main import create_app
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import issue_token
from clientnest.ids import new_id
from clientnest.workspaces import WorkspaceRole
from tests.integration.api.operations import colleague, headers_of
from tests.worlds import PASSWORD, World

TOKEN = "/v1/auth/token"


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    with TestClient(create_app()) as made:
        yield made


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_json_and_the_form_of_oauth_clients_both_sign_in(client: TestClient, world: World) -> None:
    email = world.mine.owner.email
    form = {"grant_type": "password", "username": email, "password": PASSWORD, "scope": "", "client_id": "docs"}
    for answer in (
        client.post(TOKEN, json={"email": email.upper(), "password": PASSWORD}),
        client.post(TOKEN, data=form),
        client.post(TOKEN, data={"username": email, "password": PASSWORD}),
    ):
        assert answer.status_code == 200, answer.text
        assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("bearer", 900)
        me = client.get("/v1/me", headers=_bearer(answer.json()["access_token"])).json()
        assert me == {"id": str(world.mine.owner.id), "email": email, "name": "mine"}


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client: TestClient, world: World) -> None:
    answers = [
        client.post(TOKEN, json={"email": email, "password": password})
        for email, password in ((world.mine.owner.email, "wrong"), ("nobody@example.org", PASSWORD), ("x", "y"))
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({(answer.json()["detail"], answer.json()["advice"]) for answer in answers}) == 1


def test_a_person_sees_the_workspaces_they_belong_to(client: TestClient, world: World) -> None:
    listed = client.get("/v1/workspaces", headers=world.mine.headers).json()["items"]
    assert [(one["id"], one["role"], one["timezone"]) for one in listed] == [
        (str(world.mine.workspace_id), "owner", "America/New_York"),
    ]  # fmt: skip
    assert client.get(f"/v1/workspaces/{listed[0]['id']}", headers=world.mine.headers).json() == listed[0]


def test_tokens_of_the_past_of_elsewhere_and_of_nobody_open_nothing(client: TestClient, world: World) -> None:
    person_id = world.mine.owner.id
    for token in (
        issue_token(person_id, lifetime=timedelta(minutes=-5)),
        issue_token(person_id, audience="clientnest-dashboards"),
        issue_token(new_id()),
    ):
        for address in ("/v1/me", "/v1/workspaces", f"/v1/workspaces/{world.mine.workspace_id}/insights/posts"):
            assert client.get(address, headers=_bearer(token)).status_code in {401, 404}


def test_the_token_of_a_person_who_was_removed_is_worth_nothing(client: TestClient, world: World) -> None:
    person_id = colleague(world.other.workspace_id, WorkspaceRole.EDITOR)
    headers = headers_of(person_id)
    assert client.get("/v1/me", headers=headers).status_code == 200
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM app.person WHERE id = %s", (str(person_id),))
    assert client.get("/v1/me", headers=headers).status_code == 401
    assert client.get("/v1/workspaces", headers=headers).status_code == 401
    assert client.get(f"/v1/workspaces/{world.other.workspace_id}/insights/posts", headers=headers).status_code == 404


def test_who_guesses_is_slowed_down_by_account_and_by_address(client: TestClient, world: World) -> None:
    def tries(account: str, password: str, times: int) -> list[int]:
        return [client.post(TOKEN, json={"email": account, "password": password}).status_code for _ in range(times)]

    victim = "guessed@example.org"  # whether anybody has that address makes no difference
    assert tries(victim, "wrong", 12) == [401] * 10 + [429] * 2
    refused = client.post(TOKEN, json={"email": victim.upper(), "password": "wrong"})
    assert (refused.json()["code"], int(refused.headers["retry-after"]) > 0) == ("too-many-requests", True)
    assert tries(world.mine.owner.email, PASSWORD, 1) == [200], "others sign in meanwhile"
    assert tries("a different one each time", "wrong", 1) == [401]
    many = [tries(f"{number}@example.org", "wrong", 1)[0] for number in range(60)]
    assert set(many[-5:]) == {429}, "one address tries many accounts"
