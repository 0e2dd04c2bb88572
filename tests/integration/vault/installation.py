"""An installation with a file of keys of its own, and ways to look at what it keeps."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clientnest import settings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.server import EmbeddedServer
from clientnest.db.urls import administrator
from clientnest.vault import rotation


@contextmanager
def keys_in(file: Path) -> Iterator[Path]:
    """This process and its children use the keys of that file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIENTNEST_ENCRYPTION_KEYS_FILE", str(file))
        settings.forget()
        yield file
    settings.forget()


def keys(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """`clientnest keys …`, as an operator types it."""
    return subprocess.run(
        [sys.executable, "-m", "clientnest.cli", "keys", *arguments], env=os.environ.copy(), capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip


def used() -> dict[str, int]:
    """How many values each key seals."""
    with session.tenant(Role.MIGRATE) as connection:
        return rotation.usage(connection)


def program(name: str, database: str, *arguments: str) -> str:
    """What a program of the database server says that works on one of its databases."""
    path = EmbeddedServer(settings.core().home).programs() / name
    url = administrator().set(database=database).render_as_string(hide_password=False)
    return subprocess.run([str(path), *arguments, url], check=True, capture_output=True, text=True).stdout
