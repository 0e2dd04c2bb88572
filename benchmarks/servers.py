"""HTTP servers as benchmarks start them: one process each, on a free port, with uvicorn as the product starts it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from urllib.request import urlopen

from clientnest.db.roles import Role
from clientnest.stack.services import api_arguments, uvicorn_arguments


@dataclass(frozen=True, slots=True)
class Server:
    """One process that answers at a port of this machine."""

    port: int
    pid: int


def product() -> AbstractContextManager[Server]:
    """The API as `make run` starts it."""
    port = _free_port()
    return _server(api_arguments(port), port)


def bare(query: str, workspace: str, role: Role = Role.DBT) -> AbstractContextManager[Server]:
    """`benchmarks.bare`, started the same way; `role`: who owns what the query reads."""
    port = _free_port()
    arguments = uvicorn_arguments("benchmarks.bare:app", port)
    return _server(arguments, port, BENCH_QUERY=query, BENCH_WORKSPACE=workspace, BENCH_ROLE=role.value)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _server(arguments: Sequence[str], port: int, **environment: str) -> Iterator[Server]:
    process = subprocess.Popen(
        [sys.executable, *arguments], env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    try:
        _wait_for(port, process)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        try:
            urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1)
        except OSError:
            if process.poll() is not None:
                sys.exit("The server did not start.")
            time.sleep(0.1)
        else:
            return
    sys.exit("The server does not answer.")
