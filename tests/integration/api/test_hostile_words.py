"""Words and numbers that make no sense, at every operation of the OpenAPI document: a clear answer, as described."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.body import DEEPEST
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.workspaces import WorkspaceRole
from tests.integration.api.operations import APP, EXPORT, Operation, colleague, headers_of, operations
from tests.integration.api.things import fresh_ids
from tests.worlds import World

RTL, NUL, HALF = "\u202egpj.exe", "a\x00b", "\ud800"
WITH_BODY = [one for one in operations() if one.example() is not None]
WITH_QUERY = [one for one in operations() if any(p["in"] == "query" for p in one.description.get("parameters", []))]
NUMBERS = (10**400, -(10**400), "NaN", "Infinity", 1e308, -1, 0.1, True)
FOREIGN = ("text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded", "", "nonsense")


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    with TestClient(APP, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(autouse=True)
def _nobody_waits(world: World) -> None:
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(text("DELETE FROM app.rate_counter"))


@pytest.fixture(scope="module")
def ids(world: World) -> dict[str, Any]:
    return fresh_ids(world.mine)


@pytest.fixture
def headers(world: World) -> dict[str, str]:
    """Of somebody who may nearly all, and whom the workspace can lose."""
    return headers_of(colleague(world.mine.workspace_id, WorkspaceRole.ADMIN))


def tried(
    client: TestClient, operation: Operation, ids: dict[str, Any], headers: dict[str, str], *, body: bytes = b"",
    kind: str = "application/json", **more: Any,
) -> httpx.Response:  # fmt: skip
    """Send it: answered soon, with a status that the document has, and a problem where it is refused."""
    path = operation.path.format(**{name: ids.get(name, "x") for name in operation.ids})
    started = time.monotonic()
    answer = client.request(
        operation.method, path, content=body, headers={**headers, "Content-Type": kind}, follow_redirects=False, **more
    )
    assert time.monotonic() - started < 5
    assert str(answer.status_code) in operation.description["responses"], (answer.status_code, answer.text)
    assert answer.status_code < 500 or operation.path.endswith("/predict"), answer.text  # which may be loading still
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
    return answer


def places(example: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where values stand in an example that are no objects or lists."""
    if isinstance(example, dict):
        for name, value in example.items():
            yield from places(value, (*at, name))
    elif isinstance(example, list):
        for number, value in enumerate(example):
            yield from places(value, (*at, number))
    else:
        yield at


def changed(operation: Operation, odd: Any) -> Iterator[tuple[str, Any]]:
    """The example with something odd in the place of each of its values, or as a member that it does without."""
    example = operation.example()
    for at in places(example):
        yield str(at[0]) if at else "", with_value(example, at, odd)
    for name in set(operation.members()) - set(example):
        yield name, {**example, name: odd}


def with_value(example: Any, at: tuple[Any, ...], value: Any) -> Any:
    if not at:
        return value
    copy = example.copy()
    copy[at[0]] = with_value(example[at[0]], at[1:], value)
    return copy


def written(body: Any) -> bytes:
    """As JSON, with numbers that JSON has not."""
    made = json.dumps(body)
    for number in ("NaN", "Infinity"):
        made = made.replace(f'"{number}"', number)
    return made.encode()


each_with_body = pytest.mark.parametrize("operation", WITH_BODY, ids=str)


@each_with_body
def test_nul_is_refused_naming_the_field(
    client: TestClient, ids: dict[str, Any], headers: dict[str, str], operation: Operation
) -> None:
    for member, body in changed(operation, NUL):
        refused = tried(client, operation, ids, headers, body=written(body))
        assert refused.status_code == 422
        named = [error["field"] for error in refused.json()["errors"]]
        assert any(f"body.{member}" in one for one in named), (member, named)
        assert "\\u0000" not in refused.text


@each_with_body
def test_odd_values_in_the_place_of_every_other_are_answered_as_described(
    client: TestClient, ids: dict[str, Any], headers: dict[str, str], operation: Operation
) -> None:
    large = "x" * (1024**2 - len(json.dumps(operation.example())) - 100)
    for odd in (RTL, HALF, large, "", None, [], {}, [[]], {"": None}, *NUMBERS, "9999-12-31T23:59:59-23:59",
                "0001-01-01T00:00:00+23:59", "\U0010ffff" * 50, "'; --", "../../x", "\u0663"):  # fmt: skip
        for _, body in changed(operation, odd):
            tried(client, operation, ids, headers, body=written(body))


@each_with_body
def test_bodies_that_are_no_json_or_too_deep_are_refused_in_words(
    client: TestClient, ids: dict[str, Any], headers: dict[str, str], operation: Operation
) -> None:
    example = operation.example()
    whole = json.dumps(example).encode()
    first = operation.members()[0]
    bodies = [
        b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe{}", whole + b"x", b"'x'",
        b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"[" * 500_000, b"1" * 10_000,
        b'{"%s": %s}' % (first.encode(), b"[" * 900 + b"]" * 900), b"{" + b'"x":1,' * 50_000 + b'"y":2}',
    ]  # fmt: skip
    for body in bodies:
        assert tried(client, operation, ids, headers, body=body).status_code in {400, 422}, body[:40]
    for kind in FOREIGN:
        tried(client, operation, ids, headers, body=whole, kind=kind)
    for at in {at[0] for at in places(example) if at}:
        nested: Any = "x"
        for _ in range(DEEPEST + 1):
            nested = [nested]
        assert tried(client, operation, ids, headers, body=written({**example, at: nested})).status_code == 422
    too_large = tried(client, operation, ids, headers, body=whole + b" " * 1024**2)
    assert (too_large.status_code, too_large.json()["code"]) == (413, "body-too-large")


def test_of_a_member_that_comes_twice_the_last_counts_everywhere(client: TestClient, headers: dict[str, str]) -> None:
    """As in every browser, so that nobody in between reads another one."""
    headers = {**headers, "Content-Type": "application/json"}
    renamed = client.patch("/v1/me", content=b'{"name": "First", "name": "Last"}', headers=headers)
    assert renamed.json()["name"] == "Last"
    twice = b'{"email": 5, "email": "x@example.org", "password": "", "password": ["last"]}'
    refused = client.post("/v1/auth/token", content=twice, headers=headers)
    assert [error["field"] for error in refused.json()["errors"]] == ["body.password"]


@pytest.mark.parametrize("operation", WITH_QUERY, ids=str)
def test_odd_questions_are_answered_as_described(
    client: TestClient, ids: dict[str, Any], headers: dict[str, str], operation: Operation
) -> None:
    names = [p["name"] for p in operation.description["parameters"] if p["in"] == "query"]
    for name in names:
        for odd in ("", "%00", "a%00b", "%ff%fe", "%ed%a0%80", "%E2%80%AE", "9" * 400, "-1", "NaN", "[]", "%25%5F",
                    "0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59", "x" * 20_000):  # fmt: skip
            tried(client, operation, ids, headers, params=f"{name}={odd}".encode())
        tried(client, operation, ids, headers, params=f"{name}=1&{name}=2&{name}=x".encode())
        tried(client, operation, ids, headers, params=("&".join([f"{name}=1"] * 2_000)).encode())


@pytest.mark.parametrize("operation", [one for one in operations() if one.ids], ids=str)
def test_odd_ids_are_answered_as_described(
    client: TestClient, headers: dict[str, str], operation: Operation, ids: dict[str, Any]
) -> None:
    for odd in ("%00", "%ff", "%E2%80%AE", "x" * 5_000, "{}", "urn:uuid:0", "%2e%2e", "-"):
        for name in operation.ids:
            tried(client, operation, {**ids, name: odd}, headers, body=b"{}")


ODD_NAMES = [RTL, "a\u2066b", "a\u200bb", "a\u200eb", "\ufeffa", "a\x1b[31m", "a\x7fb", "a\x9bb", "a\U000e0041b"]
FAMILY = "\U0001f469\u200d\U0001f467"
PERSIAN, HEBREW = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "\u05e9\u05dc\u05d5\u05dd"
GOOD_NAMES = {
    "Ada  Lovelace\n": "Ada Lovelace",
    **{name: name for name in (FAMILY, PERSIAN, HEBREW, "O'Brien & Søn <i>")},
}


def test_names_that_others_read_hold_nothing_that_turns_them_round_or_does_not_show(
    client: TestClient, world: World, ids: dict[str, Any]
) -> None:
    person_id = colleague(world.mine.workspace_id, WorkspaceRole.ADMIN)
    headers, here = headers_of(person_id), f"/v1/workspaces/{world.mine.workspace_id}"
    writes = [("PATCH", "/v1/me", {}), ("PATCH", here, {}), ("POST", f"{here}/api-keys", {"scopes": ["results.read"]}),
              ("POST", "/v1/workspaces", {"slug": "odd-names"}),
              ("POST", "/v1/auth/sign-up", {"email": "x@example.org", "password": "long enough"})]  # fmt: skip
    for method, path, rest in writes:
        for odd in ODD_NAMES:
            refused = client.request(method, path, json={**rest, "name": odd}, headers=headers)
            assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (422, ["body.name"])
            assert "U+" in refused.json()["errors"][0]["message"]
    for given, kept in GOOD_NAMES.items():
        assert client.patch("/v1/me", json={"name": given}, headers=headers).json()["name"] == kept
    for odd in ("\u202e@example.org", "a\u200b@example.org", "a\u00adb@example.org", "a\x85@example.org"):
        invited = client.post(f"{here}/invitations", json={"email": odd, "role": "editor"}, headers=headers)
        assert (invited.status_code, [one["field"] for one in invited.json()["errors"]]) == (422, ["email"])


def test_texts_of_posts_keep_their_marks_of_direction(client: TestClient, world: World) -> None:
    draft = {
        "account_id": str(world.mine.accounts["x"]),
        "planned_at": "2026-03-01T09:00:00Z",
        "text": f"{HEBREW} {RTL}",
    }
    answer = client.post(
        f"/v1/workspaces/{world.mine.workspace_id}/predict", json={"drafts": [draft]}, headers=world.mine.headers
    )
    assert answer.status_code in {200, 503}, answer.text


def test_a_file_may_not_look_like_another(client: TestClient, world: World) -> None:
    made = client.post(
        f"/v1/workspaces/{world.mine.workspace_id}/imports", headers=world.mine.headers,
        files={"files": ("vsc.\u202eexe\u2066.csv", EXPORT, "text/csv")},
    )  # fmt: skip
    assert made.status_code == 202, made.text
    assert made.json()["files"][0]["file"] == "vsc.exe.csv"


def test_nothing_of_it_was_kept(world: World) -> None:
    """Whatever got through above is words that may be kept."""
    with session.tenant(Role.MIGRATE) as connection:
        names = connection.execute(text(
            "SELECT name FROM app.person UNION ALL SELECT name FROM app.workspace "
            "UNION ALL SELECT name FROM app.api_key UNION ALL SELECT email FROM app.invitation"
        )).scalars().all()  # fmt: skip
    assert [name for name in names if any(odd in name for odd in "\u202e\u2066\u200b\u200e\ufeff\x1b\x7f\x9b")] == []
