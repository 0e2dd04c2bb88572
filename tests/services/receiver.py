"""A real receiver of webhooks: a server on a port of this machine that keeps what it is sent, and answers as told."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Mapping[str, str], bytes]


@dataclass(frozen=True)
class Received:
    """One request, as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers`: what to answer to the next requests, 204 where none is left; None: hang up without a word."""

    url: str
    port: int
    received: list[Received] = field(default_factory=list)
    answers: list[Answer | int | None] = field(default_factory=list)
    drip: float = 0.0  # seconds between two bytes of an answer's body
    hold: threading.Event = field(default_factory=threading.Event)  # not set: nothing is answered
    busy: threading.Event = field(default_factory=threading.Event)  # set once a request is there
    at_once: int = 0  # the most requests that were there at the same time
    _there: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, request: Received) -> Answer | None:
        with self._lock:
            self.received.append(request)
            self._there += 1
            self.at_once = max(self.at_once, self._there)
            answer = self.answers.pop(0) if self.answers else 204
        self.busy.set()
        self.hold.wait(60)
        with self._lock:
            self._there -= 1
        return (answer, {}, b"") if isinstance(answer, int) else answer


@contextmanager
def running(host: str = "127.0.0.1", *, port: int = 0, tls: Any = None) -> Iterator[Receiver]:
    """The receiver, on a free port; `tls` is the server's `ssl.SSLContext`."""
    receiver: Receiver

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            answer = receiver.take(
                Received(self.command, self.path, {name.lower(): value for name, value in self.headers.items()},
                         self.rfile.read(length))
            )  # fmt: skip
            if answer is None:
                self.close_connection = True
                return
            status, headers, body = answer
            with suppress(OSError):  # whoever asked may have gone
                self.send_response(status)
                for name, value in {"content-length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                size = 1 if receiver.drip else max(1, len(body))
                for start in range(0, len(body), size):
                    self.wfile.write(body[start : start + size])
                    time.sleep(receiver.drip)

        do_GET = do_POST = _answer  # noqa: N815 - its interface

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver = Receiver(f"{'http' if tls is None else 'https'}://{host}:{server.server_port}", server.server_port)
    receiver.hold.set()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
