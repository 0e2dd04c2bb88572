"""A load generator for one HTTP server, in a process of its own: `python -m benchmarks.load` with a plan as JSON.

Requests are written as bytes to sockets kept open, and answers are read no further than their length, so that the
generator takes little of what the server needs. With `connections` each sends its next request when it has its answer
(how much the server does); with `rate` requests leave at their appointed times whatever became of those before, and
are timed from those times (how long people wait).
"""

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask for, for how long. With `bodies` (JSON, sent in turn) it is a POST; `tokens` are sent in turn, too."""

    port: int
    path: str
    seconds: float
    connections: int = 32
    rate: float | None = None  # requests per second; None: each connection goes on as it gets answers
    many_places: bool = False  # each connection comes from an address of its own
    tokens: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back. Seconds; `cpu` is the generator's own time on a processor over the time that passed."""

    per_second: float
    p50: float
    p95: float
    p99: float
    slowest: float
    statuses: dict[str, int]
    bytes: int
    cpu: float


def run(*plans: Plan) -> list[Outcome]:
    """Carry out plans at the same time, each in a process of its own."""
    running = [
        subprocess.Popen([sys.executable, "-m", "benchmarks.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in plans
    ]
    for process, plan in zip(running, plans, strict=True):
        assert process.stdin is not None
        process.stdin.write(json.dumps(asdict(plan)).encode())
        process.stdin.close()
    outcomes = []
    for process in running:
        assert process.stdout is not None
        outcomes.append(Outcome(**json.loads(process.stdout.read())))
        process.wait()
    return outcomes


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of ordered values lie; 0 where there are none."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


class _Connection:
    """One kept connection."""

    def __init__(self, port: int, place: int | None) -> None:
        self._port = port
        self._from = None if place is None else (f"127.0.{1 + place // 250}.{1 + place % 250}", 0)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes) -> tuple[str, int]:
        """Send a request and read its answer: the status and the length of the body."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=self._from)
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = head[9:12].decode()
        at = head.lower().index(b"content-length:")
        length = int(head[at + 15 : head.index(b"\r", at)])
        await self._reader.readexactly(length)
        return status, length


class _Sender:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.taken: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.bytes = 0
        self._requests = [
            _request(plan.path, token, body) for body in plan.bodies or [""] for token in plan.tokens or [""]
        ]
        self._sent = 0

    def _connection(self, number: int) -> _Connection:
        return _Connection(self.plan.port, number if self.plan.many_places else None)

    async def one(self, connection: _Connection, since: float) -> None:
        self._sent += 1
        status, length = await connection.ask(self._requests[self._sent % len(self._requests)])
        self.taken.append(time.perf_counter() - since)
        self.statuses[status] += 1
        self.bytes += length

    async def closed(self, until: float) -> None:
        async def keep_on(number: int) -> None:
            connection = self._connection(number)
            while (now := time.perf_counter()) < until:
                await self.one(connection, now)

        await asyncio.gather(*(keep_on(number) for number in range(self.plan.connections)))

    async def open(self, rate: float, began: float, until: float) -> None:
        free: asyncio.Queue[_Connection] = asyncio.Queue()
        for number in range(self.plan.connections):
            free.put_nowait(self._connection(number))

        async def at(moment: float) -> None:
            await asyncio.sleep(max(moment - time.perf_counter(), 0))
            connection = await free.get()
            await self.one(connection, moment)
            free.put_nowait(connection)

        moments = [began + number / rate for number in range(int((until - began) * rate))]
        await asyncio.gather(*(at(moment) for moment in moments))


def _request(path: str, token: str, body: str) -> bytes:
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", "host: localhost"]
    if token:
        lines.append(f"authorization: Bearer {token}")
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body.encode())}"]
    return "\r\n".join([*lines, "", body]).encode()


async def _carry_out(plan: Plan) -> Outcome:
    warm = _Sender(plan)
    await warm.closed(time.perf_counter() + min(1.0, plan.seconds)) if plan.rate is None else None
    sender = _Sender(plan)
    began, cpu = time.perf_counter(), _cpu()
    if plan.rate is None:
        await sender.closed(began + plan.seconds)
    else:
        await sender.open(plan.rate, began, began + plan.seconds)
    passed = time.perf_counter() - began
    ordered = sorted(sender.taken)
    return Outcome(
        len(ordered) / passed, *(percentile(ordered, share) for share in (0.5, 0.95, 0.99, 1.0)),
        dict(sender.statuses), sender.bytes, (_cpu() - cpu) / passed,
    )  # fmt: skip


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    given: dict[str, Any] = json.load(sys.stdin)
    json.dump(asdict(asyncio.run(_carry_out(Plan(**given)))), sys.stdout)


if __name__ == "__main__":
    main()
