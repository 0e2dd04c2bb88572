"""Passwords: argon2id hashes, and random passwords that a person can copy from a screen."""

import os
import secrets
import sys
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache

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
_STEP_BACK = 10  # of 19: the processors' spare time, and a tenth of a busy one


def hash_password(password: str) -> str:
    """The argon2id hash to store. `BadInput` where the password is too short or too long."""
    if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        raise BadInput(
            f"The password has {len(password)} characters.",
            advice=f"Choose one of {MINIMUM_LENGTH} to {MAXIMUM_LENGTH} characters.",
        )
    return _hashing().submit(_hasher.hash, _bytes(password)).result()


def matches(password: str, stored: str | None) -> bool:
    """Whether a password belongs to a stored hash.

    Without a hash (nobody has that address) the same work is done against a hash that fits nothing, so that the time
    of the answer does not tell which addresses exist.
    """
    against = _nobodys() if stored is None else stored
    try:
        fits = _hashing().submit(_hasher.verify, against, _bytes(password[: MAXIMUM_LENGTH + 1])).result()
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None and len(password) <= MAXIMUM_LENGTH


def random_password() -> str:
    """A random password of 16 easily read characters in groups of four (79 bits)."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


@cache
def _hashing() -> ThreadPoolExecutor:
    """Threads that do nothing but hash, and let those go first who answer other requests."""
    return ThreadPoolExecutor(AT_ONCE, "passwords", initializer=_step_back)


def _step_back() -> None:
    if sys.platform == "linux":  # elsewhere a priority is the whole process's
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _STEP_BACK)


def _bytes(password: str) -> bytes:
    """One form for what keyboards send in several (an accent of its own or not); any text at all gives some bytes."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_hex(16))
