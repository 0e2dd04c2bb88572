"""A real TimescaleDB server for the tests: Debian's package in a root folder of its own, started with chroot.

`python -m tests.services.timescaledb install` makes the root folder (about 20 s, 540 MB, kept between runs); the
fixture starts and stops the server. Where neither root on Debian/Ubuntu nor `CLIENTNEST_TEST_TIMESCALEDB_URL` (an
administrator's URL of a TimescaleDB server for tests) is at hand, the message says exactly what to do.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

ROOT = Path(os.environ.get("CLIENTNEST_TEST_CACHE", "/var/cache/clientnest-tests")) / "trixie"
PACKAGES = "postgresql-17-timescaledb,postgresql-17-pgvector,redis-server"
_BIN = "/usr/lib/postgresql/17/bin"
_ADVICE = (
    "The TimescaleDB tests need a server. As root on Debian or Ubuntu, `make setup` installs one; elsewhere set "
    "CLIENTNEST_TEST_TIMESCALEDB_URL to the administrator's URL of a TimescaleDB 2.19+ server on Postgres 17."
)


def install() -> None:
    """Make the root folder where it is missing; a half-made one is made again."""
    if os.environ.get("CLIENTNEST_TEST_TIMESCALEDB_URL") or (ROOT / ".complete").exists():
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SystemExit(_ADVICE)
    if shutil.which("mmdebstrap") is None:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "mmdebstrap"], check=True)
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.parent.mkdir(parents=True, exist_ok=True)
    # Without its policy file Debian would start the servers it installs.
    subprocess.run(
        ["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", "--mode=root", "--quiet", "trixie", str(ROOT)],
        check=True,
    )
    (ROOT / ".complete").touch()


@contextmanager
def running(_folder: Path) -> Iterator[str]:
    """Start a server of its own on a free loopback port and give its administrator URL."""
    given = os.environ.get("CLIENTNEST_TEST_TIMESCALEDB_URL")
    if given:
        yield given
        return
    if not (ROOT / ".complete").exists():
        raise RuntimeError(_ADVICE)
    port = _free_port()
    data = f"/var/lib/clientnest-{os.getpid()}"  # inside the root folder
    _inside("install", "-d", "-o", "postgres", "-g", "postgres", "-m", "700", data)
    _as_postgres(f"{_BIN}/initdb -D {data}/data -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8")
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": data,
        "shared_preload_libraries": "timescaledb",
        "dynamic_shared_memory_type": "mmap",
        "timescaledb.telemetry_level": "off",
        "fsync": "off",
    }
    options = f"-p {port} " + " ".join(f"-c {key}={value}" for key, value in settings.items())
    _as_postgres(f"{_BIN}/pg_ctl -D {data}/data -l {data}/log -w -t 60 -o '{options}' start")
    try:
        url = f"postgresql://postgres:postgres@127.0.0.1:{port}/postgres"
        _wait_until_ready(url)
        yield url
    finally:
        _as_postgres(f"{_BIN}/pg_ctl -D {data}/data -m immediate -w stop")
        shutil.rmtree(ROOT / data.lstrip("/"), ignore_errors=True)


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg2.connect(url).close()
            return
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _inside(*command: str) -> None:
    subprocess.run(["chroot", str(ROOT), *command], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def _as_postgres(command: str) -> None:
    quiet = f"{command} >/dev/null 2>&1"  # a server that keeps our output open would never let go of it
    _inside("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "sh", "-c", quiet)


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        raise SystemExit("usage: python -m tests.services.timescaledb install")
    install()
