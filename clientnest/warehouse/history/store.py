"""Where the history's files are: a local folder, or an address that fsspec or Arrow knows. Files appear whole or not.

Local files are written aside, flushed to disk and renamed. Object stores show an object when its upload is complete.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import duckdb

from clientnest import settings
from clientnest.errors import ConfigurationError


class Store(Protocol):
    """Files by name relative to the history's root."""

    def read(self, name: str) -> bytes | None:
        """A small file's content, None where it does not exist."""

    def replace(self, name: str, content: bytes) -> None:
        """Write a small file in one step, over the one of that name."""

    def adopt(self, written: Path, name: str) -> None:
        """Take over a finished local file under a new name."""

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""

    def names(self) -> list[str]:
        """Every Parquet file there is."""

    def address(self, name: str) -> str:
        """The file as DuckDB reads it, on a connection that `attach` was called with."""

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let a DuckDB connection read this store."""

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A local folder for unfinished files, removed afterwards; what a killed process left there is removed too."""
        ...


def default_destination() -> str:
    """CLIENTNEST_HISTORY_URL, or the folder `history` of this installation."""
    core = settings.core()
    return core.history_url or str(core.home / "history")


def open_store(destination: str | Path) -> Store:
    """The store at a local path, `file://`, `s3://bucket/folder`, or any address that fsspec can open."""
    text = str(destination)
    if text.startswith("file://"):
        return LocalStore(Path(text.removeprefix("file://")))
    if "://" not in text:
        return LocalStore(Path(text))
    try:
        if text.startswith("s3://"):
            from fsspec.implementations.arrow import ArrowFSWrapper
            from pyarrow.fs import S3FileSystem

            filesystem, root = S3FileSystem.from_uri(text)
            return RemoteStore(ArrowFSWrapper(filesystem), "s3", root)
        from fsspec.core import url_to_fs

        filesystem, root = url_to_fs(text)
        return RemoteStore(filesystem, text.partition("://")[0], root)
    except (ImportError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"The history's address {text} cannot be opened: {error}",
            advice="Set CLIENTNEST_HISTORY_URL to a folder or to s3://bucket/folder.",
        ) from error


class LocalStore:
    """A folder on this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def read(self, name: str) -> bytes | None:
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None

    def replace(self, name: str, content: bytes) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        descriptor, fresh = tempfile.mkstemp(dir=self._root, prefix=".writing-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        self.adopt(Path(fresh), name)

    def adopt(self, written: Path, name: str) -> None:
        target = self._root / name
        made = [folder for folder in target.parents if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        _flush(written)
        written.replace(target)
        for folder in {target.parent, *(folder.parent for folder in made)}:
            _flush(folder)

    def remove(self, name: str) -> None:
        (self._root / name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        return [str(path.relative_to(self._root)) for path in self._root.rglob("*.parquet")
                if not path.relative_to(self._root).parts[0].startswith(".")]  # fmt: skip

    def address(self, name: str) -> str:
        return str(self._root / name)

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Nothing to do: DuckDB reads local files itself."""

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        folder = self._root / ".writing"  # on the same disk, so that a file moves with one rename
        shutil.rmtree(folder, ignore_errors=True)
        for left in self._root.glob(".writing-*"):
            left.unlink()
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class RemoteStore:
    """A folder of an fsspec filesystem, read by DuckDB through Python."""

    def __init__(self, filesystem: Any, protocol: str, root: str) -> None:
        self._filesystem = filesystem
        self._protocol = protocol
        self._root = root.rstrip("/")

    def read(self, name: str) -> bytes | None:
        try:
            with self._filesystem.open(f"{self._root}/{name}", "rb") as file:
                content: bytes = file.read()
            return content
        except FileNotFoundError:
            return None

    def replace(self, name: str, content: bytes) -> None:
        with self._filesystem.open(f"{self._root}/{name}", "wb") as file:
            file.write(content)

    def adopt(self, written: Path, name: str) -> None:
        with written.open("rb") as source, self._filesystem.open(f"{self._root}/{name}", "wb") as target:
            shutil.copyfileobj(source, target, 8 * 1024**2)

    def remove(self, name: str) -> None:
        if self._filesystem.exists(f"{self._root}/{name}"):
            self._filesystem.rm_file(f"{self._root}/{name}")

    def names(self) -> list[str]:
        if not self._filesystem.exists(self._root):
            return []
        found = [str(path) for path in self._filesystem.find(self._root)]
        return [path[path.index(self._root) + len(self._root) + 1 :] for path in found if path.endswith(".parquet")]

    def address(self, name: str) -> str:
        return f"{self._protocol}://{self._root.lstrip('/')}/{name}"

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        if not connection.filesystem_is_registered(self._protocol):
            connection.register_filesystem(self._filesystem)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="clientnest-history-") as folder:
            yield Path(folder)


def _flush(path: Path) -> None:
    """To disk: a file's content, or a folder's list of names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
