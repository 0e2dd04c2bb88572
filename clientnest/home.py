"""The data folder: made where it is missing, and refused in a sentence where it cannot be used."""

import errno
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from clientnest.errors import PermanentError

_ADVICE = "Set CLIENTNEST_HOME to a folder that you may write to, for example: CLIENTNEST_HOME=~/clientnest make run"


def ensure(folder: Path) -> Path:
    """The folder as an absolute path, made if needed; `PermanentError` says why it cannot hold data."""
    absolute = folder.absolute()
    # Root lends Postgres a system user, which has to be able to pass through; everyone else keeps the folder closed.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        absolute.parent.mkdir(parents=True, exist_ok=True)
        if not absolute.is_dir():
            absolute.mkdir(mode=mode, exist_ok=True)
            absolute.chmod(mode)  # whatever the caller's umask says
    except OSError as error:
        raise PermanentError(_why(absolute, error), advice=_ADVICE) from error
    if not os.access(absolute, os.R_OK | os.W_OK | os.X_OK):
        owner = absolute.stat().st_uid
        theirs = f" (it belongs to user number {owner})" if owner != os.geteuid() else ""
        raise PermanentError(f"The data folder {absolute} cannot be written{theirs}.", advice=_ADVICE)
    return absolute


def write_private(path: Path, content: Mapping[str, object]) -> None:
    """Put JSON in the place of a file, for its owner's eyes only: all or nothing, on the disk before this returns."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def free_bytes(folder: Path) -> int:
    """Free room on the disk that holds the folder, or would hold it."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(existing).free


def require_room(folder: Path, needed: int, what: str) -> None:
    """Refuse in a sentence where the disk has less than `needed` bytes free for `what`."""
    free = free_bytes(folder)
    if free < needed:
        raise PermanentError(
            f"Only {free // 1024**2} MB are free on the disk of {folder}; "
            f"{what} needs at least {needed // 1024**2} MB.",
            advice="Free some space, or set CLIENTNEST_HOME to a folder on a larger disk.",
        )


def _why(folder: Path, error: OSError) -> str:
    if isinstance(error, FileExistsError | NotADirectoryError):
        blocking = next((path for path in (folder, *folder.parents) if path.is_file()), folder)
        return f"The data folder {folder} cannot be made: {blocking} is a file."
    reasons = {errno.ENOSPC: "the disk is full", errno.EROFS: "the disk is read-only", errno.ENAMETOOLONG: "too long"}
    reason = reasons.get(error.errno or 0, error.strerror or str(error))
    return f"The data folder {folder} cannot be made: {reason}."
