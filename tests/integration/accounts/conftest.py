"""A workspace whose people connect accounts at a real OAuth server."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from clientnest import accounts, workspaces
from clientnest.accounts import Begun, Connected
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity.tokens import AccessToken
from clientnest.ids import new_id
from tests.conftest import make_workspace
from tests.services.oauth_server import CLIENT_ID, CLIENT_SECRET, NETWORK, OAuthServer, Standard, module, running

REDIRECT = "https://clientnest.example/connect/callback"


@dataclass
class Place:
    """One workspace with its owner, the server, and the network's part that leads to it."""

    workspace_id: UUID
    owner: AccessToken
    server: OAuthServer
    network: Standard

    def begin(self, account_id: UUID | None = None, caller: AccessToken | None = None) -> Begun:
        person_id = (caller or self.owner).person_id
        with workspaces.enter(Role.API, person_id, self.workspace_id) as (connection, _):
            return accounts.begin_connection(
                connection, workspace_id=self.workspace_id, person_id=person_id, network=NETWORK,
                redirect_uri=REDIRECT, account_id=account_id, server="" if account_id else self.server.url,
            )  # fmt: skip

    def connect(self, account_id: UUID | None = None) -> Connected:
        state, code = self.server.agree(self.begin(account_id).url)
        return accounts.finish_connection(state, code, caller=self.owner)

    def credential(self, account_id: UUID) -> Any:
        """The stored row, as the tables' owner sees it."""
        with session.tenant(Role.MIGRATE) as connection:
            return connection.execute(
                text("SELECT * FROM app.credential WHERE account_id = :id"), {"id": account_id}
            ).one()

    def access(self, account_id: UUID) -> accounts.Tokens:
        with session.tenant(Role.WORKER, workspace_id=self.workspace_id) as connection:
            return accounts.access(connection, self.workspace_id, account_id, now=datetime.now(UTC))

    def health(self, now: datetime | None = None) -> list[accounts.AccountHealth]:
        with session.tenant(Role.API, workspace_id=self.workspace_id) as connection:
            return accounts.health(connection, self.workspace_id, now=now)


def make_person(workspace_id: UUID, role: str = "owner") -> AccessToken:
    """Somebody with a part in the workspace, as their access token."""
    person_id = new_id()
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text("INSERT INTO app.person (id, email, name, password_hash) VALUES (:id, :email, 'Somebody', 'x')"),
            {"id": person_id, "email": f"{person_id}@example.org"},
        )
        connection.execute(
            text("INSERT INTO app.membership (workspace_id, person_id, role) VALUES (:workspace, :person, :role)"),
            {"workspace": workspace_id, "person": person_id, "role": role},
        )
    return AccessToken(person_id, new_id(), datetime.now(UTC) + timedelta(minutes=15))


@pytest.fixture
def place(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    workspace_id = make_workspace()
    network = Standard()
    monkeypatch.setitem(sys.modules, *module(network))
    with running() as server:
        made = Place(workspace_id, make_person(workspace_id), server, network)
        with session.tenant(Role.API, workspace_id=workspace_id) as connection:
            accounts.save_app(
                connection, workspace_id=workspace_id, network=NETWORK, client_id=CLIENT_ID,
                client_secret=CLIENT_SECRET, server=server.url,
            )  # fmt: skip
        yield made
        with session.tenant(Role.MIGRATE) as connection:  # nothing stays due for the next test
            connection.execute(text("DELETE FROM app.workspace WHERE id = :id"), {"id": workspace_id})
