"""Asking twice for the same: done once, answered alike, and never to somebody else."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from api.manners.bodies import Digest
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from tests.integration.manners.conftest import BODY_LIMIT, Application, Brand, bearer, make_brand

REPLAYED = "idempotency-replayed"


def test_the_same_request_under_the_same_key_is_carried_out_once(application: Application, brand: Brand) -> None:
    first_process, second_process = application.client(), application.client()
    headers, path = bearer(brand.owner, "a-key"), f"{brand.path}/things"
    first = first_process.post(path, json={"name": "café"}, headers=headers)
    again = second_process.post(path, json={"name": "café"}, headers={**headers, "Idempotency-Key": '"a-key"'})
    assert (first.status_code, first.headers["location"]) == (201, "/things/1")
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert (again.status_code, again.content) == (201, first.content)
    assert (again.headers["location"], again.headers["content-type"]) == ("/things/1", "application/json")
    assert "set-cookie" not in again.headers
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert application.carried_out.total() == 1
    assert first_process.post(path, json={"name": "café"}, headers=bearer(brand.owner)).json()["number"] == 2
    other_key = first_process.post(path, json={"name": "café"}, headers=bearer(brand.owner, "b-key"))
    assert other_key.json()["number"] == 3


def test_a_key_stands_for_one_request_only(application: Application, brand: Brand) -> None:
    client, headers = application.client(), bearer(brand.owner, "a-key")
    client.post(f"{brand.path}/things", json={"name": "one"}, headers=headers)
    for path, body in (
        ("things", {"name": "two"}), ("things?more=1", {"name": "one"}), ("keys", {"name": "one"}),
    ):  # fmt: skip
        answer = client.post(f"{brand.path}/{path}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
        assert answer.headers["content-type"] == "application/problem+json"
    assert application.carried_out.total() == 1


def test_nobody_gets_the_answer_to_somebody_elses_request(application: Application, brand: Brand) -> None:
    client, other = application.client(), make_brand()
    path, body = f"{brand.path}/things", {"name": "one"}
    assert client.post(path, json=body, headers=bearer(brand.owner, "a-key")).json()["number"] == 1
    assert client.post(path, json=body, headers=bearer(brand.analyst, "a-key")).json()["number"] == 2
    assert client.post(path, json=body, headers=bearer(brand.key, "a-key")).json()["number"] == 3
    assert client.post(path, json=body, headers=bearer(brand.key, "a-key")).json()["number"] == 3
    for stranger in (other.owner, other.key):
        assert client.post(path, json=body, headers=bearer(stranger, "a-key")).status_code == 404
    assert client.post(path, json=body, headers={"Idempotency-Key": "a-key"}).status_code == 401
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(text("DELETE FROM app.membership WHERE person_id = :id"), {"id": brand.analyst})
    assert client.post(path, json=body, headers=bearer(brand.analyst, "a-key")).status_code == 404
    for scope in ({"workspace_id": other.workspace_id}, {"person_id": other.owner}, {}):
        with session.tenant(Role.API, **scope) as connection:
            assert connection.execute(text("SELECT count(*) FROM app.idempotency")).scalar_one() == 0


def test_outside_workspaces_an_answer_is_its_persons(application: Application, brand: Brand) -> None:
    client = application.client()
    told = [
        client.post("/v1/mine", headers=bearer(who, "a-key")).json()["number"]
        for who in (brand.owner, brand.analyst, brand.owner, brand.analyst)
    ]
    assert told == [1, 2, 1, 2]
    assert client.post("/v1/mine", headers=bearer(brand.key, "a-key")).status_code == 403


def test_of_two_processes_at_the_same_moment_one_carries_it_out(application: Application, brand: Brand) -> None:
    clients = [application.client() for _ in range(6)]
    headers, path = bearer(brand.owner, "a-key"), f"{brand.path}/things"
    for client in clients:
        client.get(path, headers=headers)  # their application is built
    together = threading.Barrier(len(clients))
    application.hold.clear()

    def ask(client: httpx.Client) -> httpx.Response:
        together.wait()
        return client.post(path, json={"name": "one"}, headers=headers)

    with ThreadPoolExecutor(len(clients)) as threads:
        asked = [threads.submit(ask, client) for client in clients]
        application.begun.wait(10)
        while sum(one.done() for one in asked) < len(clients) - 1:
            time.sleep(0.02)
        application.hold.set()
        answers = [one.result() for one in asked]
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * (len(clients) - 1)]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert (refused.json()["code"], refused.headers["retry-after"]) == ("idempotency-in-progress", "2")
    assert refused.json()["retryable"]
    assert application.carried_out.total() == 1
    later = clients[0].post(path, json={"name": "one"}, headers=headers)
    assert (later.status_code, later.headers[REPLAYED]) == (201, "true")


@pytest.mark.parametrize(
    ("kind", "status", "carried_out"),
    [("unavailable", 503, 2), ("broken", 500, 2), ("conflict", 409, 2), ("invalid", 422, 1), ("nothing", 204, 1),
     ("full", 200, 1)],
)  # fmt: skip
def test_answers_that_say_not_now_are_not_kept_and_others_are(
    application: Application, brand: Brand, kind: str, status: int, carried_out: int
) -> None:
    client, path = application.client(), f"{brand.path}/answers/{kind}"
    first, again = (client.post(path, headers=bearer(brand.owner, kind)) for _ in range(2))
    assert (first.status_code, again.status_code) == (status, status)
    assert application.carried_out.total() == carried_out
    if carried_out == 1:
        assert first.content == again.content
        assert first.headers.get("content-type") == again.headers.get("content-type")


def test_a_request_with_too_large_an_answer_is_not_carried_out_again(application: Application, brand: Brand) -> None:
    client, path = application.client(), f"{brand.path}/answers/large"
    first, again = (client.post(path, headers=bearer(brand.owner, "a-key")) for _ in range(2))
    assert (first.status_code, len(first.content)) == (200, 256 * 1024 + 1)
    assert (again.status_code, again.json()["code"]) == (409, "idempotency-answer-not-kept")
    assert again.json()["answered_status"] == 200
    assert application.carried_out.total() == 1


def test_answers_with_secrets_are_never_kept(application: Application, brand: Brand) -> None:
    client, headers = application.client(), bearer(brand.owner, "a-key")
    for path in (f"{brand.path}/keys", "/v1/auth/token"):
        assert [client.post(path, headers=headers).json()["secret"] for _ in range(2)] == [1, 2]
    with session.tenant(Role.MIGRATE) as connection:
        kept = text("SELECT count(*) FROM app.idempotency WHERE caller_id = :id")
        assert connection.execute(kept, {"id": brand.owner}).scalar_one() == 0


def test_uploads_are_told_apart_whatever_boundary_they_draw(application: Application, brand: Brand) -> None:
    client, path, headers = application.client(), f"{brand.path}/uploads", bearer(brand.owner, "a-key")
    content = b"0123456789abcdef" * 100_000
    files = {"files": ("export.csv", content, "text/csv")}
    first, again = (client.post(path, files=files, headers=headers) for _ in range(2))
    assert (first.status_code, again.content, again.headers[REPLAYED]) == (200, first.content, "true")
    changed = {"files": ("export.csv", content[:-1] + b"x", "text/csv")}
    assert client.post(path, files=changed, headers=headers).json()["code"] == "idempotency-key-reused"
    pieces = (content[start : start + 70_000] for start in range(0, len(content), 70_000))
    streamed = client.post(path, content=pieces, headers=bearer(brand.owner, "streamed"))
    assert streamed.json() == {"number": 2, "size": len(content)}
    assert client.post(path, content=content, headers=bearer(brand.owner, "streamed")).json()["number"] == 2
    too_much = (b"x" * 1024**2 for _ in range(BODY_LIMIT // 1024**2 + 1))
    assert client.post(path, content=too_much, headers=bearer(brand.owner, "streamed")).status_code == 413
    assert application.carried_out.total() == 2


@pytest.mark.parametrize("keys", [[""], ["two words"], ["é".encode()], ["x" * 256], ["a", "b"], ['"open']])
def test_a_key_that_cannot_be_used_is_refused_before_anything_happens(
    application: Application, brand: Brand, keys: list[str | bytes]
) -> None:
    given = [("Authorization", bearer(brand.owner)["Authorization"]), *(("Idempotency-Key", key) for key in keys)]
    answer = application.client().post(f"{brand.path}/things", json={}, headers=given)  # type: ignore[arg-type]
    if keys == ['"open']:
        assert answer.status_code == 201, "a quote is a visible character like others"
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-unusable")
        assert application.carried_out.total() == 0


def _sql(statement: str, brand: Brand) -> int:
    with session.tenant(Role.MIGRATE) as connection:
        return connection.execute(text(statement), {"id": brand.workspace_id}).rowcount


def test_a_key_lives_for_a_day_and_a_killed_process_holds_it_for_minutes_only(
    application: Application, brand: Brand
) -> None:
    client, headers, path = application.client(), bearer(brand.owner, "a-key"), f"{brand.path}/things"

    def number() -> int:
        answer = client.post(path, json={}, headers=headers)
        return int(answer.json()["number"]) if answer.status_code == 201 else -answer.status_code

    assert [number(), number()] == [1, 1]
    in_progress = (
        "UPDATE app.idempotency SET state = 'in_progress', status = NULL, body = NULL WHERE workspace_id = :id"
    )
    assert _sql(in_progress, brand) == 1
    assert number() == -409
    _sql("UPDATE app.idempotency SET lease_until = now() - interval '1 second' WHERE workspace_id = :id", brand)
    assert [number(), number()] == [2, 2]
    _sql("UPDATE app.idempotency SET expires_at = now() - interval '1 second' WHERE workspace_id = :id", brand)
    client.post("/v1/mine", headers=bearer(brand.owner, str(new_id())))
    assert _sql("SELECT FROM app.idempotency WHERE workspace_id = :id", brand) == 0, "cleared away in passing"
    assert number() == 3


def test_whoever_lost_a_key_meanwhile_does_not_replace_the_answer_kept_under_it(
    application: Application, brand: Brand
) -> None:
    client, headers, path = application.client(), bearer(brand.owner, "a-key"), f"{brand.path}/things"
    application.hold.clear()
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(client.post, path, json={}, headers=headers)
        application.begun.wait(10)
        _sql("UPDATE app.idempotency SET lease_until = now() - interval '1 second' WHERE workspace_id = :id", brand)
        _sql("UPDATE app.idempotency SET claim = gen_random_uuid() WHERE workspace_id = :id", brand)
        application.hold.set()
        assert slow.result().status_code == 201
    assert _sql("SELECT FROM app.idempotency WHERE workspace_id = :id AND state = 'in_progress'", brand) == 1


@given(
    parts=st.lists(st.binary(max_size=40), min_size=1, max_size=5),
    boundaries=st.tuples(st.sampled_from(["aab", "--x--x", "y" * 30]), st.sampled_from(["0123456", "zz", "q" * 60])),
    cuts=st.lists(st.integers(0, 300), max_size=6),
)
def test_a_forms_digest_does_not_depend_on_its_boundary_or_its_pieces(
    parts: list[bytes], boundaries: tuple[str, str], cuts: list[int]
) -> None:
    parts = [part for part in parts if not any(mark.encode()[:1] in part for mark in boundaries)]

    def digest(boundary: str, places: list[int]) -> bytes:
        made = Digest(f'multipart/form-data; boundary="{boundary}"')
        body = (
            b"".join(b"--" + boundary.encode() + b"\r\n" + part for part in parts) + b"--" + boundary.encode() + b"--"
        )
        ends = [0, *sorted(min(place, len(body)) for place in places), len(body)]
        for start, end in pairwise(ends):
            made.update(body[start:end])
        return made.finish()

    whole = digest(boundaries[0], [])
    assert digest(boundaries[0], cuts) == whole
    assert digest(boundaries[1], cuts) == whole
    parts.append(b"more")
    assert digest(boundaries[0], cuts) != whole
