"""Uploads over HTTP: from the first byte to a queued import, and what is told of it until it is done."""

import io
import json
import socket
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.main import create_app
from clientnest import imports, jobs, settings
from clientnest.db import session
from clientnest.db.roles import Role
from tests.conftest import make_workspace
from tests.worlds import World

HEADER = "network,account,post_id,published_at,captured_at,likes\n"
GOOD = (HEADER + "x,acme,77,2026-01-05T10:00Z,2026-02-01T00:00Z,3\n").encode()
HALF_GOOD = GOOD + b"x,acme,78,2026-01-05T10:00Z,2026-02-01T00:00Z,many\n"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(2000)


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(), headers=world.mine.headers) as made:
        yield made


@pytest.fixture
def address(world: World) -> str:
    return f"/v1/workspaces/{world.mine.workspace_id}/imports"


def _files(*named: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", one) for one in named]


def _incoming() -> list[Path]:
    return list((settings.core().home / "uploads" / "incoming").iterdir())


def _job_rows(workspace_id: UUID) -> int:
    with session.tenant(Role.ETL) as connection:
        count: int = connection.execute(
            text("SELECT count(*) FROM app.job WHERE workspace_id = :w AND kind = 'import'"), {"w": workspace_id}
        ).scalar_one()
    return count


def _work(workspace_id: UUID, job_id: UUID) -> None:
    """What the background does with the job."""
    with session.tenant(Role.ETL) as connection:
        connection.execute(text("UPDATE app.job SET state = 'running', attempts = 1 WHERE id = :j"), {"j": job_id})
        job = jobs.get(connection, workspace_id, job_id)
    outcome = imports.run(job, report=lambda _step, _progress: None)
    with session.tenant(Role.ETL) as connection:
        jobs.finish(connection, job.lease, outcome.as_result())


def test_an_upload_is_recognised_queued_and_told_until_done(client: TestClient, address: str, world: World) -> None:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("inner.csv", GOOD.replace(b"77", b"79"))
    accepted = client.post(
        address,
        files=_files(("März.csv", HALF_GOOD), ("../../photo.csv", PICTURE), ("more.zip", zipped.getvalue())),
        data={"timezone": "Europe/Paris", "column_map": ["likes=likes"]},
    )
    assert accepted.status_code == 202, accepted.text
    body = accepted.json()
    assert accepted.headers["location"] == f"{address}/{body['job']['id']}"
    assert body["files"][0]["error"] is None, body["files"][0]["error"]
    assert (body["job"]["state"], [file["file"] for file in body["files"]]) == (
        "queued", ["März.csv", "photo.csv", "more.zip/inner.csv"],
    )  # fmt: skip
    assert [(file["state"], file["format"]) for file in body["files"]] == [
        ("waiting", "plain_csv"), ("refused", None), ("waiting", "plain_csv"),
    ]  # fmt: skip
    assert body["files"][1]["error"]["advice"]
    assert _incoming() == []
    with session.tenant(Role.ETL) as connection:
        job = jobs.get(connection, world.mine.workspace_id, UUID(body["job"]["id"]))
    assert job.requested_by == world.mine.owner.id
    assert job.params["options"]["column_map"] == {"likes": "likes"}

    _work(world.mine.workspace_id, job.id)
    done = client.get(accepted.headers["location"]).json()
    first = done["files"][0]
    assert (done["job"]["state"], first["state"]) == ("done", "imported")
    assert (first["rows"], first["accepted"], first["rejected_count"], first["posts"]) == (2, 1, 1, 1)
    assert first["rejected"][0]["row"] == 3
    assert first["period"] == {"from": "2026-01-05", "to": "2026-01-05"}
    report = client.get(accepted.headers["location"] + "/rejected.csv")
    assert report.headers["content-type"].startswith("text/csv")
    assert "many" in report.text
    listed = client.get(address).json()["items"][0]
    assert (listed["job_id"], listed["files"], listed["files_refused"], listed["rejected"]) == (str(job.id), 3, 1, 1)
    told = client.get(f"/v1/workspaces/{world.mine.workspace_id}/jobs/{job.id}").json()
    assert (told["kind"], told["state"], told["progress"]) == ("import", "done", 1.0)
    assert str(settings.core().home) not in json.dumps([done, listed, told]), "where files lie stays on the server"


def test_an_import_of_nothing_usable_is_done_at_once(client: TestClient, address: str) -> None:
    answer = client.post(address, files=_files(("photo.csv", PICTURE), ("empty.csv", b"")))
    assert answer.status_code == 202
    assert (answer.json()["job"]["state"], {f["state"] for f in answer.json()["files"]}) == ("done", {"refused"})
    assert client.get(answer.headers["location"] + "/rejected.csv").status_code == 404


@pytest.mark.parametrize(
    ("request_parts", "field"),
    [
        ({"data": {"timezone": "Europe/Paris"}, "files": [("ignored", (None, "x"))]}, "body.ignored"),
        ({"files": [("document", ("a.csv", GOOD))]}, "body.files"),
        ({"files": _files(("a.csv", GOOD)), "data": {"timezone": "Mars/Olympus"}}, None),
        ({"files": _files(("a.csv", GOOD)), "data": {"timezone": "a\x00b"}}, "body.timezone"),
        ({"files": _files(("a.csv", GOOD)), "data": {"network": "friendster"}}, None),
        ({"files": _files(("a.csv", GOOD)), "data": {"captured_at": "yesterday"}}, "body.captured_at"),
        ({"files": _files(("a.csv", GOOD)), "data": {"captured_at": "2026-01-01T00:00:00"}}, "body.captured_at"),
        ({"files": _files(("a.csv", GOOD)), "data": {"column_map": ["nonsense"]}}, "body.column_map"),
        ({"files": _files(("a.csv", GOOD)), "data": {"modified_at": ["2026-01-01T00:00Z"] * 2}}, "body.modified_at"),
        ({"files": _files(("a.csv", GOOD)), "data": {"account": ["a", "b"]}}, "body.account"),
        ({"json": {"files": []}}, None),
        ({"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, None),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_field_and_leaves_nothing(
    client: TestClient, address: str, world: World, request_parts: dict[str, Any], field: str | None
) -> None:
    before = _job_rows(world.mine.workspace_id)
    answer = client.post(address, **request_parts)
    assert answer.status_code == 422, answer.text
    if field is not None:
        assert field in {error["field"].removesuffix(".0") for error in answer.json()["errors"]}
    assert _job_rows(world.mine.workspace_id) == before
    assert _incoming() == []


def test_limits_of_files_and_of_the_whole_upload_hold(
    client: TestClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENTNEST_IMPORT_MAX_FILE_BYTES", "1000")
    monkeypatch.setenv("CLIENTNEST_IMPORT_MAX_UNPACKED_BYTES", "5000")
    monkeypatch.setenv("CLIENTNEST_IMPORT_MAX_FILES", "3")
    settings.forget()
    try:
        for files, status, words in (
            ([("big.csv", b"x" * 1001)], 413, "big.csv is larger than the 1,000 bytes"),
            ([("a.csv", b"x" * 900)] * 6, 413, "larger than the 5,000 bytes"),
            ([("a.csv", GOOD)] * 4, 422, "more than 3 files"),
        ):
            answer = client.post(address, files=_files(*files))
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
            assert words in answer.json()["detail"]
        assert _incoming() == []
    finally:
        monkeypatch.undo()
        settings.forget()


def test_nothing_is_imported_into_the_demo(client: TestClient, world: World) -> None:
    demo = make_workspace(is_demo=True)
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO app.membership VALUES (%s, %s, 'owner')", (str(demo), str(world.mine.owner.id)))
    answer = client.post(f"/v1/workspaces/{demo}/imports", files=_files(("a.csv", GOOD)))
    assert (answer.status_code, answer.json()["detail"].endswith("nothing is imported into it.")) == (422, True)


def _announce(connection: socket.socket, address: str, headers: dict[str, str]) -> None:
    """Send the headers of a large upload, and nothing of its body."""
    fixed = {"Host": "here", "Content-Length": "100000000", "Content-Type": "multipart/form-data; boundary=x"}
    lines = [f"POST {address} HTTP/1.1", *(f"{name}: {value}" for name, value in {**fixed, **headers}.items())]
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")


def test_a_stranger_is_turned_away_before_a_byte_of_the_body_is_read(
    running: tuple[str, int], address: str, world: World
) -> None:
    for headers, status in (({}, b"401"), (world.other.headers, b"404")):
        with socket.create_connection(running, timeout=20) as connection:
            _announce(connection, address, headers)
            assert connection.recv(100).split()[1] == status


def test_who_hangs_up_in_the_middle_leaves_nothing_behind(running: tuple[str, int], address: str, world: World) -> None:
    before = _job_rows(world.mine.workspace_id)
    with socket.create_connection(running, timeout=20) as connection:
        _announce(connection, address, world.mine.headers)
        connection.sendall(b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n' + GOOD)
        _until(lambda: len(_incoming()) == 1)
    _until(lambda: _incoming() == [])
    assert _job_rows(world.mine.workspace_id) == before


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
