"""Personal values as bytes that open with their subject's key, for the event they were sealed for, and no other way.

AES-256-GCM: 12 random bytes of nonce, then the ciphertext of a JSON object by value name, with its tag. The event, the
log it is in and the subject are authenticated along, so that a row copied to another event does not open.
"""

import json
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16


def place(log: str, scope_id: UUID, event_id: UUID, subject_id: UUID) -> bytes:
    """Where values belong: what has to be the same when they are opened."""
    return f"{log}/{scope_id}/{event_id}/{subject_id}".encode()


def sealed(values: Mapping[str, Any], key: bytes, belongs_to: bytes) -> bytes:
    """`values` has to be what JSON can say."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, json.dumps(values).encode("ascii"), belongs_to)


def opened(stored: bytes, key: bytes, belongs_to: bytes) -> dict[str, Any] | None:
    """The values again; None where these bytes were not sealed with this key for this place."""
    if len(stored) < _NONCE_BYTES + _TAG_BYTES:
        return None
    try:
        plain = AESGCM(key).decrypt(stored[:_NONCE_BYTES], stored[_NONCE_BYTES:], belongs_to)
    except InvalidTag:
        return None
    values: dict[str, Any] = json.loads(plain)
    return values
