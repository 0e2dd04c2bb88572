"""How a connection may behave: `uvicorn --http api.manners.connection:Connection`.

uvicorn takes the head of a request (its first line and headers) however long it becomes, and waits for the rest of a
request for ever: a gigabyte of headers would be held in memory, and some thousand senders that stop in the middle would
hold every connection there can be. Here a head has limits and has to be whole in time; a body may take as long as it
likes while it comes no slower than by an old modem, which is what Apache's mod_reqtimeout asks for by default.
"""

import asyncio
from enum import Enum, auto

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.errors import problem
from clientnest.ids import new_id

LARGEST_HEAD = 32 * 1024
MOST_HEADERS = 100


class _Awaited(Enum):
    """What is to come next from the sender."""

    HEAD = auto()
    BODY = auto()
    REST = auto()  # of a body whose answer is out already: it is thrown away
    NOTHING = auto()  # the answer is ours; once it is out, uvicorn waits for the next request as it is told to


class _TooMuch(Exception):
    """Ends the parsing of a head; `send_400_response` says why."""


class Connection(HttpToolsProtocol):
    """One connection. What it refuses is answered by a problem, and closes it.

    A head has `patience` seconds, a body as many and one more for each `slowest` bytes of it.
    """

    patience = 20.0
    slowest = 500.0
    look_every = 2.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._head = self._body = 0  # bytes of the present request
        self._has_begun = self._is_too_much = False
        self._await(_Awaited.HEAD)
        self._look = self.loop.call_later(self.look_every, self._be_patient)

    def connection_lost(self, exc: Exception | None) -> None:
        self._look.cancel()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._look.cancel()  # from here on the connection is another protocol's
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        within_head = self._awaited is _Awaited.HEAD
        super().data_received(data)
        if self.transport.is_closing():
            return
        if within_head and self._awaited is _Awaited.HEAD:  # all of it belongs to a head that is not whole yet
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self._is_too_much = True
                self.send_400_response("")
        elif self._awaited is _Awaited.NOTHING and self._is_answered and self.timeout_keep_alive_task is None:
            self._await(_Awaited.HEAD)  # it began nothing, and stopped uvicorn's own waiting for the next request

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head, self._has_begun = 0, True
        if self._awaited is not _Awaited.HEAD:
            self._await(_Awaited.HEAD)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if len(self.headers) > MOST_HEADERS:
            self._is_too_much = True
            raise _TooMuch

    def on_headers_complete(self) -> None:
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD:
            self._is_too_much = True
            raise _TooMuch
        super().on_headers_complete()
        self._body, self._has_begun = 0, False
        self._await(_Awaited.BODY)

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._await(_Awaited.NOTHING)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words for what is no HTTP
        if self._is_too_much:
            self._refuse(
                431, "head-too-large", "The headers are too many, or too long.",
                f"Send at most {MOST_HEADERS} headers, and {LARGEST_HEAD:,} bytes with the address.",
            )  # fmt: skip
        else:
            self._refuse(400, "not-http", "This is not a request as HTTP has them.", "Let a library build it.")

    @property
    def _is_answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _await(self, awaited: _Awaited) -> None:
        self._awaited, self._since = awaited, self.loop.time()

    def _be_patient(self) -> None:
        """Look now and then whether the sender still does what it should."""
        if self.transport.is_closing():
            return
        waited = self.loop.time() - self._since
        if self._awaited is _Awaited.BODY and (self.flow.read_paused or self.cycle.waiting_for_100_continue):
            self._since += self.look_every  # it is we who are slow
        elif self._awaited is _Awaited.BODY and self._is_answered:
            self._await(_Awaited.REST)
        elif waited > self._patience():
            if self._awaited is _Awaited.BODY or self._has_begun:
                self._refuse(408, "too-slow", "The request did not come in time.", "Send it again, without a pause.")
            else:
                self.transport.close()
            return
        self._look = self.loop.call_later(self.look_every, self._be_patient)

    def _patience(self) -> float:
        if self._awaited is _Awaited.NOTHING:
            return float("inf")
        return self.patience + (self._body / self.slowest if self._awaited is _Awaited.BODY else 0)

    def _refuse(self, status: int, code: str, detail: str, advice: str) -> None:
        """Say why, and close; where requests from before are still being answered, the last answer closes."""
        cycle = self.cycle
        if not self._is_answered and (self.pipeline or not cycle.more_body):
            cycle.keep_alive = False
            return
        if self._is_answered or not cycle.response_started:
            said = problem(status=status, code=code, detail=detail, advice=advice, request_id=new_id().hex)
            body = said.model_dump_json().encode()
            fields = (
                b"content-type: application/problem+json",
                b"content-length: %d" % len(body),
                b"connection: close",
            )
            self.transport.write(STATUS_LINE[status] + b"\r\n".join(fields) + b"\r\n\r\n" + body)
        if not self._is_answered:  # its body never becomes whole: whoever waits for it hears that nobody is there
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()
