"""The machine, the installed packages and the data folder."""

import os
import stat
import sys

import psutil

from clientnest.db.server import MINIMUM_FREE_BYTES
from clientnest.home import free_bytes
from clientnest.stack import install
from clientnest.stack.doctor.findings import Findings, fail, ok, skip, warn
from clientnest.stack.layout import Layout

_COMFORTABLE_FREE_BYTES = 5 * 1024**3
_COMFORTABLE_MEMORY_BYTES = 4 * 1024**3


def python(_: Layout) -> Findings:
    """The interpreter's version."""
    here = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] in install.PYTHONS:
        yield ok("Python", f"{here} ({sys.executable})")
    else:
        newest, oldest = (".".join(map(str, install.PYTHONS[index])) for index in (0, -1))
        yield fail("Python", f"{here}; ClientNest runs on {oldest} to {newest}", "make install PYTHON=python3.13")


def packages(_: Layout) -> Findings:
    """Whether the environment holds what the lock lists."""
    if not (install.ROOT / "uv.lock").exists():
        yield skip("Packages", "installed without a lock file beside them")
    elif install.holds(set()):
        yield ok("Packages", "as uv.lock lists them")
    else:
        yield warn("Packages", "not known to be as uv.lock lists them", "make install")


def resources(layout: Layout) -> Findings:
    """Disk and memory."""
    free = free_bytes(layout.home)
    said = f"{free / 1024**3:.1f} GB free for {layout.home}"
    if free < MINIMUM_FREE_BYTES:
        yield fail("Disk", said, "Free some space, or set CLIENTNEST_HOME to a folder on a larger disk.")
    elif free < _COMFORTABLE_FREE_BYTES:
        yield warn("Disk", said, "Enough to run; a large import needs more.")
    else:
        yield ok("Disk", said)
    memory = psutil.virtual_memory()
    said = f"{memory.available / 1024**3:.1f} of {memory.total / 1024**3:.1f} GB available"
    if memory.total < _COMFORTABLE_MEMORY_BYTES:
        yield warn("Memory", said, "All processes together need about 2 GB, and more while models are trained.")
    else:
        yield ok("Memory", said)


def data_folder(layout: Layout) -> Findings:
    """The data folder, its rights, its secrets, and databases that were set aside."""
    home = layout.home
    if not home.exists():
        yield warn("Data folder", f"{home} does not exist yet", "`make run` makes it.")
        return
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        yield fail("Data folder", f"{home} cannot be written by this user", "Run as its owner, or set CLIENTNEST_HOME.")
        return
    yield ok("Data folder", str(home))
    secrets_file = home / "secrets.json"
    if secrets_file.exists():
        if stat.S_IMODE(secrets_file.stat().st_mode) & 0o077:
            yield fail("Secrets", f"{secrets_file} can be read by other users", f"chmod 600 {secrets_file}")
        else:
            yield ok("Secrets", "readable by their owner only")
    for aside in sorted(home.glob("postgres.orphan-*")):
        yield warn(
            "Set aside",
            f"{aside} is a database whose secrets.json was missing",
            "Stop ClientNest, put its secrets.json back and rename the folder to `postgres`; or delete it.",
        )
