"""Where the files of media lie: a folder, or one of an object store. Files appear whole or not at all.

A key is `workspace/media/name`; names carry an id of whoever wrote the file, so that nobody writes over another's.
"""

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from clientnest import settings
from clientnest.errors import ConfigurationError, Unavailable

_SCRATCH = ".writing"
_STALE_SECONDS = 24 * 3600
_BLOCK, _REMOTE_BLOCK = 256 * 1024, 4 * 1024**2


class Store(Protocol):
    """Files by key. `Unavailable` where the store does not answer, or is full."""

    def adopt(self, written: Path, key: str) -> None:
        """Take over a finished local file, durably."""

    def read(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `stop`, in blocks. `FileNotFoundError` where there is no such file."""

    def size(self, key: str) -> int:
        """Its bytes. `FileNotFoundError`."""

    def remove(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""

    def files(self, folder: str = "") -> Iterator[tuple[str, datetime]]:
        """Every file there is (in `workspace/media`, where that is given), and when it was written; in order."""

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A local folder for unfinished files, removed afterwards; so is what killed processes left a day ago."""
        ...


def store() -> Store:
    """The store of this installation."""
    address = settings.media().media_url or str(settings.core().home / "media")
    return _opened(address, settings.core().home)


@lru_cache(maxsize=4)
def _opened(address: str, home: Path) -> Store:
    if "://" not in address or address.startswith("file://"):
        return LocalStore(Path(address.removeprefix("file://")).expanduser().absolute())
    if not address.startswith("s3://") or not address.removeprefix("s3://").strip("/"):
        raise ConfigurationError(
            f"CLIENTNEST_MEDIA_URL is {address}, which is no place for media.",
            advice="Set it to a folder or to s3://bucket/folder, or leave it empty.",
        )
    return RemoteStore(address.removeprefix("s3://").strip("/"), home / "uploads" / "media")


class LocalStore:
    """A folder on this machine, or one that several machines share."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def adopt(self, written: Path, key: str) -> None:
        target = self._root / key
        with _explained():
            made = [folder for folder in target.parents if not folder.exists()]
            _flush(written)
            try:
                self._move(written, target)
            except FileNotFoundError:  # its folder was empty, and removed at this moment
                self._move(written, target)
            for folder in {target.parent, *(folder.parent for folder in made)}:
                _flush(folder)

    def _move(self, written: Path, target: Path) -> None:
        """From another disk it is copied beside its place first."""
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            written.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            beside = target.with_name(f".{target.name}")
            shutil.copyfile(written, beside)
            _flush(beside)
            beside.replace(target)
            written.unlink()

    def read(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        with (self._root / key).open("rb") as file:
            file.seek(start)
            left = stop - start if stop is not None else None
            while block := file.read(_BLOCK if left is None else min(_BLOCK, left)):
                left = None if left is None else left - len(block)
                yield block

    def size(self, key: str) -> int:
        return (self._root / key).stat().st_size

    def remove(self, key: str) -> None:
        path = self._root / key
        path.unlink(missing_ok=True)
        with suppress(OSError):  # it holds others still
            path.parent.rmdir()

    def files(self, folder: str = "") -> Iterator[tuple[str, datetime]]:
        for path in sorted(self._root.glob(f"{folder}/*" if folder else "[!.]*/*/*")):
            with suppress(FileNotFoundError):  # removed meanwhile
                yield str(path.relative_to(self._root)), datetime.fromtimestamp(path.stat().st_mtime, UTC)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        with _folder_in(self._root / _SCRATCH) as folder:  # on the same disk, so that a file moves with one rename
            yield folder


class RemoteStore:
    """A folder of a bucket."""

    def __init__(self, root: str, scratch: Path) -> None:
        import s3fs  # type: ignore[import-untyped]  # it has no types

        self._root = root
        self._scratch = scratch
        self._filesystem: Any = s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)

    def adopt(self, written: Path, key: str) -> None:
        with _explained():
            self._filesystem.put_file(str(written), f"{self._root}/{key}")
        written.unlink()

    def read(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        path, end = f"{self._root}/{key}", self.size(key) if stop is None else stop
        while start < end:
            with _explained():
                block: bytes = self._filesystem.cat_file(path, start=start, end=min(start + _REMOTE_BLOCK, end))
            if not block:
                return
            yield block
            start += len(block)

    def size(self, key: str) -> int:
        with _explained():
            return int(self._filesystem.info(f"{self._root}/{key}")["size"])

    def remove(self, key: str) -> None:
        with _explained(), suppress(FileNotFoundError):
            self._filesystem.rm_file(f"{self._root}/{key}")

    def files(self, folder: str = "") -> Iterator[tuple[str, datetime]]:
        with _explained(), suppress(FileNotFoundError):
            found = self._filesystem.find(f"{self._root}/{folder}".rstrip("/"), detail=True)
        for path in sorted(found):
            yield path.removeprefix(f"{self._root}/"), found[path]["LastModified"]

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        with _folder_in(self._scratch) as folder:
            yield folder


@contextmanager
def _explained() -> Iterator[None]:
    """What a disk or another server says, as something that may work later; a missing file stays one."""
    from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]  # it has no types

    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, BotoCoreError) as error:
        full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise Unavailable(
            "The disk of media is full." if full else f"The store of media does not answer: {type(error).__name__}.",
            advice="Tell who runs this installation; what was stored is still there.",
        ) from error


@contextmanager
def _folder_in(place: Path) -> Iterator[Path]:
    place.mkdir(parents=True, exist_ok=True)
    for old in place.iterdir():
        with suppress(FileNotFoundError):
            if old.stat().st_mtime < time.time() - _STALE_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _flush(path: Path) -> None:
    """To disk: a file's content, or a folder's list of names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
