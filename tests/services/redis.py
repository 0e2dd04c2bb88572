"""A real Redis server for the tests: the one on PATH, or Debian's in the root folder of `tests.services.timescaledb`.

`CLIENTNEST_TEST_REDIS_URL` names another one, of which the tests use the database it names.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from tests.services import timescaledb

_OPTIONS = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning")
_ADVICE = (
    "The tests of rate limits need a Redis server. As root on Debian or Ubuntu, `make setup` installs one; elsewhere "
    "put redis-server on PATH, or set CLIENTNEST_TEST_REDIS_URL."
)


@contextmanager
def running() -> Iterator[str]:
    """Start a server of its own on a free loopback port, without persistence, and give its URL."""
    if given := os.environ.get("CLIENTNEST_TEST_REDIS_URL"):
        yield given
        return
    port = _free_port()
    server = subprocess.Popen(
        [*_program(), "--port", str(port), *_OPTIONS], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        url = f"redis://127.0.0.1:{port}/0"
        _wait_until_ready(url)
        yield url
    finally:
        server.terminate()
        server.wait(10)


def _program() -> list[str]:
    if found := shutil.which("redis-server"):
        return [found]
    if os.geteuid() == 0 and (timescaledb.ROOT / "usr" / "bin" / "redis-server").exists():
        return ["chroot", str(timescaledb.ROOT), "/usr/bin/redis-server"]
    raise RuntimeError(_ADVICE)


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 30
    with redis.Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
                return
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
