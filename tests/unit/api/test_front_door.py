"""The API without its database: importing it, errors, headers, limits, what it says about itself."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from api.main import MAXIMUM_BODY_BYTES, create_app
from clientnest.errors import ClientNestError, ConfigurationError

SECRET = "hunter2-in-the-error"
# What is asked for here proves itself by what stands in the address.
BY_ADDRESS = ("/v1/unsubscribe", "/v1/media/{token}", "/v1/calendar-feeds/{secret}", "/v1/review-links/{secret}")


@pytest.fixture
def app() -> FastAPI:
    app = create_app()

    @app.get("/broken/{kind}")
    def broken(kind: str) -> None:
        raise {
            "unforeseen": RuntimeError(SECRET),
            "database": OperationalError("SELECT 1", {}, Exception(SECRET)),
            "ours": ConfigurationError("The key is not set.", advice="Set it.", details={"value": SECRET}),
            "plain": ClientNestError("It did not work.", advice="Do it again."),
        }[kind]

    return app


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


def test_importing_it_reads_no_settings_secrets_or_database(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = {**os.environ, "CLIENTNEST_HOME": str(home), "CLIENTNEST_LOG_LEVEL": "no such level",
                   "CLIENTNEST_DATABASE_URL": "postgresql://nobody@192.0.2.1/none", "CLIENTNEST_TOKEN_KEY": "short",
                   "CLIENTNEST_API_PORT": "not a number"}  # fmt: skip
    subprocess.run([sys.executable, "-c", "import api.main; api.main.app.openapi()"], env=environment, check=True)
    assert not home.exists()


def test_it_lives_without_a_database(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing/here", 404, "not-found"), ("GET", "/v1/me/", 404, "not-found"),
        ("DELETE", "/v1/me", 405, "method-not-allowed"), ("GET", "/v1/me", 401, "unauthenticated"),
        ("POST", "/v1/auth/token", 422, "bad-input"), ("GET", "/docs/../../secrets.json", 404, "not-found"),
        ("GET", "/broken/unforeseen", 500, "internal"), ("GET", "/broken/database", 503, "unavailable"),
        ("GET", "/broken/ours", 500, "configuration"), ("GET", "/broken/plain", 500, "error"),
    ],
)  # fmt: skip
def test_every_error_is_a_problem_that_says_what_and_where(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"urn:clientnest:problem:{code}")
    assert problem["detail"]
    assert problem["advice"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert SECRET not in answer.text


def test_values_that_cannot_be_used_are_named_but_not_repeated(client: TestClient) -> None:
    answer = client.post("/v1/auth/token", json={"email": "", "password": [SECRET], "more": SECRET})
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} >= {"body.email", "body.password", "body.more"}
    assert SECRET not in answer.text


def test_a_query_that_is_no_text_gets_its_problem(app: FastAPI) -> None:
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "GET", "path": "/nothing", "raw_path": b"/nothing", "query_string": b"\xff\xfe",
             "headers": [(b"host", b"[")], "scheme": "http", "server": ("localhost", 80), "client": None,
             "root_path": "", "http_version": "1.1"}  # fmt: skip
    asyncio.run(app(scope, receive, send))
    assert (said[0]["status"], json.loads(said[1]["body"])["instance"]) == (404, "/nothing")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"email": "a@b.c"', b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 10_000,
     b'{"email":"a@b.c","password":"x","extra":1}', b'{"email":"a\\u0000@b.c"}', b'{"\\ud800": 1}'],
)  # fmt: skip
def test_bodies_that_make_no_sense_are_refused_in_words(client: TestClient, body: bytes) -> None:
    for content_type in ("application/json", "text/plain", "", "application/x-www-form-urlencoded"):
        answer = client.post("/v1/auth/token", content=body, headers={"Content-Type": content_type})
        assert answer.status_code in {400, 422}
        assert answer.json()["detail"]


def test_large_bodies_are_refused_by_what_they_announce_and_by_what_they_send(client: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * (MAXIMUM_BODY_BYTES // 10)

    json_type = {"Content-Type": "application/json"}
    for answer in (
        client.post("/v1/auth/token", content=b"x" * (MAXIMUM_BODY_BYTES + 1), headers=json_type),
        client.post("/v1/auth/token", content=endless(), headers=json_type),
        client.post("/v1/auth/token", content=b"", headers={**json_type, "Content-Length": "9" * 30}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_answers_carry_careful_headers_and_the_id_that_was_given(client: TestClient) -> None:
    for path in ("/healthz", "/docs", "/v1/me", "/broken/unforeseen"):
        headers = client.get(path, headers={"X-Request-ID": "trace-0123456789"}).headers
        assert headers["x-request-id"] == "trace-0123456789"
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    for given in ("short", "x" * 65, "a b c d e f", "evil\t{}", ""):
        assert client.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"] != given


def test_the_log_tells_what_broke_under_the_requests_id_and_no_body_token_or_query(tmp_path: Path) -> None:
    script = """
from starlette.testclient import TestClient
from api.main import create_app
app = create_app()
@app.get("/broken")
def broken() -> None:
    raise RuntimeError("the reason")
with TestClient(app, headers={"X-Request-ID": "trace-0123456789", "Authorization": "Bearer in-the-header"}) as client:
    client.get("/broken")
    client.post("/v1/auth/token?secret=in-the-query", json={"email": "", "password": "in-the-body"})
"""
    environment = {**os.environ, "CLIENTNEST_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert {line["request_id"] for line in lines if line["module"] == "api"} == {"trace-0123456789"}
    assert any("RuntimeError: the reason" in line.get("exception", "") for line in lines)
    assert [(line["path"], line["status"]) for line in lines if line["event"] == "request"] == [
        ("/broken", 500), ("/v1/auth/token", 422),
    ]  # fmt: skip
    for part in ("in-the-query", "in-the-body", "in-the-header"):
        assert part not in done.stderr


def test_the_reference_needs_no_other_server(client: TestClient) -> None:
    page = client.get("/", follow_redirects=True)
    assert page.url.path == "/docs"
    files = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(files) == 4
    for file in files:
        assert file.startswith("/docs/")
        assert client.get(file).status_code == 200
    assert client.get("/docs/nothing.js").status_code == 404


def test_the_description_names_problems_and_guards_for_every_operation(app: FastAPI) -> None:
    document = create_app().openapi()
    json.dumps(document)
    identifiers = []
    for path, operations in document["paths"].items():
        for operation in operations.values():
            identifiers.append(operation["operationId"])
            assert operation["summary"]
            proves_itself = path.startswith(BY_ADDRESS)
            guarded = path == "/v1/auth/sign-out" or (path.startswith("/v1/") and not path.startswith("/v1/auth/"))
            assert ("security" in operation) == (guarded and not proves_itself), path
            assert ("401" in operation["responses"]) == (path.startswith("/v1/") and not proves_itself), path
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    name = answer["$ref"].split("/")[-1]
                    assert list(document["components"]["responses"][name]["content"]) == ["application/problem+json"]
    assert len(identifiers) == len(set(identifiers))
