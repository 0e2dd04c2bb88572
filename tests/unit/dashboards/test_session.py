"""The cookie that keeps somebody signed in: given once per code, unreadable for scripts, good for nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from clientnest import settings
from clientnest.errors import Unauthenticated
from clientnest.identity import issue_token, verify_token
from clientnest.ids import new_id
from dashboards import session


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("CLIENTNEST_HOME", str(tmp_path))
    settings.forget()
    routes = [
        Route(session.KEEP_PATH, session.keep_session, methods=["POST"]),
        Route(session.END_PATH, session.end_session, methods=["POST"]),
    ]
    yield TestClient(Starlette(routes=routes))
    settings.forget()


def test_a_code_gives_the_cookie_once(client: TestClient) -> None:
    proof = verify_token(issue_token(new_id(), session_id=new_id(), second_factor=True))
    code = session.codes.issue(proof)
    first = client.post(session.KEEP_PATH, content=code)
    assert first.status_code == 204
    header = first.headers["set-cookie"]
    assert "HttpOnly" in header
    assert "SameSite=lax" in header
    assert code not in header
    kept = session.proof_of(first.cookies[session.COOKIE])
    assert kept is not None
    assert (kept.person_id, kept.session_id, kept.second_factor) == (proof.person_id, proof.session_id, True)
    assert client.post(session.KEEP_PATH, content=code).status_code == 403


@pytest.mark.parametrize("code", ["", "guess", "x" * 10_000, "\x00é"])
def test_no_other_code_gives_one(client: TestClient, code: str) -> None:
    answer = client.post(session.KEEP_PATH, content=code.encode())
    assert answer.status_code == 403
    assert session.COOKIE not in answer.cookies


def test_a_code_runs_out(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    code = session.codes.issue(verify_token(issue_token(new_id())))
    now = session.time.monotonic()
    monkeypatch.setattr(session.time, "monotonic", lambda: now + 61)
    assert client.post(session.KEEP_PATH, content=code).status_code == 403


def test_the_cookie_opens_nothing_but_the_dashboards(client: TestClient) -> None:
    code = session.codes.issue(verify_token(issue_token(new_id())))
    cookie = client.post(session.KEEP_PATH, content=code).cookies[session.COOKIE]
    with pytest.raises(Unauthenticated):
        verify_token(cookie)
    assert session.proof_of(cookie + "x") is None


def test_signing_out_removes_it(client: TestClient) -> None:
    client.post(session.KEEP_PATH, content=session.codes.issue(verify_token(issue_token(new_id()))))
    assert session.COOKIE in client.cookies
    assert client.post(session.END_PATH).status_code == 204
    assert session.COOKIE not in client.cookies
