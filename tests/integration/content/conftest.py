"""A workspace with accounts, people of several roles, and posts written through HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.main import create_app
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from clientnest.workspaces import WorkspaceRole
from tests.conftest import make_workspace
from tests.integration.api.operations import colleague, headers_of

NETWORKS = ("bluesky", "mastodon", "x", "linkedin")


@dataclass
class Desk:
    """One workspace as its people use it. `accounts`: by network."""

    client: TestClient
    workspace_id: UUID
    accounts: dict[str, UUID]
    people: dict[str, UUID] = field(default_factory=dict)

    def __call__(
        self, method: str, path: str, body: Any = None, *, by: str = "editor", **headers: str
    ) -> httpx.Response:  # fmt: skip
        """Send a request below the workspace's address, as somebody of that role."""
        if by not in self.people:
            self.people[by] = colleague(self.workspace_id, WorkspaceRole(by))
        sent = {**headers_of(self.people[by]), **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.request(method, f"/v1/workspaces/{self.workspace_id}{path}", json=body, headers=sent)

    def write(self, *networks: str, text: str = "Market day", **more: Any) -> dict[str, Any]:
        """A new post with a variant for each of these networks' accounts; gives it with its `etag`."""
        variants = [{"account_id": str(self.accounts[one]), "text": text, **more} for one in networks or ("bluesky",)]
        return seen(self("POST", "/posts", {"title": "Of tests", "variants": variants}))

    def sql(self, statement: str, **given: Any) -> list[Any]:
        """What the database answers its migrating role, whom no policy binds."""
        with session.tenant(Role.MIGRATE) as connection:
            done = connection.execute(text(statement), {"w": self.workspace_id, **given})
            return list(done) if done.returns_rows else []


def seen(answer: httpx.Response) -> dict[str, Any]:
    """The body of an answer that succeeded, with its ETag."""
    assert answer.is_success, answer.text
    body: dict[str, Any] = answer.json()
    return {**body, "etag": answer.headers.get("etag", "")}


@pytest.fixture(scope="module")
def client(database: str) -> Iterator[TestClient]:
    with TestClient(create_app()) as made:
        yield made


@pytest.fixture
def desk(client: TestClient) -> Desk:
    workspace_id = make_workspace()
    made = Desk(client, workspace_id, {network: new_id() for network in NETWORKS})
    for network, account_id in made.accounts.items():
        made.sql("INSERT INTO app.account (workspace_id, id, network, external_id, display_name) "
                 "VALUES (:w, :id, :network, 'acme', 'Acme')", id=account_id, network=network)  # fmt: skip
    return made
