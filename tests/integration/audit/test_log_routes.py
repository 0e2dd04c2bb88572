"""The log over HTTP: for owners and admins only, page by page and as a file; and everybody's own security events."""

import csv
import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from api import errors
from api.audit.router import router
from api.middleware import Surroundings
from clientnest.audit import Action, Actor, ActorKind, Change, record
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import create_person, issue_token
from clientnest.ids import new_id
from clientnest.workspaces import WorkspaceRole, add_member, create_workspace
from clientnest.workspaces.keys import create_key
from tests.integration.audit.logbook import invite, sign_in


@dataclass(frozen=True)
class Team:
    workspace_id: UUID
    people: dict[str, UUID]

    @property
    def path(self) -> str:
        return f"/v1/workspaces/{self.workspace_id}/audit-events"

    def headers(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {issue_token(self.people[who])}", "X-Request-ID": "asked-by-a-test"}


@pytest.fixture
def team(database: str) -> Team:
    """A workspace with somebody in each role, and one who is in none."""
    with session.tenant(Role.MIGRATE) as connection:
        people = {
            name: create_person(connection, f"{name}-{new_id().hex}@example.org", name, "correct horse battery").id
            for name in (*WorkspaceRole, "stranger")
        }
        made = create_workspace(connection, "Brand", f"t-{new_id().hex}", owner=people["owner"])
        for role in WorkspaceRole:
            if role is not WorkspaceRole.OWNER:
                add_member(connection, made.id, people[role], role)
    return Team(made.id, {str(name): person_id for name, person_id in people.items()})


@pytest.fixture(scope="module")
def client(database: str) -> Iterator[httpx.Client]:
    """A server with these routes alone."""
    app = FastAPI()
    app.include_router(router)
    errors.install(app)
    app.add_middleware(Surroundings)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=60) as made:
        yield made
    server.should_exit = True
    thread.join()


def _acted(team: Team, times: int = 1) -> list[str]:
    """Events of the owner, newest first."""
    actor = Actor(ActorKind.PERSON, team.people["owner"], "203.0.113.9", "Browser")
    with session.tenant(Role.API, workspace_id=team.workspace_id) as connection:
        made = [
            record(connection, Action.MEMBER_ROLE_CHANGED, actor=actor, workspace_id=team.workspace_id,
                   object_type="member", object_id=team.people["client"],
                   changes={"role": Change("client", f"role {number}")})
            for number in range(times)
        ]  # fmt: skip
    return [str(one) for one in reversed(made)]


def test_owners_and_admins_read_the_log_and_nobody_else(client: httpx.Client, team: Team) -> None:
    (event_id,) = _acted(team)
    for address in (team.path, f"{team.path}/export"):
        answers = {who: client.get(address, headers=team.headers(who)).status_code for who in team.people}
        assert answers == {
            "owner": 200, "admin": 200, "editor": 403, "approver": 403, "analyst": 403, "client": 403, "stranger": 404,
        }  # fmt: skip
        assert client.get(address).status_code == 401
    event = client.get(team.path, params={"action": "workspace.member"}, headers=team.headers("admin")).json()["items"][
        0
    ]
    assert event["id"] == event_id
    assert event["changes"] == [{"field": "role", "before": "client", "after": "role 0", "state": "shown"}]
    assert event["origin"] == {"address": "203.0.113.9", "user_agent": "Browser", "state": "shown"}


def test_pages_follow_one_another_and_filters_narrow(client: httpx.Client, team: Team) -> None:
    written = _acted(team, 7)
    invite(team.workspace_id, Actor(ActorKind.PERSON, team.people["admin"]))
    seen, cursor = [], None
    while True:
        params = {"limit": 3, "actor_id": str(team.people["owner"]), **({"cursor": cursor} if cursor else {})}
        page = client.get(team.path, params=params, headers=team.headers("owner")).json()
        seen += [event["id"] for event in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == written
    for params in ({"limit": 0}, {"limit": 201}, {"cursor": "x"}, {"from": "2026-01-01T00:00:00"}, {"q": "a\0"},
                   {"actor": "x"}, {"action": ""}):  # fmt: skip
        refused = client.get(team.path, params=params, headers=team.headers("owner"))
        assert refused.status_code == 422, params
        assert refused.json()["errors"]


def test_an_export_holds_what_the_filters_say_and_is_logged_itself(client: httpx.Client, team: Team) -> None:
    written = _acted(team, 3)
    params = {"format": "jsonl", "action": "workspace.member"}
    told = client.get(f"{team.path}/export", params=params, headers=team.headers("owner"))
    assert told.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    assert [json.loads(line)["id"] for line in told.text.splitlines()] == written
    with_all = client.get(f"{team.path}/export", headers=team.headers("admin"))
    assert with_all.headers["content-disposition"] == f'attachment; filename="audit-{team.workspace_id}.csv"'
    rows = list(csv.DictReader(io.StringIO(with_all.content.decode("utf-8-sig"), newline="")))
    assert [row["id"] for row in rows[2:]] == written
    own, earlier = rows[:2]
    assert (own["action"], own["actor_id"], own["address"]) == (
        "workspace.audit.exported", str(team.people["admin"]), "127.0.0.1",
    )  # fmt: skip
    assert own["request_id"] == "asked-by-a-test"
    assert json.loads(earlier["changes"]) == {"format": [None, "jsonl"]}


def test_a_program_is_named_by_its_key(client: httpx.Client, team: Team) -> None:
    with session.tenant(Role.API, workspace_id=team.workspace_id) as connection:
        kept, secret = create_key(connection, team.workspace_id, "Archive", ["audit.read"], created_by=None)
    told = client.get(f"{team.path}/export?format=jsonl", headers={"Authorization": f"Bearer {secret}"})
    (event,) = (json.loads(line) for line in told.text.splitlines())
    assert (event["actor_kind"], event["actor_id"]) == ("api_key", str(kept.id))
    assert event["origin"]["address"] == "127.0.0.1"


def test_everybody_sees_their_own_security_events_and_no_others(client: httpx.Client, team: Team) -> None:
    mine = sign_in(Actor(ActorKind.PERSON, team.people["client"], "203.0.113.8", "Phone"))
    sign_in(Actor(ActorKind.PERSON, team.people["owner"]))
    (event,) = client.get("/v1/me/security-events", headers=team.headers("client")).json()["items"]
    assert (event["id"], event["action"]) == (str(mine), "person.signed_in")
    assert event["origin"]["user_agent"] == "Phone"
    assert client.get("/v1/me/security-events", headers=team.headers("stranger")).json()["items"] == []
    assert client.get("/v1/me/security-events").status_code == 401
