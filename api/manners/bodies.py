"""A request's body on its way to the route: hashed in passing, and told apart from another one."""

import re
from collections.abc import AsyncIterator
from hashlib import sha256

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

LARGEST_HELD = 1024**2
"""Bytes up to which a body is read before anything is decided; a larger one is hashed while the route reads it."""
_BOUNDARY = re.compile(r"""multipart/[^;]*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^;\s]+))""", re.IGNORECASE)


class Digest:
    """SHA-256 of a body, whatever the pieces it comes in.

    The boundary between the parts of a form is left out: senders draw another one each time they send the same form.
    """

    def __init__(self, content_type: str) -> None:
        found = _BOUNDARY.match(content_type)
        self._boundary = (found[1] or found[2]).encode("latin-1") if found else b""
        self._hash = sha256()
        self._held = b""

    def update(self, piece: bytes) -> None:
        """Take the next bytes."""
        if not self._boundary:
            self._hash.update(piece)
            return
        *whole, last = (self._held + piece).split(self._boundary)
        for part in whole:
            self._hash.update(part + b"\0")
        # What may be the beginning of a boundary waits for the rest of it.
        kept = min(len(self._boundary) - 1, len(last))
        self._hash.update(last[: len(last) - kept])
        self._held = last[len(last) - kept :]

    def finish(self) -> bytes:
        """The hash, once everything was taken."""
        self._hash.update(self._held)
        self._held = b""
        return self._hash.digest()


class Body:
    """The body of one request. `receive` is for the route; `sha256` is there once all of it has been read."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        self._receive = receive
        self._digest = Digest(headers.get("content-type", ""))
        self._held: Message | None = None
        self._is_small = _is_small(headers)
        self.sha256: bytes | None = None

    async def read_if_small(self) -> None:
        """Read it now where it is small enough to be held. `ClientDisconnect` where the sender went away."""
        if self._is_small:
            pieces = [piece async for piece in self._pieces()]
            self._held = {"type": "http.request", "body": b"".join(pieces), "more_body": False}

    async def read_all(self) -> bytes:
        """Read what is left without holding it, and give the hash."""
        async for _ in self._pieces():
            pass
        assert self.sha256 is not None  # noqa: S101  # set with the last piece
        return self.sha256

    async def receive(self) -> Message:
        """What the route receives."""
        if self._held is not None:
            held, self._held = self._held, None
            return held
        message = await self._receive()
        self._take(message)
        return message

    async def _pieces(self) -> AsyncIterator[bytes]:
        while self.sha256 is None:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            self._take(message)
            yield message.get("body", b"")

    def _take(self, message: Message) -> None:
        if message["type"] == "http.request" and self.sha256 is None:
            self._digest.update(message.get("body", b""))
            if not message.get("more_body", False):
                self.sha256 = self._digest.finish()


def _is_small(headers: Headers) -> bool:
    length = headers.get("content-length", "")
    if "transfer-encoding" in headers:
        return False
    return not length or (length.isascii() and length.isdigit() and len(length) < 12 and int(length) <= LARGEST_HELD)
