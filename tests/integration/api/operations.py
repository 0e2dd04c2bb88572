"""The API's operations as its OpenAPI document describes them, and how to try each with real ids (`things`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text
from starlette.testclient import TestClient

from api.main import create_app
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import issue_token
from clientnest.ids import new_id
from clientnest.workspaces import Permission, WorkspaceRole

APP = create_app()
EXPORT = (
    b"network,account,post_id,published_at,captured_at,likes\nx,acme,1,2026-01-05T10:00:00Z,2026-02-01T00:00:00Z,3\n"
)
# What a scope inside a workspace can be named by, in a path or a body.
INSIDE = ("account_id", "post_id", "measured_id", "job_id", "person_id", "invitation_id", "key_id", "webhook_id",
          "delivery_id", "connection_id", "app_id", "slot_id", "feed_id", "media_id", "upload_id", "label_id",
          "campaign_id", "template_id", "comment_id", "policy_id", "link_id", "delegate_id")  # fmt: skip


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

    def headers(self) -> dict[str, str]:
        """Those that the document shows by an example."""
        given = [one for one in self.description.get("parameters", []) if one["in"] == "header"]
        return {one["name"]: one["schema"]["examples"][0] for one in given if "examples" in one["schema"]}

    def form(self) -> dict[str, Any] | None:
        """The form with one file that it takes; None where it takes none."""
        content = self.description.get("requestBody", {}).get("content", {}).get("multipart/form-data")
        if content is None:
            return None
        (part,) = {"file", "files"} & content["schema"]["properties"].keys()
        (shown,) = content["schema"]["properties"][part].get("examples", [EXPORT])
        return {"files": {part: ("export.csv", shown, "text/csv")}}

    def named(self) -> set[str]:
        """What of a workspace it names, in its path or its body."""
        return set(self.ids) | set(_names(self.example()))

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
    content = operation.description.get("requestBody", {}).get("content", {})
    if (form := operation.form()) is not None:
        body = form
    elif (example := operation.example()) is not None:
        body = {"json": _with_ids(example, ids)}
    elif content:
        ((kind, shown),) = content.items()
        body = {"content": shown["example"]}
        headers = {"Content-Type": kind, **headers}
    return client.request(operation.method, path, headers={**operation.headers(), **headers}, **body)


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


def _names(example: Any) -> Iterator[str]:
    """All names of members in an example, however deep."""
    if isinstance(example, list):
        for part in example:
            yield from _names(part)
    elif isinstance(example, dict):
        for name, value in example.items():
            yield name
            yield from _names(value)
