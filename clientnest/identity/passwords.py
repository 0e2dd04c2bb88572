"""Passwords: argon2id hashes, and random passwords that a person can copy from a screen."""

import os
import secrets
import unicodedata
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from clientnest.errors import BadInput

MINIMUM_LENGTH = 8
MAXIMUM_LENGTH = 1024
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # no letters that look like digits

# OWASP's second choice for argon2id: 19 MiB, two passes, one lane. Half of the processors hash, however many people
# sign in at once: the others, and the memory of a small machine, stay free for everybody else.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
_room = BoundedSemaphore(AT_ONCE)


def hash_password(password: str) -> str:
    """The argon2id hash to store. `BadInput` where the password is too short or too long."""
    if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        raise BadInput(
            f"The password has {len(password)} characters.",
            advice=f"Choose one of {MINIMUM_LENGTH} to {MAXIMUM_LENGTH} characters.",
        )
    with _room:
        return _hasher.hash(_bytes(password))


def matches(password: str, stored: str | None) -> bool:
    """Whether a password belongs to a stored hash.

    Without a hash (nobody has that address) the same work is done against a hash that fits nothing, so that the time
    of the answer does not tell which addresses exist.
    """
    with _room:
        try:
            fits = _hasher.verify(_nobodys() if stored is None else stored, _bytes(password[: MAXIMUM_LENGTH + 1]))
        except (VerificationError, InvalidHashError):
            return False
    return fits and stored is not None and len(password) <= MAXIMUM_LENGTH


def random_password() -> str:
    """A random password of 16 easily read characters in groups of four (79 bits)."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


def _bytes(password: str) -> bytes:
    """One form for what keyboards send in several (an accent of its own or not); any text at all gives some bytes."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_hex(16))
