"""Sealing one value: AES-256-GCM under the keyring's current key, bound to what the value is and whose it is.

A sealed value is, byte by byte: the version of this format (1 byte, 1), the key's id (8), a random nonce (12), and
the ciphertext with its tag (16 more than the plaintext). Version, key id, owner and purpose are authenticated with it:
a value copied to another row or column does not open there. Nonces are random, so a key is good for 2^32 values (NIST
SP 800-38D, section 8.3); rotating it once a year leaves room for a hundred of them a second.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from clientnest.errors import PermanentError
from clientnest.vault import keyring

_VERSION = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
KEY_ID_AT = len(_VERSION)
"""Where the key's id stands in a sealed value, from 0; it has `keyring.ID_BYTES` bytes."""
_NONCE_AT = KEY_ID_AT + keyring.ID_BYTES
_CIPHERTEXT_AT = _NONCE_AT + _NONCE_BYTES


class VaultError(PermanentError):
    """A sealed value cannot be opened; nothing the person sent is at fault."""

    code = "vault"
    status = 503  # nothing is wrong with the request: it works once whoever runs the installation has helped


class KeyMissing(VaultError):
    """The key that sealed the value is not in the keyring."""

    code = "encryption-key-missing"


class Tampered(VaultError):
    """The value is not what was sealed for this purpose and owner: damaged, cut, or moved from elsewhere."""

    code = "sealed-value-damaged"


def seal(plaintext: bytes, *, purpose: str, owner: UUID) -> bytes:
    """`plaintext` sealed under the current key, 37 bytes longer; opens only with the same `purpose` and `owner`.

    `ConfigurationError` where there are no keys.
    """
    key = keyring.read().current
    header = _VERSION + bytes.fromhex(key.id)
    nonce = os.urandom(_NONCE_BYTES)
    return header + nonce + AESGCM(key.material).encrypt(nonce, plaintext, _bound(header, purpose, owner))


def unseal(sealed: bytes, *, purpose: str, owner: UUID) -> bytes:
    """What was sealed. `KeyMissing` where its key is not here, `Tampered` where it was not sealed for this place."""
    key_id = key_id_of(sealed)
    key = keyring.read().keys.get(key_id) or keyring.read(again=True).keys.get(key_id)
    if key is None:
        raise KeyMissing(
            f"The stored {purpose} of {owner} was sealed with the key {key_id}, which is not in {keyring.place()}.",
            advice="Put that file back from its backup, or add the key to it; nothing else has to be restarted.",
            details={"key_id": key_id, "purpose": purpose},
        )
    try:
        return AESGCM(key.material).decrypt(
            sealed[_NONCE_AT:_CIPHERTEXT_AT], sealed[_CIPHERTEXT_AT:], _bound(sealed[:_NONCE_AT], purpose, owner)
        )
    except InvalidTag as error:
        raise Tampered(
            f"The stored {purpose} of {owner} was changed after it was sealed, or belongs elsewhere.",
            advice="Restore that row from a backup, or enter it again; and find out who wrote to the database.",
            details={"key_id": key_id, "purpose": purpose},
        ) from error


def key_id_of(sealed: bytes) -> str:
    """The id of the key that sealed a value (16 hexadecimal digits). `Tampered` where it is no sealed value."""
    if len(sealed) < _CIPHERTEXT_AT + _TAG_BYTES or sealed[:KEY_ID_AT] != _VERSION:
        raise Tampered(
            "A stored value is not in the form in which this version seals values.",
            advice="Restore it from a backup, or enter it again. If a newer ClientNest wrote it, run that one.",
        )
    return sealed[KEY_ID_AT:_NONCE_AT].hex()


def _bound(header: bytes, purpose: str, owner: UUID) -> bytes:
    """What is authenticated besides the plaintext; only the last part has no fixed length, so nothing can shift."""
    return header + owner.bytes + purpose.encode()
