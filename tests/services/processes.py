"""The product's own processes, as tests start them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from clientnest.stack.services import api_arguments
from clientnest.tasks import run_worker

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("clientnest")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def drain() -> None:
    """Run what waits in the queue: what `clientnest worker --drain` does, without a process's start."""
    run_worker(wait=False)


@contextmanager
def process(
    arguments: Sequence[str], answers_at: str, log: Path, *, folder: Path = ROOT, **environment: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """`python -m …` until the end of the block, from when it answers at that address; `log` says why it does not."""
    with log.open("a") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", *arguments], env={**os.environ, **environment}, cwd=folder, stdout=output,
            stderr=output,
        )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while not _answers(answers_at):
            assert started.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.2)
        yield started
    finally:
        started.terminate()
        started.wait(timeout=20)


@contextmanager
def api(log: Path, *, port: int, **environment: str) -> Iterator[str]:
    """The API on a port of this machine, started as the product starts it: gives its address."""
    address = f"http://localhost:{port}"
    with process(api_arguments(port)[1:], f"{address}/healthz", log, **environment):
        yield address


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2).status_code == 200
    except httpx.TransportError:
        return False
