"""Senders that flood, stop half way or speak no HTTP, at the API's own process: it answers, forgets them, and lives."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from api.main import MAXIMUM_BODY_BYTES, create_app
from api.manners.connection import LARGEST_HEAD, MOST_HEADERS, Connection
from clientnest.stack.services import api_arguments
from tests.services.processes import free_port, process
from tests.services.served import served

TOKEN = b"/v1/auth/token"
JSON = b"Content-Type: application/json\r\n"


@dataclass
class Site:
    port: int
    process: psutil.Process
    log: Path

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def megabytes(self) -> float:
        return float(self.process.memory_info().rss) / 1024**2

    def answers_within(self, seconds: float) -> bool:
        return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=seconds).status_code == 200

    def said(self, sent: bytes, count: int = 1) -> list[tuple[int, str, bytes]]:
        """Status, kind and body of so many answers to what is sent at once, or of those there are."""
        with closing(self.connected()) as connection:
            with suppress(OSError):  # it was refused before all of it was out
                connection.sendall(sent)
            return answers(received(connection, count=count))


@pytest.fixture(scope="module")
def site(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    port, log = free_port(), tmp_path_factory.mktemp("api") / "log"
    with process(api_arguments(port)[1:], f"http://127.0.0.1:{port}/healthz", log) as started:
        yield Site(port, psutil.Process(started.pid), log)
    assert "request broke" not in log.read_text()
    assert "Traceback" not in log.read_text()


def received(connection: socket.socket, *, count: int = 1000, quiet: float = 5.0) -> bytes:
    """All that comes until there are so many answers, the other side closes, or says nothing for a while."""
    connection.settimeout(quiet)
    got = b""
    with suppress(TimeoutError, ConnectionResetError):
        while len(answers(got, whole=False)) < count and (piece := connection.recv(65536)):
            got += piece
    return got


def answers(got: bytes, *, whole: bool = True) -> list[tuple[int, str, bytes]]:
    """The answers in what was received; `whole`: and nothing else is."""
    found = []
    while b"\r\n\r\n" in got:
        head, _, rest = got.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        length = int(fields.get(b"content-length", b"0"))
        if len(rest) < length:
            break
        found.append((int(first.split()[1]), fields.get(b"content-type", b"").decode(), rest[:length]))
        got = rest[length:]
    assert not whole or got == b"", got[:100]
    return found


def request(path: bytes = b"/v1/me", headers: bytes = b"", body: bytes = b"", method: bytes = b"GET") -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n" + body


def posted(body: bytes, headers: bytes = JSON) -> bytes:
    return request(TOKEN, headers + b"Content-Length: %d\r\n" % len(body), body, b"POST")


def problem(answer: tuple[int, str, bytes]) -> tuple[int, str]:
    status, kind, body = answer
    assert kind == "application/problem+json"
    said = json.loads(body)
    assert said["status"] == status
    assert said["advice"]
    return status, said["code"]


FLOODS = {
    "10,000 headers": b"".join(b"X-%d: y\r\n" % number for number in range(10_000)),
    "10,000 of one name": b"Accept: */*\r\n" * 10_000,
    "one of a megabyte": b"X-Large: " + b"y" * 1024**2 + b"\r\n",
    "a token of a megabyte": b"Authorization: Bearer " + b"y" * 1024**2 + b"\r\n",
    "a name of a megabyte": b"X" * 1024**2 + b": y\r\n",
    "one too many": b"X: y\r\n" * MOST_HEADERS,
    "a byte too much": b"X: " + b"y" * LARGEST_HEAD + b"\r\n",
}


@pytest.mark.parametrize("headers", FLOODS.values(), ids=FLOODS)
def test_a_flood_of_headers_is_cut_off(site: Site, headers: bytes) -> None:
    refused = site.said(request(headers=headers))
    # The operating system may throw an answer away with what is still on its way here.
    assert [problem(one) for one in refused] in ([(431, "head-too-large")], [])
    if len(headers) < 2 * LARGEST_HEAD:
        assert refused
    assert site.answers_within(1)


def test_heads_within_the_limits_are_read_and_so_is_a_long_address(site: Site) -> None:
    for headers in (b"X: y\r\n" * (MOST_HEADERS - 1), b"X: " + b"y" * (LARGEST_HEAD - 100) + b"\r\n"):
        assert [problem(one) for one in site.said(request(headers=headers))] == [(401, "unauthenticated")]
    assert site.said(request(b"/v1/me?" + b"x" * 16_000))[0][0] == 401
    assert [problem(one) for one in site.said(request(b"/" + b"x" * 1024**2))] in ([(431, "head-too-large")], [])


def test_headers_without_end_take_no_memory(site: Site) -> None:
    """Each sends what it can of 64 MB before it is cut off."""
    before = site.megabytes()

    def flood(piece: bytes) -> int:
        sent = 0
        with closing(site.connected()) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Endless: ")
            try:
                while sent < 64 * 1024**2:
                    connection.sendall(piece)
                    sent += len(piece)
            except OSError:
                return sent
        return sent

    pieces = (b"y" * 65536, b"y\r\nX: " * 8192)
    with ThreadPoolExecutor(8) as threads:
        sent = list(threads.map(flood, pieces * 20))
    assert max(sent) < 16 * 1024**2, "what the operating system takes in between, and no more"
    assert site.megabytes() - before < 64
    assert site.answers_within(1)


NO_HTTP = {
    "words": b"hello there\r\n\r\n", "nothing but zeros": bytes(2000),
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00",
    "a length that is none": request(TOKEN, JSON + b"Content-Length: many\r\n", b"{}", b"POST"),
    "a negative length": request(TOKEN, JSON + b"Content-Length: -2\r\n", b"{}", b"POST"),
    "two lengths": request(TOKEN, JSON + b"Content-Length: 2\r\nContent-Length: 3\r\n", b"{}", b"POST"),
    "a length and pieces": request(
        TOKEN, JSON + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n", b"POST"),
    "NUL in a header": request(headers=b"X-Odd: a\x00b\r\n"), "NUL in the address": request(b"/v1/\x00me"),
    "a header without a name": request(headers=b": y\r\n"), "a line that goes on": request(headers=b"X: y\r\n z\r\n"),
    "a method that is none": request(method=b"BREW\x01"), "an older protocol": b"GET /v1/me HTTP/0.9\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("sent", NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_http_is_refused_and_closed(site: Site, sent: bytes) -> None:
    with closing(site.connected()) as connection:
        connection.sendall(sent)
        got = received(connection, count=1)
        assert [one[0] for one in answers(got)] in ([400], [401]), got
        if answers(got)[0][0] == 400:
            assert problem(answers(got)[0]) == (400, "not-http")
            assert connection.recv(1) == b"", "left open"
    assert site.answers_within(1)


def test_odd_hosts_and_addresses_are_answered_like_others(site: Site) -> None:
    for sent in (
        b"GET /v1/me HTTP/1.1\r\nHost: [\r\n\r\n", b"GET /v1/me HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\nHost: a:b:c\r\n\r\n", b"GET /v1/me?\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/me?q=%ff%00&q=%ed%a0%80 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET //v1/me HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/m%00e HTTP/1.1\r\nHost: x\r\n\r\n", b"GET http://[/v1/me HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /docs/%00.js HTTP/1.1\r\nHost: x\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /docs/..%2f..%2fsecrets.json HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /v1/me HTTP/1.0\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Request-ID: \xc3\xa9\xff\r\nUser-Agent: \xff\xe2\x80\xae\r\n\r\n",
    ):  # fmt: skip
        for answer in site.said(sent):
            assert problem(answer)[0] in {400, 401, 404, 405, 422}, sent


def test_a_body_is_as_long_as_it_was_declared(site: Site) -> None:
    body = b'{"email": "a@b.c", "password": "x"}'
    longer = posted(body) + b"more than was declared\r\n\r\n"
    assert [one[0] for one in site.said(longer, count=2)] == [401], "the rest is another request, and is none"
    two = posted(body) + request(b"/v1/me")
    assert [one[0] for one in site.said(two, count=2)] == [401, 401], "the rest is a request of its own"
    shorter = request(TOKEN, JSON + b"Content-Length: 500\r\n", body, b"POST")
    with closing(site.connected()) as connection:
        connection.sendall(shorter)  # and goes away
    assert site.answers_within(1)


def test_a_megabyte_is_the_limit_however_it_is_sent(site: Site) -> None:
    fits = b'{"email": "a@b.c", "password": "' + b"x" * (MAXIMUM_BODY_BYTES - 34) + b'"}'
    assert len(fits) == MAXIMUM_BODY_BYTES
    assert [problem(one) for one in site.said(posted(fits))] == [(422, "bad-input")]
    assert [problem(one) for one in site.said(posted(fits + b" "))] == [(413, "body-too-large")]
    chunked = request(TOKEN, JSON + b"Transfer-Encoding: chunked\r\n", method=b"POST")
    with closing(site.connected()) as connection:  # pieces without end
        connection.sendall(chunked)
        started = time.monotonic()
        for _ in range(20):
            connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        assert [problem(one) for one in answers(received(connection, count=1))] == [(413, "body-too-large")]
        assert time.monotonic() - started < 5
    assert site.said(chunked + b"zz\r\n")[0][0] == 400


def test_json_nested_deep_is_refused_at_once(site: Site) -> None:
    for body in (b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"[" * MAXIMUM_BODY_BYTES):
        started = time.monotonic()
        refused = site.said(posted(body))
        assert [problem(one)[0] for one in refused] == [422]
        assert time.monotonic() - started < 2
    assert site.answers_within(1)


class Impatient(Connection):
    """A tenth of the time, and no test takes half a minute."""

    patience = Connection.patience / 10
    look_every = Connection.look_every / 10


def stopped(connection: socket.socket, sent: bytes, then: bytes = b"") -> tuple[float, list[int]]:
    """After how many seconds it was closed, and what was said on it; `then`: sent after an answer."""
    started = time.monotonic()
    with closing(connection):
        connection.sendall(sent)
        got = received(connection, count=1) if then else b""
        connection.sendall(then)
        got += received(connection, quiet=5 * Impatient.patience)
        return time.monotonic() - started, [one[0] for one in answers(got)]


def trickled(connection: socket.socket) -> float:
    """A header now and then, which never ends: how long it was listened to."""
    started = time.monotonic()
    with closing(connection), suppress(OSError):
        connection.sendall(b"GET / HTTP/1.1\r\n")
        while time.monotonic() < started + 5 * Impatient.patience:
            connection.sendall(b"X: y\r\n")
            time.sleep(0.1)
    return time.monotonic() - started


def slowly(connection: socket.socket) -> list[int]:
    """What is answered to a body at twice the least pace: as slow as it gets, for longer than patience lasts."""
    pace = int(2 * Impatient.slowest)
    body = b'{"email": "a@b.c", "password": "' + b"x" * int(2 * Impatient.patience * pace) + b'"}'
    with closing(connection):
        connection.sendall(request(TOKEN, JSON + b"Content-Length: %d\r\n" % len(body), method=b"POST"))
        for start in range(0, len(body), pace):
            connection.sendall(body[start : start + pace])
            time.sleep(1)
        return [one[0] for one in answers(received(connection, count=1))]


def test_who_stops_half_way_is_let_go_and_who_is_slow_is_not(database: str) -> None:
    half = request(TOKEN, JSON + b"Content-Length: 500\r\n", b'{"email"', b"POST")
    too_large = request(TOKEN, JSON + b"Content-Length: 5000000\r\n", b"x", b"POST")
    sent = [(b"",), (b"GET / HT",), (half,), (too_large,), (request(), b"\r\n"), (request(), b"GET / HTTP/1.1\r\n")]
    with served(create_app(), http=Impatient) as place, ThreadPoolExecutor(8) as threads:
        host, _, port = place.partition(":")

        def connected() -> socket.socket:
            return socket.create_connection((host, int(port)))

        waiting = [threads.submit(stopped, connected(), *one) for one in sent]
        trickle, slow = threads.submit(trickled, connected()), threads.submit(slowly, connected())
        while not slow.done():
            assert httpx.get(f"http://{place}/healthz", timeout=1).status_code == 200
            time.sleep(0.2)
        ended = [one.result() for one in waiting]
    assert [said for _, said in ended] == [[], [408], [408], [413], [401], [401, 408]]
    assert max(seconds for seconds, _ in ended) < 4 * Impatient.patience
    assert trickle.result() < 4 * Impatient.patience
    assert slow.result() == [422]
