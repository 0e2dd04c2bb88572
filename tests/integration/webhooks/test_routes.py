"""Webhooks over the API: made, changed, tried out, looked into and replayed by those who may."""

from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from api.main import create_app
from clientnest import settings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from clientnest.workspaces import WorkspaceRole, keys
from tests.conftest import make_workspace
from tests.integration.api.operations import colleague, headers_of
from tests.integration.webhooks.conftest import Place, verified
from tests.services.processes import drain

CLIENT = TestClient(create_app())


class Caller:
    """An admin of a workspace, who speaks to the API."""

    def __init__(self, place: Place, role: WorkspaceRole = WorkspaceRole.ADMIN) -> None:
        self.place = place
        self.headers = headers_of(colleague(place.workspace_id, role))

    def ask(self, method: str, path: str = "", json: Any = None, **headers: str) -> httpx.Response:
        address = f"/v1/workspaces/{self.place.workspace_id}/webhooks{path}"
        return CLIENT.request(method, address, json=json, headers={**self.headers, **headers})

    def make(self, path: str = "/hook", *events: str, **headers: str) -> httpx.Response:
        return self.ask("POST", json={"url": self.place.receiver.url + path, "events": events or ["*"]}, **headers)


@pytest.fixture
def admin(place: Place) -> Caller:
    return Caller(place)


def test_a_webhook_is_made_and_its_secret_shown_once(admin: Caller) -> None:
    key = {"idempotency-key": new_id().hex}
    made = admin.make("/made", "job.*", **key)
    assert made.status_code == 201, made.text
    webhook, location = made.json(), made.headers["location"]
    assert webhook["secret"].startswith("whsec_")
    again = admin.make("/made", "job.*", **key)
    assert again.json()["secret"] != webhook["secret"]
    assert admin.place.rows("SELECT 1 FROM app.idempotency WHERE workspace_id = :w") == [], "secrets are not kept"
    shown = CLIENT.get(location, headers=admin.headers)
    assert shown.json() == {name: value for name, value in webhook.items() if name != "secret"}
    assert webhook["id"] in [one["id"] for one in admin.ask("GET").json()["items"]]
    assert webhook["secret"] not in admin.ask("GET").text


def test_a_change_decided_on_an_old_state_is_refused(admin: Caller) -> None:
    path = f"/{admin.make().json()['id']}"
    tag = admin.ask("GET", path).headers["etag"]
    off = admin.ask("PATCH", path, {"enabled": False}, **{"if-match": tag})
    assert (off.status_code, off.json()["enabled"], off.json()["disabled_reason"]) == (200, False, "by_hand")
    assert admin.ask("PATCH", path, {"events": ["job.done"]}, **{"if-match": tag}).status_code == 412
    on = admin.ask("PATCH", path, {"enabled": True, "events": ["job.done"]}, **{"if-match": off.headers["etag"]})
    assert (on.json()["enabled"], on.json()["disabled_reason"], on.json()["events"]) == (True, None, ["job.done"])
    assert admin.ask("DELETE", path).status_code == 204
    assert admin.ask("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"url": "http://example.org/"}, "body.url"), ({"url": "https://169.254.169.254/"}, "body.url"),
        ({"url": "https://localhost:8443/", "events": ["*"]}, "body.url"), ({"url": "https://[fd00::1]/"}, "body.url"),
        ({"url": "nonsense"}, "body.url"), ({"events": ["job.exploded"]}, "body.events"),
        ({"events": ["jo*"]}, "body.events"), ({"events": [""]}, "body.events.0"), ({"events": []}, "body.events"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(
    admin: Caller, asked: dict[str, Any], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLIENTNEST_OUTBOUND_ALLOWED")
    settings.forget()
    answer = admin.ask("PATCH", f"/{admin.place.endpoint_id}", asked)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_trying_out_sends_to_that_webhook_alone_and_is_told_of_in_full(admin: Caller) -> None:
    webhook = admin.make("/tried", "job.done").json()
    answer = admin.ask("POST", f"/{webhook['id']}/test")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    admin.place.receiver.answers = [(200, {}, b"thanks")]
    drain()
    (request,) = admin.place.receiver.received
    said = verified(request, webhook["secret"])
    assert said is not None
    assert (request.path, said["type"], said["data"]["subject_id"]) == ("/tried", "webhook.test", webhook["id"])
    detail = CLIENT.get(answer.headers["location"], headers=admin.headers).json()
    assert (detail["delivery"]["state"], detail["delivery"]["event_id"]) == ("delivered", None)
    assert detail["body"].encode() == request.body
    ((status, said_back),) = [(one["status"], one["answer"]) for one in detail["attempts"]]
    assert (status, said_back) == (200, "thanks")


def test_deliveries_are_read_page_by_page_and_replayed(admin: Caller) -> None:
    place, path = admin.place, f"/{admin.place.endpoint_id}/deliveries"
    for _ in range(5):
        place.happen()
    seen: list[str] = []
    cursor = ""
    while True:
        page = admin.ask("GET", f"{path}?state=waiting&limit=2{cursor}").json()
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
        place.happen()  # what comes meanwhile shifts nothing
    assert seen == [str(one.id) for one in place.deliveries()[2:]]
    assert admin.ask("GET", f"{path}?state=dead{cursor}").status_code == 422
    assert admin.ask("PATCH", f"/{place.endpoint_id}", {"enabled": False}).status_code == 200
    assert len(admin.ask("GET", f"{path}?state=dead").json()["items"]) == 7
    assert admin.ask("POST", f"{path}/{seen[0]}/replay").status_code == 409
    assert admin.ask("PATCH", f"/{place.endpoint_id}", {"enabled": True}).status_code == 200
    assert admin.ask("POST", f"{path}/{seen[0]}/replay").json()["state"] == "waiting"
    replayed = admin.ask("POST", f"{path}/replay", {"since": "2026-01-01T00:00:00+01:00"})
    assert (replayed.status_code, replayed.json()) == (202, {"deliveries": 6})


def test_a_workspace_has_no_more_than_twenty(admin: Caller) -> None:
    for _ in range(19):
        assert admin.make().status_code == 201
    assert admin.make().status_code == 409


def test_a_program_subscribes_to_what_its_scopes_let_it_hear(admin: Caller) -> None:
    with session.tenant(Role.API, workspace_id=admin.place.workspace_id) as connection:
        _, secret = keys.create_key(
            connection, admin.place.workspace_id, "Hooks", ["webhooks.manage", "imports.read"], created_by=None
        )
    admin.headers = {"Authorization": f"Bearer {secret}"}
    assert admin.make("/hook", "job.*").status_code == 201
    refused = admin.make("/hook", "job.*", "member.joined")
    assert (refused.status_code, "members.read" in refused.text) == (403, True)
    assert admin.make("/hook", "*").status_code == 403


def test_who_may_not_manage_webhooks_learns_nothing_about_names_either(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyst = Caller(place, WorkspaceRole.ANALYST)
    monkeypatch.delenv("CLIENTNEST_OUTBOUND_ALLOWED")
    settings.forget()
    for url in ("https://localhost/", "https://nowhere.invalid/"):
        assert analyst.ask("POST", json={"url": url, "events": ["*"]}).status_code == 403
    assert analyst.ask("GET").status_code == 403


def test_another_workspace_sees_nothing(place: Place) -> None:
    place.happen()
    stranger = Caller(Place(make_workspace(), place.receiver))
    (delivery,) = place.deliveries()
    for path in (f"/{place.endpoint_id}", f"/{place.endpoint_id}/deliveries",
                 f"/{place.endpoint_id}/deliveries/{delivery.id}"):  # fmt: skip
        assert stranger.ask("GET", path).status_code == 404
    assert stranger.ask("POST", f"/{place.endpoint_id}/test").status_code == 404
    assert stranger.ask("GET").json() == {"items": []}
