"""People in workspaces, a mail server, the API, and the worker run in this process."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
import uvicorn
from sqlalchemy import text
from starlette.testclient import TestClient
from websockets.sync.client import ClientConnection, connect

from api.main import create_app
from clientnest import settings, tasks
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.events import tell
from clientnest.identity import issue_token
from clientnest.ids import new_id
from clientnest.workspaces import WorkspaceRole
from tests.services import smtp


@pytest.fixture(scope="module")
def post_office(database: str) -> Iterator[smtp.MailServer]:
    with smtp.running() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIENTNEST_SMTP_URL", running.url)
        patch.setenv("CLIENTNEST_PUBLIC_URL", "https://social.example.org")
        settings.forget()
        yield running
    settings.forget()


@pytest.fixture(scope="module")
def client(post_office: smtp.MailServer) -> Iterator[TestClient]:
    with TestClient(create_app()) as made:
        yield made


@pytest.fixture(scope="module")
def live(post_office: smtp.MailServer) -> Iterator[str]:
    """Where events are told, by a server of this process."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(), log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.05)
    host, port = listening.getsockname()
    yield f"ws://{host}:{port}/v1/events"
    server.should_exit = True
    thread.join()


@dataclass(frozen=True)
class Listener:
    """Somebody who listens; `ready` is what they were answered at first."""

    socket: ClientConnection
    ready: dict[str, Any]

    def hear(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.socket.recv(timeout=20))
        return found


@contextmanager
def listening(live: str, somebody: "Somebody", workspace_id: UUID, seen: int | None = None) -> Iterator[Listener]:
    """Listen to a workspace from now on, or from what was seen."""
    said = {"token": somebody.headers["Authorization"].split()[1], "workspace_id": str(workspace_id)}
    with connect(live) as opened:
        opened.send(json.dumps(said if seen is None else {**said, "last_event_id": seen}))
        yield Listener(opened, json.loads(opened.recv(timeout=20)))


def sql(statement: str, **values: Any) -> list[Any]:
    """As the tables' owner."""
    with session.tenant(Role.MIGRATE) as connection:
        done = connection.execute(text(statement), values)
        return list(done.all()) if done.returns_rows else []


def work() -> None:
    """What waits in the queue is done, and what comes of it."""
    tasks.run_worker(wait=False)


@dataclass(frozen=True)
class Somebody:
    """A person who is signed in, and what they send."""

    client: TestClient
    id: UUID
    email: str
    second_factor: bool = False

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {issue_token(self.id, second_factor=self.second_factor)}"}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return self.client.request(method, path, json=body, headers={**self.headers, **headers})

    def notifications(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.client.get("/v1/me/notifications", params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def prefer(self, workspace_id: UUID, timezone: str | None = None, **categories: tuple[bool, str]) -> httpx.Response:
        chosen = {name: {"in_app": in_app, "email": email} for name, (in_app, email) in categories.items()}
        body = {"timezone": timezone, "workspaces": [{"workspace_id": str(workspace_id), "categories": chosen}]}
        answer = self("PUT", "/v1/me/notification-preferences", body)
        assert answer.status_code == 200, answer.text
        return answer


@dataclass(frozen=True)
class Team:
    """A workspace and who belongs to it."""

    client: TestClient
    workspace_id: UUID

    def add(self, role: WorkspaceRole, name: str = "Ada", somebody: Somebody | None = None) -> Somebody:
        """Somebody (new) who belongs to it, with an address they confirmed."""
        if somebody is None:
            person_id = new_id()
            somebody = Somebody(self.client, person_id, f"{person_id.hex}@example.org")
            sql("INSERT INTO app.person (id, email, name, email_verified_at) VALUES (:id, :email, :name, now())",
                id=person_id, email=somebody.email, name=name)  # fmt: skip
        sql("INSERT INTO app.membership (workspace_id, person_id, role) VALUES (:w, :p, :r)",
            w=self.workspace_id, p=somebody.id, r=role.value)  # fmt: skip
        return somebody

    def account(self, name: str = "Acme") -> UUID:
        account_id = new_id()
        sql("INSERT INTO app.account (workspace_id, id, network, external_id, display_name) "
            "VALUES (:w, :id, 'x', :external, :name)",
            w=self.workspace_id, id=account_id, external=account_id.hex, name=name)  # fmt: skip
        return account_id

    def happens(self, kind: str, *subject_ids: UUID, **payload: Any) -> None:
        """Something happens to each, and the worker passes it on."""
        with session.tenant(Role.WORKER, workspace_id=self.workspace_id) as connection:
            for subject_id in subject_ids:
                tell(connection, self.workspace_id, kind, subject_id, payload)
        work()


def make_team(client: TestClient, *, timezone: str = "UTC", name: str = "Acme Europe") -> Team:
    workspace_id = new_id()
    sql("INSERT INTO app.workspace (id, name, slug, timezone) VALUES (:id, :name, :slug, :timezone)",
        id=workspace_id, name=name, slug=f"t-{workspace_id.hex}", timezone=timezone)  # fmt: skip
    return Team(client, workspace_id)


@pytest.fixture
def team(client: TestClient) -> Team:
    return make_team(client)
