"""Ten thousand clients of `/v1/events` in one process: `python -m benchmarks.listeners` with a plan as JSON.

A client is a socket with a buffer and nothing else, so that the process takes little of what the servers need. It says
`ready` on a line of its own when all listen, and ends when its input does, with what it has heard.
"""

import asyncio
import json
import os
import resource
import struct
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

_TEXT, _CLOSE, _PING = 1, 8, 9
_AT_ONCE = 50  # that connect at the same time
_MASK = b"\0\0\0\0"  # allowed, and saves the work of masking


@dataclass(frozen=True, slots=True)
class Plan:
    """Clients are spread evenly over `ports`, and over people by their `tokens`."""

    ports: list[int]
    tokens: list[str]
    workspace_id: str
    clients: int


class _Client(asyncio.Protocol):
    """One client: says hello, then notes when each event arrives."""

    def __init__(self, heard: dict[int, list[float]], hello: bytes) -> None:
        self.heard, self.hello = heard, hello
        self.buffer = b""
        self.is_open = False
        self.ready = asyncio.get_running_loop().create_future()
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = "c2l4dGVlbiBieXRlcyEhIQ=="
        transport.write(
            f"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.is_open:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head[:20]:
                self._fail(head.decode(errors="replace"))
                return
            self.is_open, self.buffer = True, rest
            self.transport.write(_frame(_TEXT, self.hello))
        while (frame := self._next()) is not None:
            self._take(*frame)

    def _next(self) -> tuple[int, bytes] | None:
        if len(self.buffer) < 2:
            return None
        length, start = self.buffer[1] & 127, 2
        if length == 126:
            if len(self.buffer) < 4:
                return None
            length, start = struct.unpack("!H", self.buffer[2:4])[0], 4
        if len(self.buffer) < start + length:
            return None
        kind, body = self.buffer[0] & 15, self.buffer[start : start + length]
        self.buffer = self.buffer[start + length :]
        return kind, body

    def _take(self, kind: int, body: bytes) -> None:
        if kind == _TEXT and b'"sent"' in body:
            now = time.time()
            payload = json.loads(body)["payload"]
            self.heard[payload["number"]].append(now - payload["sent"])
        elif kind == _TEXT and not self.ready.done():
            self.ready.set_result(None)
        elif kind == _PING:
            self.transport.write(_frame(10, body))
        elif kind == _CLOSE:
            self._fail(body.decode(errors="replace"))

    def _fail(self, why: str) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(why))

    def connection_lost(self, _: Exception | None) -> None:
        self._fail("closed")


def _frame(kind: int, body: bytes) -> bytes:
    length = bytes([128 | len(body)]) if len(body) < 126 else bytes([128 | 126]) + struct.pack("!H", len(body))
    return bytes([128 | kind]) + length + _MASK + body


async def _listen(plan: Plan) -> None:
    heard: dict[int, list[float]] = defaultdict(list)
    loop = asyncio.get_running_loop()
    turn = asyncio.Semaphore(_AT_ONCE)
    began = time.perf_counter()

    async def one(number: int) -> None:
        token = plan.tokens[number % len(plan.tokens)]
        hello = json.dumps({"token": token, "workspace_id": plan.workspace_id}).encode()
        async with turn:
            _, client = await loop.create_connection(
                lambda: _Client(heard, hello), "127.0.0.1", plan.ports[number % len(plan.ports)]
            )
            await client.ready

    await asyncio.gather(*(one(number) for number in range(plan.clients)))
    _say({"ready": True, "seconds": time.perf_counter() - began, "bytes": _memory()})
    before, since = _cpu(), time.perf_counter()
    await loop.run_in_executor(None, sys.stdin.readline)
    _say({"heard": heard, "cpu": (_cpu() - before) / (time.perf_counter() - since)})


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _memory() -> int:
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024


def main() -> None:
    plan = Plan(**json.loads(sys.stdin.readline()))
    asyncio.run(_listen(plan))
    os._exit(0)  # closing ten thousand sockets politely takes longer than all of it


if __name__ == "__main__":
    main()
