"""A workspace in Paris with two accounts, and people of it who speak to the API."""

from dataclasses import dataclass
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

CLIENT = TestClient(create_app())


@dataclass(frozen=True)
class Brand:
    """A workspace and its two accounts: one of the workspace's zone, one in New York."""

    workspace_id: UUID
    account_id: UUID
    in_new_york: UUID

    def member(self, role: WorkspaceRole = WorkspaceRole.ADMIN) -> "Member":
        return Member(self, colleague(self.workspace_id, role))


@dataclass(frozen=True)
class Member:
    """Somebody who belongs to a brand."""

    brand: Brand
    person_id: UUID

    def ask(self, method: str, path: str, json: Any = None, **headers: str) -> httpx.Response:
        address = path if path.startswith("/v1/") else f"/v1/workspaces/{self.brand.workspace_id}/{path}"
        return CLIENT.request(method, address, json=json, headers={**headers_of(self.person_id), **headers})


def make_brand() -> Brand:
    brand = Brand(make_workspace(timezone="Europe/Paris"), new_id(), new_id())
    with session.tenant(Role.MIGRATE) as connection:
        for account_id, zone in ((brand.account_id, None), (brand.in_new_york, "America/New_York")):
            connection.execute(
                text("INSERT INTO app.account (workspace_id, id, network, external_id, display_name, timezone) "
                     "VALUES (:w, :id, 'x', :name, 'Acme', :zone)"),
                {"w": brand.workspace_id, "id": account_id, "name": account_id.hex, "zone": zone},
            )  # fmt: skip
    return brand


@pytest.fixture
def brand(database: str) -> Brand:
    return make_brand()
