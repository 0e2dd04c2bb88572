"""Nobody sees another workspace: every route with another's ids, and the database itself.

Routes come from the OpenAPI document, so a new one is tested without a change here. Each has to succeed on the
caller's own workspace first: an API that answers 404 to everything would fail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from api.main import create_app
from clientnest import workspaces
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.imports.service import rejects_report
from clientnest.workspaces import Membership, Workspace, WorkspaceRole
from tests.worlds import Brand, World

APP = create_app()
OPEN = {"/healthz", "/readyz", "/v1/auth/token"}
EXPORT = (
    b"network,account,post_id,published_at,captured_at,likes\nx,acme,1,2026-01-05T10:00:00Z,2026-02-01T00:00:00Z,3\n"
)


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    description: dict[str, Any]

    @property
    def ids(self) -> list[str]:
        return [one["name"] for one in self.description.get("parameters", []) if one["in"] == "path"]

    @property
    def names_workspace(self) -> bool:
        return "workspace_id" in self.ids

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _operations() -> list[Operation]:
    paths = APP.openapi()["paths"]
    return [Operation(method.upper(), path, one) for path, found in paths.items() for method, one in found.items()]


SCOPED = [one for one in _operations() if one.names_workspace]
scoped = pytest.mark.parametrize("operation", SCOPED, ids=str)


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    for brand in (world.mine, world.other):
        report = rejects_report(brand.workspace_id, brand.job_id)
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text("file,row,field,value,reason\n")
    with TestClient(APP) as made:
        yield made


def _ids(brand: Brand) -> dict[str, UUID]:
    return {
        "workspace_id": brand.workspace_id,
        "account_id": brand.accounts["x"],
        "post_id": brand.posts["x"],
        "job_id": brand.job_id,
    }


def _call(client: TestClient, operation: Operation, ids: dict[str, UUID], headers: dict[str, str]) -> Any:
    """Send the request with these ids in its path and, where its example has them, in its body."""
    path = operation.path.format(**{name: ids[name] for name in operation.ids})
    content = operation.description.get("requestBody", {}).get("content", {})
    body: dict[str, Any] = {}
    if "multipart/form-data" in content:
        body = {"files": {"files": ("export.csv", EXPORT, "text/csv")}}
    elif "application/json" in content:
        body = {"json": _with_ids(_example(content["application/json"]["schema"]), ids)}
    return client.request(operation.method, path, headers=headers, **body)


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    found: dict[str, Any] = APP.openapi()["components"]["schemas"][reference.split("/")[-1]] if reference else schema
    return found


def _example(schema: dict[str, Any]) -> dict[str, Any]:
    found = _schema(schema)
    assert found.get("examples"), "a request body without an example cannot be tried out, here or in /docs"
    return dict(found["examples"][0])


def _with_ids(example: Any, ids: dict[str, UUID]) -> Any:
    """The example with its ids replaced, however deep they stand."""
    if isinstance(example, list):
        return [_with_ids(part, ids) for part in example]
    if isinstance(example, dict):
        return {key: str(ids[key]) if key in ids else _with_ids(value, ids) for key, value in example.items()}
    return example


def _takes_ids(operation: Operation) -> bool:
    """Whether it names something inside the workspace."""
    if set(operation.ids) - {"workspace_id"}:
        return True
    content = operation.description.get("requestBody", {}).get("content", {}).get("application/json")
    example = _example(content["schema"]) if content else {}
    return bool(_with_ids(example, dict.fromkeys(["account_id", "post_id", "job_id"], UUID(int=0))) != example)


@scoped
def test_a_member_is_answered(client: TestClient, world: World, operation: Operation) -> None:
    answer = _call(client, operation, _ids(world.mine), world.mine.headers)
    assert answer.status_code in {200, 201, 202}, answer.text


@scoped
def test_nobody_else_is_told_that_there_is_such_a_workspace(
    client: TestClient, world: World, operation: Operation
) -> None:
    before = _rows_of(world.other)
    answers = [
        _call(client, operation, ids, world.mine.headers)
        for ids in (_ids(world.other), {**_ids(world.mine), "workspace_id": world.other.workspace_id},
                    {**_ids(world.other), "workspace_id": UUID(int=7)})
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    said = [{**answer.json(), "request_id": "", "instance": ""} for answer in answers]
    assert said[0] == said[1] == said[2], "a workspace that exists is told from one that does not"
    assert _rows_of(world.other) == before


@pytest.mark.parametrize("operation", [one for one in SCOPED if _takes_ids(one)], ids=str)
def test_what_belongs_to_another_workspace_is_not_found_in_mine(
    client: TestClient, world: World, operation: Operation
) -> None:
    ids = {**_ids(world.other), "workspace_id": world.mine.workspace_id}
    assert _call(client, operation, ids, world.mine.headers).status_code == 404


@pytest.mark.parametrize("operation", [one for one in _operations() if one.path not in OPEN], ids=str)
def test_nothing_but_health_sign_in_and_docs_answers_without_a_token(
    client: TestClient, world: World, operation: Operation
) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic bWluZTpt"}):
        answer = _call(client, operation, _ids(world.mine), headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_person_who_leaves_is_out_at_once(client: TestClient, world: World) -> None:
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        key = (str(world.mine.workspace_id), str(world.other.owner.id))
        address = f"/v1/workspaces/{world.mine.workspace_id}/posts"
        cursor.execute("INSERT INTO app.membership VALUES (%s, %s, 'editor')", key)
        connection.commit()
        assert client.get(address, headers=world.other.headers).status_code == 200
        cursor.execute("DELETE FROM app.membership WHERE workspace_id = %s AND person_id = %s", key)
        connection.commit()
        assert client.get(address, headers=world.other.headers).status_code == 404


def test_these_tests_notice_when_the_membership_check_is_gone(
    client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def anybody(role: Role, person_id: UUID, workspace_id: UUID) -> Iterator[tuple[Connection, Membership]]:
        workspace = Workspace(workspace_id, "", "", "UTC", False)
        with session.tenant(role, workspace_id=workspace_id, person_id=person_id) as connection:
            yield connection, Membership(workspace, person_id, WorkspaceRole.OWNER)

    monkeypatch.setattr(workspaces, "enter", anybody)
    reads = [one for one in SCOPED if one.method == "GET"]
    leaks = [one for one in reads if _call(client, one, _ids(world.other), world.mine.headers).status_code != 404]
    assert leaks == reads


TABLES = ("app.membership", "app.account", "app.job", "app.event", "app.import_file", "ml.training_run", "ml.best_time",
          "serve.account", "serve.post", "serve.account_daily", "serve.posting_slot", "serve.hashtag",
          "serve.content_type", "serve.data_health")  # fmt: skip


def _seen(role: Role, workspace_id: UUID | None) -> dict[str, set[UUID]]:
    with session.tenant(role, workspace_id=workspace_id) as connection:
        return {
            table: {row[0] for row in connection.execute(text(f"SELECT DISTINCT workspace_id FROM {table}"))}
            for table in TABLES
        }


@pytest.mark.parametrize("role", [Role.API, Role.DASHBOARDS])
def test_a_direct_session_sees_its_workspace_only_and_nothing_without_one(
    client: TestClient, world: World, role: Role
) -> None:
    _call(client, next(one for one in SCOPED if one.method == "POST" and "imports" in one.path), _ids(world.mine),
          world.mine.headers)  # fmt: skip
    for brand in (world.mine, world.other):
        seen = _seen(role, brand.workspace_id)
        assert {table for table, found in seen.items() if found - {brand.workspace_id}} == set()
    assert {table for table, found in _seen(role, world.mine.workspace_id).items() if not found} == set()
    assert {table for table, found in _seen(role, None).items() if found} == set()


def test_these_tests_notice_when_a_policy_is_gone(client: TestClient, world: World) -> None:
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE app.job DISABLE ROW LEVEL SECURITY")
        connection.commit()
        try:
            assert len(_seen(Role.API, world.mine.workspace_id)["app.job"]) > 1
        finally:
            cursor.execute("ALTER TABLE app.job ENABLE ROW LEVEL SECURITY")
            connection.commit()


def _rows_of(brand: Brand) -> list[int]:
    with session.tenant(Role.ETL) as connection:
        return [
            connection.execute(
                text(f"SELECT count(*) FROM {table} WHERE workspace_id = :w"), {"w": brand.workspace_id}
            ).scalar_one()
            for table in ("app.account", "app.job", "app.event", "app.import_file")
        ]
