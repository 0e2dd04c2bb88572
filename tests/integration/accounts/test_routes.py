"""Connecting accounts over HTTP, at a server that speaks Mastodon's API."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.main import create_app
from clientnest import accounts, settings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.entitlements import Limit
from clientnest.entitlements.operating import set_limit
from clientnest.identity import issue_token
from tests.conftest import make_workspace
from tests.integration.accounts.conftest import make_person
from tests.services import mastodon_server
from tests.services.mastodon_server import MastodonServer

PUBLIC = "https://clientnest.example/"
WHO = "/api/v1/accounts/verify_credentials"


@pytest.fixture(scope="module")
def client(database: str) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIENTNEST_PUBLIC_URL", PUBLIC)
        patch.setenv("CLIENTNEST_OUTBOUND_ALLOWED", "127.0.0.1")
        settings.forget()
        # The address that a request came to is nothing to go by.
        with TestClient(create_app(), base_url="https://elsewhere.example") as made:
            yield made
    settings.forget()


@pytest.fixture(scope="module")
def mastodon() -> Iterator[MastodonServer]:
    with mastodon_server.running() as made:
        yield made


@dataclass
class Somebody:
    """A person of a workspace, and what they do over HTTP."""

    client: TestClient
    server: MastodonServer
    workspace_id: UUID
    person_id: UUID

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        address = path if path.startswith("/v1/") else f"/v1/workspaces/{self.workspace_id}/{path}"
        sent = {"Authorization": f"Bearer {issue_token(self.person_id)}", **headers}
        return self.client.request(method, address, json=body, headers=sent)

    def begin(self, account_id: str | None = None) -> str:
        """The address to agree at."""
        if account_id is None:
            begun = self("POST", "connections", {"network": "mastodon", "server": self.server.url})
        else:
            begun = self("POST", f"connections/{account_id}/reconnect")
        assert begun.status_code == 201, begun.text
        return str(begun.json()["url"])

    def finish(self, returned: dict[str, str]) -> httpx.Response:
        return self("POST", "/v1/connections/finish", returned)

    def connect(self, account_id: str | None = None) -> Any:
        done = self.finish(self.server.agree(self.begin(account_id)))
        assert done.status_code == 200, done.text
        return done.json()

    def health(self) -> Any:
        return self("GET", "connections").json()["items"]

    def audited(self) -> list[str]:
        with session.tenant(Role.MIGRATE) as connection:
            found = connection.execute(
                text("SELECT action FROM app.audit_event WHERE workspace_id = :w ORDER BY at, id"),
                {"w": self.workspace_id},
            )  # fmt: skip
            return [action.removeprefix("workspace.") for action in found.scalars()]


@pytest.fixture
def owner(client: TestClient, mastodon: MastodonServer) -> Somebody:
    workspace_id = make_workspace()
    mastodon.signed_in = ("Acme", "Acme Bakery")
    return Somebody(client, mastodon, workspace_id, make_person(workspace_id).person_id)


def _colleague(of: Somebody, role: str) -> Somebody:
    return Somebody(of.client, of.server, of.workspace_id, make_person(of.workspace_id, role).person_id)


def _access(of: Somebody, account_id: str) -> str:
    with session.tenant(Role.WORKER, workspace_id=of.workspace_id) as connection:
        return accounts.access(connection, of.workspace_id, UUID(account_id), now=datetime.now(UTC)).access_token


def test_an_account_is_connected_looked_at_disconnected_and_connected_again(owner: Somebody) -> None:
    offered = {one["network"]: one for one in owner("GET", "/v1/networks").json()["items"]}
    assert (offered["mastodon"]["can_connect"], offered["mastodon"]["has_servers"]) == (True, True)
    assert offered["mastodon"]["redirect_uri"] == "https://clientnest.example/connect/callback"
    done = owner.connect()
    account_id = done["account_id"]
    host = owner.server.url.removeprefix("http://")
    assert (done["external_id"], done["display_name"], done["is_new"]) == (f"acme@{host}", "Acme Bakery", True)
    (one,) = owner.health()
    assert (one["state"], one["is_usable"], one["problem"], one["missing_scopes"]) == ("connected", True, None, [])
    assert one["connected_by"] == str(owner.person_id)
    (seen,) = _colleague(owner, "client").health()
    assert seen == {**one, "connected_by": None}
    assert owner.server.tokens[_access(owner, account_id)] == ("Acme", "Acme Bakery")

    assert owner("DELETE", f"connections/{account_id}").status_code == 204
    assert owner("DELETE", f"connections/{account_id}").status_code == 404
    (one,) = owner.health()
    assert (one["state"], one["is_usable"]) == ("disconnected", False)
    assert "Connect it again" in one["advice"]
    again = owner.connect(account_id)
    assert (again["account_id"], again["is_new"]) == (account_id, False)
    owner.connect(account_id)
    assert owner.audited() == [
        "network_app.changed", "account.connected", "account.disconnected", "account.connected", "account.changed",
    ], "one app for all that is connected there"  # fmt: skip


def test_a_refusal_is_told_in_the_networks_words_and_changes_nothing(owner: Somebody) -> None:
    refused = owner.finish(owner.server.refuse(owner.begin()))
    assert (refused.status_code, refused.json()["code"]) == (422, "network-refused")
    assert "authorization server denied the request (access_denied)" in refused.json()["detail"]
    returned = owner.server.agree(owner.begin())
    wrong = owner.finish({**returned, "code": "another"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "grant-refused")
    assert "The provided authorization grant is invalid" in wrong.json()["detail"]
    owner.server.apps.clear()
    url = owner.begin()
    forgotten = owner.finish({"state": url.partition("state=")[2].partition("&")[0], "code": "any"})
    assert (forgotten.status_code, forgotten.json()["code"]) == (422, "app-refused")
    assert "registers itself anew" in forgotten.json()["advice"]
    assert owner.health() == []
    assert owner.audited() == ["network_app.changed"]


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ((401, {"error": "The access token is invalid"}), 422, "The access token is invalid"),
        ((403, {"error": "Your login is currently disabled"}), 422, "Your login is currently disabled"),
        ((422, {"error": "This method requires an authenticated user"}), 422, "requires an authenticated user"),
        ((429, {"error": "Too many requests"}), 503, "Too many requests"),
        ((503, b"<html>Down for maintenance</html>"), 503, "HTTP status 503"),
        ((200, {"id": "1", "username": "acme@elsewhere.social"}), 503, "did not say whose access"),
    ],
)
def test_an_error_after_the_code_is_told_and_connects_nothing(
    owner: Somebody, answer: tuple[int, Any], status: int, said: str
) -> None:
    returned = owner.server.agree(owner.begin())
    owner.server.answers[WHO] = [answer]
    failed = owner.finish(returned)
    assert failed.status_code == status, failed.text
    assert said in failed.json()["detail"]
    assert "again" in failed.json()["advice"]
    if answer[0] == 429:
        assert 200 < int(failed.headers["retry-after"]) <= 240, "when the limit is reset"
    assert owner.finish(returned).status_code == 422, "the state is spent"
    assert owner.health() == []


def test_connecting_again_as_somebody_else_is_refused_by_name(owner: Somebody) -> None:
    account_id = owner.connect()["account_id"]
    kept = _access(owner, account_id)
    for signed_in, named in ((("rival", "Rival"), "Rival"), (("acme2", "Acme Bakery"), "Acme Bakery (acme2@")):
        owner.server.signed_in = signed_in
        refused = owner.finish(owner.server.agree(owner.begin(account_id)))
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
        assert f"You signed in to Mastodon as {named}" in refused.json()["detail"]
    assert _access(owner, account_id) == kept
    assert len(owner.health()) == 1


def test_a_state_is_its_persons_alone_and_good_once(owner: Somebody) -> None:
    returned = owner.server.agree(owner.begin())
    colleague = _colleague(owner, "admin")
    stranger = Somebody(owner.client, owner.server, make_workspace(), make_person(make_workspace()).person_id)
    for other in (colleague, stranger):
        assert "did not begin" in other.finish(returned).json()["detail"]
    assert owner.finish(returned).status_code == 200
    again = owner.finish(returned)
    assert (again.status_code, "finished already" in again.json()["detail"]) == (422, True)
    both = owner.finish({**returned, "error": "access_denied"})
    assert (both.status_code, both.json()["code"]) == (422, "bad-input")


def test_the_plan_limits_accounts_that_are_connected(owner: Somebody) -> None:
    first = owner.connect()["account_id"]
    late = owner.server.agree(owner.begin())
    with session.tenant(Role.MIGRATE) as connection:
        set_limit(connection, owner.workspace_id, Limit.ACCOUNTS, 1, reason="a test")
    refused = owner("POST", "connections", {"network": "mastodon", "server": owner.server.url})
    assert (refused.status_code, refused.json()["code"], refused.json()["allowed"]) == (403, "limit-reached", 1)
    owner.server.signed_in = ("second", "Second")
    assert owner.finish(late).json()["code"] == "limit-reached", "begun before there was a limit"
    assert [one["account_id"] for one in owner.health()] == [first]
    owner.server.signed_in = ("Acme", "Acme Bakery")
    owner.connect(first)
    assert owner("DELETE", f"connections/{first}").status_code == 204
    owner.server.signed_in = ("second", "Second")
    assert owner.connect()["is_new"], "in the place of the one before"
    assert owner("POST", f"connections/{first}/reconnect").status_code == 403


def test_only_servers_of_the_network_on_the_public_internet_are_asked(
    owner: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(server: str) -> Any:
        return owner("POST", "connections", {"network": "mastodon", "server": server})

    invalid = (422, {"error": "Validation failed: Redirect URI must be absolute."})
    owner.server.answers["/api/v1/apps"] = [(404, b"<html>Not here</html>"), (200, b"<html>Welcome</html>"), invalid]
    for said in ("There is no Mastodon server at", "There is no Mastodon server at", "Redirect URI must be absolute"):
        answer = asked(owner.server.url)
        assert (answer.status_code, said in answer.json()["detail"]) == (422, True), answer.text
    for typed in ("@acme@mastodon.social", "mastodon.social/@acme", "", "http://127.0.0.1:1", "nowhere.invalid"):
        answer = asked(typed)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.server")
    monkeypatch.delenv("CLIENTNEST_OUTBOUND_ALLOWED")
    settings.forget()
    before = len(owner.server.asked)
    try:
        for inner in (owner.server.url, owner.server.url.replace("http:", "https:"), "https://169.254.169.254"):
            assert asked(inner).json()["code"] == "address-refused"
    finally:
        monkeypatch.undo()
        settings.forget()
    assert len(owner.server.asked) == before
    assert owner.audited() == []


def test_the_workspaces_apps_are_entered_replaced_and_removed_and_never_show_their_secret(owner: Somebody) -> None:
    entered = owner("POST", "network-apps", {
        "network": "mastodon", "server": "Social.Example", "client_id": "first", "client_secret": "a-secret-of-ours",
    })  # fmt: skip
    assert entered.status_code == 201, entered.text
    app_id, first = entered.json()["id"], entered.headers["etag"]
    assert (entered.json()["server"], entered.json()["has_secret"]) == ("social.example", True)
    twice = owner("POST", "network-apps", {"network": "mastodon", "server": "social.example", "client_id": "x"})
    assert twice.status_code == 409
    body = {"client_id": "second", "client_secret": "another-secret"}
    changed = owner("PUT", f"network-apps/{app_id}", body, **{"If-Match": first})
    assert (changed.status_code, changed.json()["client_id"]) == (200, "second")
    assert owner("PUT", f"network-apps/{app_id}", body, **{"If-Match": first}).status_code == 412
    shown = owner("GET", f"network-apps/{app_id}")
    assert shown.headers["etag"] == changed.headers["etag"] != first
    assert "secret-of" not in entered.text + shown.text + owner("GET", "network-apps").text + changed.text
    url = owner("POST", "connections", {"network": "mastodon", "server": "social.example"}).json()["url"]
    assert url.startswith("https://social.example/oauth/authorize?response_type=code&client_id=second&")
    assert owner("DELETE", f"network-apps/{app_id}").status_code == 204
    assert owner("GET", "network-apps").json()["items"] == []
    refused = owner("POST", "network-apps", {"network": "tiktok", "client_id": "x"})
    assert "cannot be connected yet" in refused.json()["detail"]
    assert owner.audited() == ["network_app.changed", "network_app.changed", "network_app.removed"]


def test_an_installation_that_moved_registers_itself_anew(owner: Somebody, monkeypatch: pytest.MonkeyPatch) -> None:
    owner.begin()
    monkeypatch.setenv("CLIENTNEST_PUBLIC_URL", "https://moved.example")
    settings.forget()
    try:
        done = owner.connect()
        assert done["is_new"]
        (app,) = owner("GET", "network-apps").json()["items"]
        assert app["registered_itself"]
        assert owner.server.apps[app["client_id"]]["redirect_uri"] == "https://moved.example/connect/callback"
    finally:
        monkeypatch.undo()
        settings.forget()


def test_a_program_sees_and_disconnects_and_agrees_to_nothing(owner: Somebody) -> None:
    account_id = owner.connect()["account_id"]
    made = owner("POST", "api-keys", {"name": "Watch", "scopes": ["results.read", "accounts.manage"]}).json()
    key = {"Authorization": f"Bearer {made['key']}"}
    assert owner("GET", "connections", **key).json()["items"][0]["connected_by"] == str(owner.person_id)
    for path, body in ((f"connections/{account_id}/reconnect", None),
                       ("connections", {"network": "mastodon", "server": owner.server.url})):  # fmt: skip
        assert owner("POST", path, body, **key).status_code == 403
    assert owner("DELETE", f"connections/{account_id}", **key).status_code == 204
