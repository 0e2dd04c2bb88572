"""A real S3 server for the tests: moto's, as a process of its own, which keeps its buckets in memory."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import s3fs

from tests.services.processes import free_port

BUCKET = "media-of-tests"


@dataclass(frozen=True)
class S3:
    """The server's address, and what leads programs to it."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "of-tests", "AWS_SECRET_ACCESS_KEY": "of-tests",
            "AWS_DEFAULT_REGION": "us-east-1",
        }  # fmt: skip

    def filesystem(self) -> Any:
        """The server as fsspec sees it."""
        return s3fs.S3FileSystem(
            endpoint_url=self.url, key="of-tests", secret="of-tests", use_listings_cache=False,
            skip_instance_cache=True,
        )  # fmt: skip


@contextmanager
def running() -> Iterator[S3]:
    """The server until the end of the block, with one empty bucket."""
    port = free_port()
    arguments = ["moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen([sys.executable, "-m", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = S3(f"http://127.0.0.1:{port}")
    try:
        until = time.monotonic() + 60
        while not _answers(made.url):
            assert server.poll() is None, "it did not start"
            assert time.monotonic() < until
            time.sleep(0.1)
        made.filesystem().mkdir(BUCKET)
        yield made
    finally:
        server.terminate()
        server.wait(timeout=20)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/moto-api/", timeout=2).status_code < 500
    except httpx.TransportError:
        return False
