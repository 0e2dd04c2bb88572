"""A workspace, an editor who speaks to the API, and a store of media: a folder, or a bucket of a real S3 server."""

import base64
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.main import create_app
from clientnest import settings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from clientnest.media.store import Store, store
from clientnest.media.tasks import process
from clientnest.workspaces import WorkspaceRole
from tests.conftest import make_workspace
from tests.integration.api.operations import colleague, headers_of
from tests.services import s3
from tests.services.s3 import BUCKET, S3

CLIENT = TestClient(create_app())
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


@dataclass
class Place:
    """One workspace and its editor."""

    workspace_id: UUID
    headers: dict[str, str]

    @property
    def address(self) -> str:
        return f"/v1/workspaces/{self.workspace_id}/media"

    @property
    def store(self) -> Store:
        return store()

    def ask(self, method: str, path: str = "", **given: Any) -> httpx.Response:
        headers = {**self.headers, **given.pop("headers", {})}
        address = path if path.startswith(("/", "http")) else f"{self.address}/{path}".rstrip("/")
        return CLIENT.request(method, address, headers=headers, **given)

    def begin(self, length: int, **said: str) -> str:
        """The address of a new upload."""
        coded = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
        made = self.ask("POST", "uploads", headers={**TUS, "Upload-Length": str(length), "Upload-Metadata": coded})
        assert made.status_code == 201, made.text
        return made.headers["location"]

    def send(self, address: str, offset: int, content: Any, **headers: str) -> httpx.Response:
        return self.ask("PATCH", address, content=content, headers={**BYTES, "Upload-Offset": str(offset), **headers})

    def offset(self, address: str) -> int:
        return int(self.ask("HEAD", address, headers=TUS).headers["upload-offset"])

    def upload(self, content: bytes, filename: str = "a.jpg", **fields: str) -> UUID:
        """By the simple form."""
        made = self.ask("POST", files={"file": (filename, content)}, data=fields)
        assert made.status_code == 201, made.text
        return UUID(made.json()["id"])

    def make(self, content: bytes, filename: str = "a.jpg", **fields: str) -> dict[str, Any]:
        """The same, and the worker has looked at it."""
        return self.work(self.upload(content, filename, **fields))

    def work(self, media_id: UUID) -> dict[str, Any]:
        """What the worker does, in this process; gives what the API says then."""
        process(str(self.workspace_id), str(media_id))
        return self.shown(media_id)

    def shown(self, media_id: UUID) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", str(media_id)).json()
        return found

    def rows(self, statement: str, **given: Any) -> list[Any]:
        with session.tenant(Role.MIGRATE) as connection:
            return list(connection.execute(text(statement), {"w": self.workspace_id, **given}))

    def do(self, statement: str, **given: Any) -> None:
        with session.tenant(Role.MIGRATE) as connection:
            connection.execute(text(statement), {"w": self.workspace_id, **given})

    def files(self) -> list[str]:
        """The keys of its files in the store."""
        return [key for key, _ in self.store.files() if key.startswith(str(self.workspace_id))]

    def in_progress(self, address: str) -> str:
        """An upload's state, as the tables have it."""
        ((state,),) = self.rows("SELECT state FROM app.media WHERE id = :m", m=UUID(address.rpartition("/")[2]))
        return str(state)


def announce(connection: socket.socket, place: Place, address: str, offset: int, length: int) -> None:
    """Send the head of a PATCH of so many bytes, and none of them."""
    fixed = {"Host": "here", "Content-Length": str(length), "Upload-Offset": str(offset), **BYTES, **place.headers}
    lines = [f"PATCH {address} HTTP/1.1", *(f"{name}: {value}" for name, value in fixed.items())]
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")


def use(place: Place, media_id: object) -> UUID:
    """A post shows it; gives which."""
    post_id, content = new_id(), {"parts": [{"text": "", "media": [{"media_id": str(media_id)}]}]}
    for statement in (
        "INSERT INTO app.account (workspace_id, id, network, external_id, display_name) "
        "VALUES (:w, :p, 'mastodon', :p, 'Acme')",
        "INSERT INTO app.post (workspace_id, id) VALUES (:w, :p)",
        "INSERT INTO app.post_variant (workspace_id, id, post_id, account_id, content, digest) "
        "VALUES (:w, :p, :p, :p, CAST(:content AS jsonb), '')",
    ):
        place.do(statement, p=post_id, content=json.dumps(content))
    return post_id


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    with s3.running() as running:
        yield running


@pytest.fixture(params=["folder", "s3"])
def kind_of_store(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place(
    database: str, tmp_path: Path, kind_of_store: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """On both kinds of store; a module that needs one only overrides `kind_of_store`."""
    if kind_of_store == "s3":
        server: S3 = request.getfixturevalue("s3_server")
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("CLIENTNEST_MEDIA_URL", f"s3://{BUCKET}/{tmp_path.name}")
    else:
        monkeypatch.setenv("CLIENTNEST_MEDIA_URL", str(tmp_path / "media"))
    settings.forget()
    workspace_id = make_workspace()
    yield Place(workspace_id, headers_of(colleague(workspace_id, WorkspaceRole.EDITOR)))
    monkeypatch.undo()
    settings.forget()
