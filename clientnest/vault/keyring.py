"""The keys that seal stored secrets: one file, apart from the database and from `secrets.json`, so that a backup of
the database alone opens nothing. One key is current and seals; all of them open.

The file is JSON: `{"current": ID, "rotating": bool, "keys": {ID: {"key": BASE64, "created_at": INSTANT}}}`, an id being
16 hexadecimal digits and a key 32 bytes. In development it is `home/encryption-keys.json` and made when first needed.
In production, and wherever CLIENTNEST_ENCRYPTION_KEYS_FILE names it, it is made by `clientnest keys create` alone: a
mistyped path must not begin a second keyring. Several machines share the file (a mounted secret or volume). Processes
look at its inode and time whenever they need a key, so a key made by another process is used from then on.
"""

import base64
import binascii
import json
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from clientnest import settings
from clientnest.errors import ConfigurationError, Conflict
from clientnest.home import ensure, write_private

ID_BYTES = 8
_KEY_BYTES = 32
_Signature = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of AES-256. `material` never appears in a representation or a log."""

    id: str
    created_at: datetime
    material: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keyring:
    """All keys by id; `rotating` while values are still being sealed anew under the current one."""

    current_id: str
    keys: Mapping[str, Key]
    rotating: bool = False

    @property
    def current(self) -> Key:
        return self.keys[self.current_id]


_known: dict[Path, tuple[_Signature, Keyring]] = {}


def place() -> Path:
    """The file of the keys. `ConfigurationError` in production where CLIENTNEST_ENCRYPTION_KEYS_FILE is not set."""
    given = settings.secrets().encryption_keys_file
    if given is not None:
        return given.expanduser().absolute()
    if settings.core().environment == "production":
        raise ConfigurationError(
            "CLIENTNEST_ENCRYPTION_KEYS_FILE is not set.",
            advice="In production, set it to a file kept and backed up apart from the database; "
            "`clientnest keys create` makes it.",
        )
    return ensure(settings.core().home) / "encryption-keys.json"


def read(*, again: bool = False) -> Keyring:
    """The keyring as its file says now; the file is read only when it changed, or where `again` asks for it.

    `ConfigurationError` where it is missing and may not be made here, unreadable or damaged.
    """
    path = place()
    known = _known.get(path)
    signature = _signature(path)
    if signature is None:
        if known is not None or not _may_be_made_unasked():
            raise _missing(path)
        return _change(path, lambda ring: ring or _first())
    if known is not None and known[0] == signature and not again:
        return known[1]
    ring = _load(path)
    _known[path] = (signature, ring)  # an older signature with newer keys only means that it is read once more
    return ring


def create() -> Keyring:
    """Make the file with one key. `Conflict` where it exists: keys are never replaced."""
    path = place()

    def make(ring: Keyring | None) -> Keyring:
        if ring is not None:
            raise Conflict(
                f"{path} already holds keys.", advice="`clientnest keys rotate` makes a new one beside the old."
            )
        return _first()

    return _change(path, make)


def begin_rotation() -> Keyring:
    """The keyring with a new current key; with the one it has where an earlier rotation was interrupted."""

    def make(ring: Keyring | None) -> Keyring:
        if ring is None:
            raise _missing(place())
        if ring.rotating:
            return ring
        fresh = _fresh()
        return Keyring(fresh.id, {**ring.keys, fresh.id: fresh}, rotating=True)

    read()
    return _change(place(), make)


def end_rotation(key_id: str, *, drop: Collection[str] = ()) -> Keyring:
    """Note that all values are sealed under `key_id`, and forget the keys of `drop`; the current one always stays."""

    def make(ring: Keyring | None) -> Keyring:
        if ring is None:
            raise _missing(place())
        kept = {one: key for one, key in ring.keys.items() if one not in drop or one == ring.current_id}
        return replace(ring, keys=kept, rotating=ring.rotating and ring.current_id != key_id)

    return _change(place(), make)


def _may_be_made_unasked() -> bool:
    return settings.secrets().encryption_keys_file is None and settings.core().environment != "production"


def _missing(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"The file of encryption keys {path} is missing.",
        advice="Put it back from its backup: without it stored secrets cannot be opened. "
        "For a new installation, `clientnest keys create` makes it.",
    )


def _first() -> Keyring:
    fresh = _fresh()
    return Keyring(fresh.id, {fresh.id: fresh})


def _fresh() -> Key:
    return Key(os.urandom(ID_BYTES).hex(), datetime.now(UTC).replace(microsecond=0), os.urandom(_KEY_BYTES))


def _signature(path: Path) -> _Signature | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _closed(path, error, "read") from error
    return found.st_ino, found.st_mtime_ns, found.st_size


def _change(path: Path, make: Callable[[Keyring | None], Keyring]) -> Keyring:
    """Replace the file in one step by what `make` gives for its present content; one process at a time."""
    try:
        with FileLock(path.with_name(f".{path.name}.lock"), mode=0o600):
            before = _load(path) if _signature(path) is not None else None
            after = make(before)
            if after != before:
                _write(path, after)
            signature = _signature(path)
    except OSError as error:
        raise _closed(path, error, "written") from error
    if signature is not None:
        _known[path] = (signature, after)
    return after


def _load(path: Path) -> Keyring:
    try:
        ring = _parsed(json.loads(path.read_text()))
    except OSError as error:
        raise _closed(path, error, "read") from error
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error) as error:
        raise ConfigurationError(
            f"The file of encryption keys {path} is damaged ({type(error).__name__}).",
            advice="Put it back from its backup. It is never replaced: stored secrets open with its keys only.",
        ) from error
    return ring


def _parsed(content: Any) -> Keyring:
    keys = {}
    for key_id, kept in content["keys"].items():
        material = base64.b64decode(kept["key"], validate=True)
        if len(material) != _KEY_BYTES or len(bytes.fromhex(key_id)) != ID_BYTES or key_id != key_id.lower():
            raise ValueError("a key or its id has another length")
        keys[key_id] = Key(key_id, datetime.fromisoformat(kept["created_at"]), material)
    if content["current"] not in keys:
        raise ValueError("the current key is not among the keys")
    return Keyring(content["current"], keys, bool(content.get("rotating", False)))


def _write(path: Path, ring: Keyring) -> None:
    """The file and its folder are on the disk before this returns: no value may outlive the key that sealed it."""
    content = {
        "current": ring.current_id,
        "rotating": ring.rotating,
        "keys": {
            key.id: {"key": base64.b64encode(key.material).decode(), "created_at": key.created_at.isoformat()}
            for key in ring.keys.values()
        },
    }
    write_private(path, content)


def _closed(path: Path, error: OSError, verb: str) -> ConfigurationError:
    return ConfigurationError(
        f"The file of encryption keys {path} cannot be {verb}: {error.strerror or error}.",
        advice="Run ClientNest as the user who owns it, and rotate keys where the file may be written.",
    )
