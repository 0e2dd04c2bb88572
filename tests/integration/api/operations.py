"""The API's operations as its OpenAPI document describes them, and how to try each with real ids."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text
from starlette.testclient import TestClient

from api.main import create_app
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import issue_token, proofs
from clientnest.ids import new_id
from clientnest.workspaces import Permission, WorkspaceRole
from tests.worlds import SERVER, Brand

APP = create_app()
EXPORT = (
    b"network,account,post_id,published_at,captured_at,likes\nx,acme,1,2026-01-05T10:00:00Z,2026-02-01T00:00:00Z,3\n"
)
# What a scope inside a workspace can be named by, in a path or a body.
INSIDE = ("account_id", "post_id", "job_id", "person_id", "invitation_id", "key_id", "webhook_id", "delivery_id",
          "connection_id", "app_id")  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """One method at one path."""

    method: str
    path: str
    description: dict[str, Any]

    @property
    def ids(self) -> list[str]:
        return [one["name"] for one in self.description.get("parameters", []) if one["in"] == "path"]

    @property
    def names_workspace(self) -> bool:
        return "workspace_id" in self.ids

    @property
    def permission(self) -> Permission:
        return Permission(self.description["x-permission"])

    @property
    def is_open(self) -> bool:
        """Whether it answers somebody who is not signed in."""
        return "security" not in self.description

    def example(self) -> Any:
        """A body as the document shows it; None where it takes none."""
        content = self.description.get("requestBody", {}).get("content", {}).get("application/json")
        return None if content is None else _example(content["schema"])

    def members(self) -> list[str]:
        """All that its JSON body may hold."""
        content = self.description.get("requestBody", {}).get("content", {}).get("application/json")
        return [] if content is None else list(_schema(content["schema"]).get("properties", {}))

    def takes_ids(self) -> bool:
        """Whether it names something inside the workspace."""
        if set(self.ids) - {"workspace_id"}:
            return True
        example = self.example() or {}
        return bool(_with_ids(example, dict.fromkeys(INSIDE, UUID(int=0))) != example)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations() -> list[Operation]:
    """All there are: a new route is tested without a change here."""
    paths = APP.openapi()["paths"]
    return [Operation(method.upper(), path, one) for path, found in paths.items() for method, one in found.items()]


def call(client: TestClient, operation: Operation, ids: dict[str, UUID], headers: dict[str, str]) -> httpx.Response:
    """Send the request with these ids in its path and, where its example has them, in its body."""
    path = operation.path.format(**{name: ids[name] for name in operation.ids})
    body: dict[str, Any] = {}
    if "multipart/form-data" in operation.description.get("requestBody", {}).get("content", {}):
        body = {"files": {"files": ("export.csv", EXPORT, "text/csv")}}
    elif (example := operation.example()) is not None:
        body = {"json": _with_ids(example, ids)}
    return client.request(operation.method, path, headers=headers, **body)


def colleague(workspace_id: UUID, role: WorkspaceRole) -> UUID:
    """Somebody new who belongs to the workspace."""
    person_id = new_id()
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text("INSERT INTO app.person (id, email, name) VALUES (:id, :email, :name)"),
            {"id": person_id, "email": f"{person_id.hex}@example.org", "name": role.value},
        )
        connection.execute(
            text("INSERT INTO app.membership (workspace_id, person_id, role) VALUES (:w, :p, :r)"),
            {"w": workspace_id, "p": person_id, "r": role.value},
        )
    return person_id


def headers_of(person_id: UUID) -> dict[str, str]:
    """What somebody sends who is signed in."""
    return {"Authorization": f"Bearer {issue_token(person_id)}"}


def fresh_ids(brand: Brand) -> dict[str, UUID]:
    """Ids of a workspace and of things in it that any operation may use up: each exists, and is new."""
    invitation_id, key_id = new_id(), new_id()
    webhook_id, delivery_id = _webhook(brand.workspace_id)
    connection_id, app_id = _connection(brand.workspace_id)
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text("INSERT INTO app.invitation (workspace_id, id, email, role, token_hash, expires_at) "
                 "VALUES (:w, :id, :email, 'editor', :hash, now() + interval '1 day')"),
            {"w": brand.workspace_id, "id": invitation_id, "email": f"{invitation_id.hex}@example.org",
             "hash": proofs.hash_of(invitation_id.hex)},
        )  # fmt: skip
        connection.execute(
            text("INSERT INTO app.api_key (workspace_id, id, name, hint, key_hash, scopes) "
                 "VALUES (:w, :id, 'Reporting', 'cnk_', :hash, '{results.read}')"),
            {"w": brand.workspace_id, "id": key_id, "hash": proofs.hash_of(key_id.hex)},
        )  # fmt: skip
    return {
        "workspace_id": brand.workspace_id,
        "account_id": brand.accounts["x"],
        "post_id": brand.posts["x"],
        "job_id": brand.job_id,
        "person_id": colleague(brand.workspace_id, WorkspaceRole.EDITOR),
        "invitation_id": invitation_id,
        "key_id": key_id,
        "webhook_id": webhook_id,
        "delivery_id": delivery_id,
        "connection_id": connection_id,
        "app_id": app_id,
    }


def _webhook(workspace_id: UUID) -> tuple[UUID, UUID]:
    """A webhook, the only one of its workspace, for there may not be many; and a delivery that was given up."""
    webhook_id, delivery_id, message_id = new_id(), new_id(), new_id()
    given = {"w": workspace_id, "id": webhook_id, "delivery": delivery_id, "message": message_id}
    with session.tenant(Role.MIGRATE) as connection:
        for statement in (
            "DELETE FROM app.webhook_endpoint WHERE workspace_id = :w",
            "INSERT INTO app.webhook_endpoint (workspace_id, id, url, events) "
            "VALUES (:w, :id, 'https://hooks.example.com', '{*}')",
            "INSERT INTO app.webhook_message (workspace_id, id, kind, body) "
            "VALUES (:w, :message, 'webhook.test', '{}')",
            "INSERT INTO app.webhook_delivery "
            "(workspace_id, id, endpoint_id, message_id, state, next_attempt_at, problem, finished_at) "
            "VALUES (:w, :delivery, :id, :message, 'dead', NULL, 'No answer.', now())",
        ):
            connection.execute(text(statement), given)
    return webhook_id, delivery_id


def _connection(workspace_id: UUID) -> tuple[UUID, UUID]:
    """An account that is connected, and the app this was done with; none at the server of examples, to be entered."""
    account_id, app_id = new_id(), new_id()
    given = {"w": workspace_id, "id": account_id, "app": app_id, "server": f"{app_id.hex}.example", "examples": SERVER}
    with session.tenant(Role.MIGRATE) as connection:
        for statement in (
            "DELETE FROM app.network_app WHERE workspace_id = :w AND server = :examples",
            "INSERT INTO app.network_app (workspace_id, id, network, server, client_id) "
            "VALUES (:w, :app, 'mastodon', :server, 'of-tests')",
            "INSERT INTO app.account (workspace_id, id, network, external_id, display_name) "
            "VALUES (:w, :id, 'mastodon', 'acme@' || :server, 'Acme')",
            "INSERT INTO app.credential (workspace_id, account_id, network_app_id, state, sealed_access_token) "
            "VALUES (:w, :id, :app, 'connected', 'sealed')",
        ):
            connection.execute(text(statement), given)
    return account_id, app_id


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    found: dict[str, Any] = APP.openapi()["components"]["schemas"][reference.split("/")[-1]] if reference else schema
    return found


def _example(schema: dict[str, Any]) -> Any:
    """The example of a schema, or one put together from those of what it requires."""
    found = _schema(schema)
    if found.get("examples"):
        return found["examples"][0]
    if found.get("format") == "uuid":
        return str(UUID(int=7))
    assert found.get("type") == "object", f"without an example nobody can try this, here or in /docs: {found}"
    return {name: _example(found["properties"][name]) for name in found.get("required", [])}


def _with_ids(example: Any, ids: dict[str, UUID]) -> Any:
    """The example with its ids replaced, however deep they stand."""
    if isinstance(example, list):
        return [_with_ids(part, ids) for part in example]
    if isinstance(example, dict):
        return {key: str(ids[key]) if key in ids else _with_ids(value, ids) for key, value in example.items()}
    return example
