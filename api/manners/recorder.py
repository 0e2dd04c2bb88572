"""An answer on its way out, held until it has been kept."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.datastructures import Headers
from starlette.types import Message, Send

_KEPT_HEADERS = ("content-type", "location", "link", "etag", "content-language", "content-disposition")


class Recorder:
    """Stands in for `send`. Holds an answer until it is whole, calls `finished`, then sends it.

    One larger than `at_most` bytes is passed on as it comes; `body` then is longer than that, and not whole.
    """

    def __init__(self, send: Send, at_most: int, finished: "Callable[[Recorder], Awaitable[None]]") -> None:
        self._send = send
        self._at_most = at_most
        self._finished = finished
        self._held: list[Message] = []
        self._body = bytearray()
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self.is_finished = False

    @property
    def body(self) -> bytes:
        return bytes(self._body)

    async def send(self, message: Message) -> None:
        """Take what the route sends."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = Headers(raw=message["headers"])
            self.headers = {name: given[name] for name in _KEPT_HEADERS if name in given}
        self._held.append(message)
        is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if message["type"] == "http.response.body" and len(self._body) <= self._at_most:
            self._body += message.get("body", b"")
        if is_last:
            self.is_finished = True
            await self._finished(self)
        if is_last or len(self._body) > self._at_most:
            held, self._held = self._held, []
            for waiting in held:
                await self._send(waiting)
