"""Uploads that go on where they stopped: whatever ends a request, what came is kept, once and in order."""

import base64
import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from api.main import create_app
from clientnest.media.files import piece_key
from clientnest.media.tasks import forget
from clientnest.stack.services import api_arguments
from tests.integration.media.conftest import CLIENT, TUS, Place, announce
from tests.media_files import encoded, picture
from tests.services.processes import drain, free_port, process
from tests.services.served import served

MB = 1024**2


def _stored(place: Place, address: str) -> bytes:
    """What lies in the store of an upload, put together."""
    media_id = UUID(address.rpartition("/")[2])
    pieces = place.rows("SELECT stored FROM app.media_piece WHERE media_id = :m ORDER BY start", m=media_id)
    return b"".join(
        block for (stored,) in pieces for block in place.store.read(piece_key(place.workspace_id, media_id, stored))
    )


def _until(happened: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_file_that_comes_in_parts_becomes_a_picture(place: Place) -> None:
    content = encoded(picture(300, 200), "PNG")
    address = place.begin(len(content), filename="Märkte/pumpkins.jpeg", alt="Pumpkins")
    half = len(content) // 2
    first = place.send(address, 0, content[:half])
    assert (first.status_code, first.headers["upload-offset"]) == (204, str(half))
    assert "upload-expires" in first.headers
    assert first.headers["tus-resumable"] == "1.0.0"
    asked = place.ask("HEAD", address, headers=TUS)
    assert (asked.headers["upload-offset"], asked.headers["upload-length"]) == (str(half), str(len(content)))
    assert asked.headers["cache-control"] == "no-store"
    assert place.send(address, half, iter([content[half:]])).status_code == 204
    assert place.offset(address) == len(content)
    media = place.work(UUID(address.rpartition("/")[2]))
    assert (media["state"], media["filename"], media["alt_text"]) == ("ready", "pumpkins.png", "Pumpkins")
    assert len(place.files()) == 3, "the pieces are gone"


def test_what_is_spoken_is_told(place: Place) -> None:
    told = CLIENT.options(f"{place.address}/uploads")
    assert told.status_code == 204
    assert told.headers["tus-version"] == "1.0.0"
    assert set(told.headers["tus-extension"].split(",")) == {"creation", "expiration", "checksum", "termination"}
    assert int(told.headers["tus-max-size"]) >= 4 * 1024**3
    assert "sha1" in told.headers["tus-checksum-algorithm"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412), ({"Content-Type": "text/plain"}, 415), ({"Upload-Offset": "1"}, 409),
        ({"Upload-Offset": "-1"}, 400), ({"Upload-Offset": ""}, 400), ({"Upload-Checksum": "crc32 AAAA"}, 400),
    ],
)  # fmt: skip
def test_what_the_protocol_forbids_is_refused_and_changes_nothing(
    place: Place, headers: dict[str, str], status: int
) -> None:
    address = place.begin(3)
    answer = place.send(address, 0, b"abc", **headers)
    assert (answer.status_code, answer.headers["tus-resumable"]) == (status, "1.0.0"), answer.text
    assert place.offset(address) == 0
    assert place.send(address, 0, b"abc").status_code == 204, "nobody holds its turn"


def test_more_than_was_announced_or_may_be_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    address = place.begin(3)
    assert place.send(address, 0, b"abcd").status_code == 413
    assert place.send(address, 0, iter([b"ab", b"cd"])).status_code == 413
    assert place.offset(address) == 0
    for length, status in (("99999999999999", 413), ("0", 422), ("x", 400)):
        asked = place.ask("POST", "uploads", headers={**TUS, "Upload-Length": length})
        assert asked.status_code == status, asked.text
    bad = {**TUS, "Upload-Length": "3", "Upload-Metadata": "filename !!"}
    assert place.ask("POST", "uploads", headers=bad).json()["errors"][0]["field"] == "header.upload-metadata"


def test_a_checksum_that_does_not_fit_keeps_nothing_of_its_bytes(place: Place) -> None:
    content = os.urandom(40_000)
    address = place.begin(len(content))
    right = base64.b64encode(hashlib.sha1(content).digest()).decode()
    wrong = base64.b64encode(bytes(20)).decode()
    refused = place.send(address, 0, content, **{"Upload-Checksum": f"sha1 {wrong}"})
    assert (refused.status_code, refused.json()["code"]) == (460, "checksum-mismatch")
    assert (place.offset(address), place.files()) == (0, [])
    assert place.send(address, 0, content, **{"Upload-Checksum": f"sha1 {right}"}).status_code == 204
    assert _stored(place, address) == content


def test_an_upload_given_up_leaves_nothing(place: Place) -> None:
    address = place.begin(10)
    place.send(address, 0, b"abc")
    assert place.ask("DELETE", address, headers=TUS).status_code == 204
    assert place.ask("HEAD", address, headers=TUS).status_code == 404
    drain()
    assert place.files() == []


@pytest.fixture
def running(place: Place) -> Iterator[tuple[str, int]]:
    with served(create_app()) as address:
        host, _, port = address.partition(":")
        yield host, int(port)


def test_who_is_cut_off_in_the_middle_goes_on_from_there(place: Place, running: tuple[str, int]) -> None:
    content = os.urandom(5 * MB)
    address = place.begin(len(content))
    with socket.create_connection(running) as connection:
        announce(connection, place, address, 0, len(content))
        connection.sendall(content[: 3 * MB + 17])
        time.sleep(0.3)
    _until(lambda: place.offset(address) > 0)
    reached = place.offset(address)
    assert reached <= 3 * MB + 17
    _until(lambda: place.rows("SELECT 1 FROM app.media_upload WHERE turn IS NULL AND workspace_id = :w") != [])
    assert place.send(address, place.offset(address), content[place.offset(address) :]).status_code == 204
    assert _stored(place, address) == content


def test_two_at_once_do_not_mix(place: Place, running: tuple[str, int]) -> None:
    content = os.urandom(2 * MB)
    address = place.begin(len(content))
    with socket.create_connection(running) as connection:
        announce(connection, place, address, 0, len(content))
        connection.sendall(content[:MB])
        _until(lambda: place.rows("SELECT 1 FROM app.media_upload WHERE turn IS NOT NULL AND workspace_id = :w") != [])
        second = place.send(address, 0, os.urandom(len(content)))
        assert (second.status_code, second.json()["code"]) == (423, "upload-busy")
        assert int(second.headers["retry-after"]) > 0
        connection.sendall(content[MB:])
        assert connection.recv(100).split()[1] == b"204"
    assert _stored(place, address) == content


def test_a_crowd_that_sends_the_same_upload_writes_it_once(place: Place) -> None:
    content = os.urandom(MB)
    address = place.begin(len(content))
    statuses: list[int] = []
    crowd = [
        threading.Thread(target=lambda: statuses.append(place.send(address, 0, content).status_code)) for _ in range(6)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert statuses.count(204) == 1
    assert set(statuses) <= {204, 409, 423}
    assert _stored(place, address) == content
    assert len(place.rows("SELECT 1 FROM app.media_piece WHERE workspace_id = :w")) == 1


def test_who_lost_their_turn_writes_nothing_more(place: Place, running: tuple[str, int]) -> None:
    content = os.urandom(40_000)
    address = place.begin(len(content))
    with socket.create_connection(running) as connection:
        announce(connection, place, address, 0, len(content))
        connection.sendall(content[:100])
        _until(lambda: place.rows("SELECT 1 FROM app.media_upload WHERE turn IS NOT NULL AND workspace_id = :w") != [])
        place.do("UPDATE app.media_upload SET turn_until = now() - interval '1 second' WHERE workspace_id = :w")
        assert place.send(address, 0, content).status_code == 204, "a turn that is not renewed is taken over"
        connection.sendall(content[100:])
        assert connection.recv(100).split()[1] == b"423"
    assert _stored(place, address) == content
    assert len(place.files()) == 1


@pytest.mark.timeout(120)
def test_a_process_that_is_killed_in_the_middle_keeps_what_was_noted(place: Place, tmp_path: Path) -> None:
    port, content = free_port(), os.urandom(40 * MB)
    address = place.begin(len(content))
    command, health = api_arguments(port)[1:], f"http://localhost:{port}/healthz"
    with process(command, health, tmp_path / "log") as killed, socket.create_connection(("localhost", port)) as sending:
        announce(sending, place, address, 0, len(content))
        sending.sendall(content[: 36 * MB])
        _until(lambda: place.offset(address) >= 16 * MB)
        killed.kill()
    reached = place.offset(address)
    assert 16 * MB <= reached <= 36 * MB
    assert _stored(place, address) == content[:reached]
    place.do("UPDATE app.media_upload SET turn_until = now() WHERE workspace_id = :w")  # some seconds later
    answer = place.send(address, reached, content[reached:])  # by another process: this one
    assert answer.status_code == 204
    assert _stored(place, address) == content


@pytest.mark.timeout(180)
@pytest.mark.parametrize("kind_of_store", ["folder"])  # the tests' S3 server holds all in memory
def test_a_large_upload_takes_little_memory(place: Place, running: tuple[str, int]) -> None:
    length = 600 * MB
    address = place.begin(length)
    piece = os.urandom(MB)
    before = psutil.Process().memory_info().rss
    with socket.create_connection(running) as connection:
        announce(connection, place, address, 0, length)
        for _ in range(300):
            connection.sendall(piece)
    _until(lambda: place.offset(address) >= 299 * MB)
    assert psutil.Process().memory_info().rss - before < 100 * MB


def test_an_upload_that_is_not_continued_expires(place: Place) -> None:
    address = place.begin(10)
    place.send(address, 0, b"abc")
    place.do("UPDATE app.media_upload SET expires_at = now() - interval '1 second' WHERE workspace_id = :w")
    assert place.ask("HEAD", address, headers=TUS).status_code == 410
    assert place.send(address, 3, b"def").status_code == 410
    assert len(place.files()) == 1
    forget(0)
    assert place.files() == []
    assert place.ask("HEAD", address, headers=TUS).status_code == 404
