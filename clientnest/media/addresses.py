"""Addresses at which a file can be seen for a while without signing in: they prove themselves.

What they say (workspace, media, which file, until when) is signed; nothing about them is kept. They last between one
and two times `media_address_seconds` and change only once in that time, so that browsers can keep what they fetched.
"""

import base64
import hmac
import time
from binascii import Error as NotBase64
from dataclasses import dataclass
from uuid import UUID

from clientnest import secrets, settings
from clientnest.errors import NotFound
from clientnest.media.files import File

_PROOF, _ID, _UNTIL = 16, 16, 6
_CODES = {File.ORIGINAL: b"o", File.SMALL: b"s", File.LARGE: b"l"}
_FILES = {code: file for file, code in _CODES.items()}


@dataclass(frozen=True, slots=True)
class Shown:
    """What an address shows, and how many seconds longer."""

    workspace_id: UUID
    media_id: UUID
    file: File
    seconds_left: int


def address(workspace_id: UUID, media_id: UUID, file: File) -> str:
    """Where the file can be seen, for browsers and for networks that fetch what they are to publish."""
    lasts = settings.media().media_address_seconds
    until = (int(time.time()) // lasts + 2) * lasts
    said = workspace_id.bytes + media_id.bytes + until.to_bytes(_UNTIL, "big") + _CODES[file]
    token = base64.urlsafe_b64encode(_proof(said) + said).rstrip(b"=").decode()
    return f"{settings.mail().public_url.rstrip('/')}/v1/media/{token}"


def shown_at(token: str) -> Shown:
    """What a token shows. `NotFound`, in the same words, for one that is over or was not made here."""
    try:
        packed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (NotBase64, ValueError) as error:
        raise nothing_there() from error
    said = packed[_PROOF:]
    if len(said) != 2 * _ID + _UNTIL + 1 or not hmac.compare_digest(packed[:_PROOF], _proof(said)):
        raise nothing_there()
    left = int.from_bytes(said[2 * _ID : -1], "big") - int(time.time())
    if left <= 0:
        raise nothing_there()
    return Shown(UUID(bytes=said[:_ID]), UUID(bytes=said[_ID : 2 * _ID]), _FILES[said[-1:]], left)


def nothing_there() -> NotFound:
    """What is said of every address that shows nothing."""
    return NotFound(
        "There is nothing at this address, or no longer.", advice="GET …/media/{media_id} has addresses that are good."
    )


def _proof(said: bytes) -> bytes:
    return hmac.digest(secrets.purpose_key("media address"), said, "sha256")[:_PROOF]
