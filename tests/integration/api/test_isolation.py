"""Nobody sees another workspace: every route with another's ids, and the database itself.

Routes come from the OpenAPI document, so a new one is tested without a change here. Each has to succeed on the
caller's own workspace first: an API that answers 404 to everything would fail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from clientnest import workspaces
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.imports.service import rejects_report
from clientnest.workspaces import Membership, Workspace, WorkspaceRole
from clientnest.workspaces.permissions import allows
from tests.integration.api.operations import APP, Operation, call, colleague, headers_of, operations
from tests.integration.api.things import fresh_ids
from tests.worlds import Brand, World

SCOPED = [one for one in operations() if one.names_workspace]
scoped = pytest.mark.parametrize("operation", SCOPED, ids=str)


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    for brand in (world.mine, world.other):
        report = rejects_report(brand.workspace_id, brand.job_id)
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text("file,row,field,value,reason\n")
    with TestClient(APP) as made:
        yield made


# The owner may do all, but a workspace is never left without one.
# What changes something is in the audit log, and reading is not; but for questions by POST (the address at which to
# agree to a connection is one), and one reading of all.
TELLS_OTHERWISE = {
    ("POST", "/v1/workspaces/{workspace_id}/predict"),
    ("POST", "/v1/workspaces/{workspace_id}/posts/bulk"),  # a dry run, unless told otherwise
    ("POST", "/v1/workspaces/{workspace_id}/posts/validate"),
    ("POST", "/v1/workspaces/{workspace_id}/recurrences/preview"),
    ("POST", "/v1/workspaces/{workspace_id}/posts/{post_id}/restore"),  # it lies in no trash
    ("POST", "/v1/workspaces/{workspace_id}/posts/{post_id}/comments/{comment_id}/reopen"),  # it is open
    ("POST", "/v1/workspaces/{workspace_id}/templates/{template_id}/fill"),
    ("POST", "/v1/workspaces/{workspace_id}/connections"),
    ("POST", "/v1/workspaces/{workspace_id}/connections/{connection_id}/reconnect"),
    ("GET", "/v1/workspaces/{workspace_id}/audit-events/export"),
    ("HEAD", "/v1/workspaces/{workspace_id}/media/uploads/{upload_id}"),
    ("POST", "/v1/workspaces/{workspace_id}/media/uploads"),  # told once all of it came
}
# Clients see pictures where a post that was sent to them shows them, not what lies ready for others.
NOT_EVEN = {
    ("POST", "/v1/workspaces/{workspace_id}/leave"): WorkspaceRole.OWNER,
    ("GET", "/v1/workspaces/{workspace_id}/media"): WorkspaceRole.CLIENT,
    ("GET", "/v1/workspaces/{workspace_id}/media/{media_id}"): WorkspaceRole.CLIENT,
}


@scoped
@pytest.mark.parametrize("role", WorkspaceRole)
def test_each_role_may_do_what_the_table_says_and_nothing_else(
    client: TestClient, world: World, operation: Operation, role: WorkspaceRole
) -> None:
    caller = colleague(world.mine.workspace_id, role)
    ids, headers = fresh_ids(world.mine, caller, operation=operation), headers_of(caller)
    before, events = _rows_of(world.mine), _events_of(world.mine)
    answer = call(client, operation, ids, headers)
    if allows(role, operation.permission) and NOT_EVEN.get((operation.method, operation.path)) is not role:
        assert answer.status_code in {200, 201, 202, 204}, answer.text
        tells_otherwise = (operation.method, operation.path) in TELLS_OTHERWISE
        leaves_a_trace = (operation.method == "GET") == tells_otherwise
        assert _events_of(world.mine) - events == leaves_a_trace
    else:
        assert answer.status_code == 403, answer.text
        assert _rows_of(world.mine) == before


@scoped
def test_nobody_else_is_told_that_there_is_such_a_workspace(
    client: TestClient, world: World, operation: Operation
) -> None:
    theirs, mine = (fresh_ids(brand, operation=operation) for brand in (world.other, world.mine))
    before = _rows_of(world.other)
    answers = [
        call(client, operation, ids, world.mine.headers)
        for ids in (theirs, {**mine, "workspace_id": world.other.workspace_id}, {**theirs, "workspace_id": UUID(int=7)})
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    said = [{**(answer.json() if answer.content else {}), "request_id": "", "instance": ""} for answer in answers]
    assert said[0] == said[1] == said[2], "a workspace that exists is told from one that does not"
    assert _rows_of(world.other) == before


@pytest.mark.parametrize("operation", [one for one in SCOPED if one.takes_ids()], ids=str)
def test_what_belongs_to_another_workspace_is_not_found_in_mine(
    client: TestClient, world: World, operation: Operation
) -> None:
    ids = {**fresh_ids(world.other, operation=operation), "workspace_id": world.mine.workspace_id}
    assert call(client, operation, ids, world.mine.headers).status_code == 404


@pytest.mark.parametrize("operation", [one for one in operations() if not one.is_open], ids=str)
def test_nothing_but_health_sign_in_and_docs_answers_without_a_token(
    client: TestClient, world: World, operation: Operation
) -> None:
    ids = {**dict.fromkeys(operation.ids, UUID(int=7)), **fresh_ids(world.mine, operation=operation)}
    for headers in (
        {}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic bWluZTpt"},
        {"Authorization": "Bearer cnk_nonsense"},
    ):  # fmt: skip
        answer = call(client, operation, ids, headers)
        assert answer.status_code == 401, answer.text
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_person_who_leaves_is_out_at_once(client: TestClient, world: World) -> None:
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        key = (str(world.mine.workspace_id), str(world.other.owner.id))
        address = f"/v1/workspaces/{world.mine.workspace_id}/insights/posts"
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
    def anybody(
        role: Role, person_id: UUID, workspace_id: UUID, *, token: object
    ) -> Iterator[tuple[Connection, Membership]]:
        workspace = Workspace(workspace_id, "", "", "UTC", False)
        with session.tenant(role, workspace_id=workspace_id, person_id=person_id) as connection:
            yield connection, Membership(workspace, person_id, WorkspaceRole.OWNER)

    monkeypatch.setattr(workspaces, "enter", anybody)
    reads = [one for one in SCOPED if one.method == "GET"]
    leaks = [
        one
        for one in reads
        if call(client, one, fresh_ids(world.other, operation=one), world.mine.headers).status_code != 404
    ]
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
    call(client, next(one for one in SCOPED if one.method == "POST" and "imports" in one.path), fresh_ids(world.mine),
          world.mine.headers)  # fmt: skip
    for brand in (world.mine, world.other):
        seen = _seen(role, brand.workspace_id)
        assert {table for table, found in seen.items() if found - {brand.workspace_id}} == set()
    assert {table for table, found in _seen(role, world.mine.workspace_id).items() if not found} == set()
    assert {table for table, found in _seen(role, None).items() if found} == set()


def test_keys_and_invitations_show_in_their_workspace_only(client: TestClient, world: World) -> None:
    for brand in (world.mine, world.other):
        fresh_ids(brand)
    for scope, expected in ((world.mine.workspace_id, {world.mine.workspace_id}), (None, set())):
        with session.tenant(Role.API, workspace_id=scope) as connection:
            for table in ("app.invitation", "app.api_key"):
                seen = {row[0] for row in connection.execute(text(f"SELECT workspace_id FROM {table}"))}
                assert seen == expected


def test_these_tests_notice_when_a_policy_is_gone(client: TestClient, world: World) -> None:
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE app.job DISABLE ROW LEVEL SECURITY")
        connection.commit()
        try:
            assert len(_seen(Role.API, world.mine.workspace_id)["app.job"]) > 1
        finally:
            cursor.execute("ALTER TABLE app.job ENABLE ROW LEVEL SECURITY")
            connection.commit()


def _events_of(brand: Brand) -> int:
    """How long the workspace's audit log is."""
    with session.tenant(Role.MIGRATE) as connection:
        return connection.execute(
            text("SELECT count(*) FROM app.audit_event WHERE workspace_id = :w"), {"w": brand.workspace_id}
        ).scalar_one()


def _rows_of(brand: Brand) -> list[int]:
    with session.tenant(Role.MIGRATE) as connection:
        return [
            connection.execute(
                text(f"SELECT count(*) FROM {table} WHERE workspace_id = :w"), {"w": brand.workspace_id}
            ).scalar_one()
            for table in (
                "app.account",
                "app.job",
                "app.event",
                "app.import_file",
                "app.membership",
                "app.invitation",
                "app.api_key",
                "app.webhook_endpoint",
                "app.webhook_secret",
                "app.webhook_delivery",
                "app.network_app",
                "app.credential",
                "app.connection_attempt",
                "app.media",
                "app.media_upload",
                "app.queue_slot",
                "app.calendar_feed",
                "app.label",
                "app.campaign",
                "app.template",
                "app.comment",
                "app.approval_policy",
                "app.approval_delegation",
                "app.review",
                "app.review_decision",
                "app.review_link",
            )
        ]
