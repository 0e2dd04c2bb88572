"""What the API hands out as files, and everything it can be read: nothing of another workspace in any body.

Files are the routes whose answers the OpenAPI document calls anything but JSON, so exports and media that come later
are tested without a change here.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.testclient import TestClient

from clientnest.workspaces import WorkspaceRole
from clientnest.workspaces.permissions import allows
from tests.integration.api.operations import APP, Operation, colleague, headers_of, operations
from tests.integration.api.things import fresh_ids
from tests.integration.isolation.conftest import Marked
from tests.worlds import Brand

_JSON = {"application/json", "application/problem+json"}
READS = [one for one in operations() if one.names_workspace and one.method == "GET"]


def _media_types(operation: Operation) -> set[str]:
    answers = operation.description["responses"]
    return {media for status, one in answers.items() if status < "300" for media in one.get("content", {})}


def _choices(operation: Operation) -> list[dict[str, str]]:
    """Every combination of the query parameters that choose among few values, such as a file's format."""
    few = {
        one["name"]: _resolved(one["schema"])["enum"]
        for one in operation.description.get("parameters", [])
        if one["in"] == "query" and "enum" in _resolved(one["schema"])
    }
    return [dict(zip(few, chosen, strict=True)) for chosen in product(*few.values())]


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = APP.openapi()["components"]["schemas"].get(schema.get("$ref", "").split("/")[-1], schema)
    return found


# The form of a file to begin with is everybody's.
FILES = [one for one in READS if _media_types(one) - _JSON and not one.path.endswith("/template")]


@pytest.fixture(scope="module")
def client(marked: Marked) -> Iterator[TestClient]:
    with TestClient(APP) as made:
        yield made


def get(
    client: TestClient, operation: Operation, ids: dict[str, UUID], headers: dict[str, str], query: dict[str, str]
) -> httpx.Response:
    """The answer with its whole body, however it is streamed."""
    return client.get(operation.path.format(**ids), headers=headers, params=query)


def _ids(operation: Operation, brand: Brand, workspace: Brand) -> dict[str, UUID]:
    return {**fresh_ids(brand, operation=operation), "workspace_id": workspace.workspace_id}


def test_there_are_files() -> None:
    assert {one.path.rpartition("/")[2] for one in FILES} >= {"export", "rejected.csv"}


@pytest.mark.parametrize("operation", FILES, ids=str)
@pytest.mark.parametrize("role", WorkspaceRole)
def test_each_role_gets_the_files_of_its_own_workspace_that_the_table_says(
    client: TestClient, marked: Marked, operation: Operation, role: WorkspaceRole
) -> None:
    mine, other = marked.world.mine, marked.world.other
    headers = headers_of(colleague(mine.workspace_id, role))
    for query in _choices(operation):
        own = get(client, operation, _ids(operation, mine, mine), headers, query)
        if allows(role, operation.permission):
            assert own.status_code == 200
            assert own.headers["content-type"].partition(";")[0] not in _JSON
            assert marked.mine.shown_in(own.text) == marked.mine.all
        else:
            assert own.status_code == 403
            assert marked.mine.shown_in(own.text) == set()
        assert marked.other.shown_in(own.text) == set()
        for ids in (_ids(operation, other, other), _ids(operation, mine, other)):
            refused = get(client, operation, ids, headers, query)
            assert (refused.status_code, marked.other.shown_in(refused.text)) == (404, set())
        crossed = get(client, operation, _ids(operation, other, mine), headers, query)
        assert marked.other.shown_in(crossed.text) == set()


@pytest.mark.parametrize("operation", READS, ids=str)
def test_no_answer_about_a_workspace_holds_a_word_of_another(
    client: TestClient, marked: Marked, operation: Operation
) -> None:
    mine = marked.world.mine
    answer = get(client, operation, _ids(operation, mine, mine), mine.headers, {})
    assert answer.status_code == 200, answer.text
    assert marked.other.shown_in(answer.text) == set()


def test_most_answers_hold_the_words_of_their_own(client: TestClient, marked: Marked) -> None:
    """Without them the test above would show nothing."""
    mine = marked.world.mine
    said = {str(one): get(client, one, _ids(one, mine, mine), mine.headers, {}).text for one in READS}
    assert len([one for one, body in said.items() if marked.mine.shown_in(body)]) >= 10, sorted(said)
