"""The resumable-upload protocol tus, version 1.0.0 (https://tus.io/protocols/resumable-upload): what its headers say.

Spoken are its core and the extensions creation, expiration, checksum and termination.
"""

import base64
import hashlib
from binascii import Error as NotBase64
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from clientnest.errors import BadInput
from clientnest.media.uploads import Upload

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
ALGORITHMS = {"sha1": 20, "sha256": 32}
"""Of checksums, with the bytes they have."""
PATCH_TYPE = "application/offset+octet-stream"
_LARGEST = 2**53


class Malformed(BadInput):
    """A header that cannot be read."""

    code = "unreadable-header"
    status = 400


class OtherVersion(BadInput):
    code = "other-protocol-version"
    status = 412


class OtherType(BadInput):
    code = "unsupported-media-type"
    status = 415


class ChecksumMismatch(BadInput):
    code = "checksum-mismatch"
    status = 460


class TusRoute(APIRoute):
    """A route whose every answer says which version is spoken."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["tus-resumable"] = VERSION
                if message["status"] == 412:
                    headers["tus-version"] = VERSION
            await send(message)

        await super().handle(scope, receive, telling)


def require_version(said: str | None) -> None:
    """`OtherVersion` where the client does not say that it speaks this one."""
    if said != VERSION:
        raise OtherVersion(
            "The request does not say `Tus-Resumable: 1.0.0`.", advice="Let a client of the protocol tus send it.",
            details={"field": "header.tus-resumable"},
        )  # fmt: skip


def number(said: str | None, header: str) -> int:
    """A count of bytes. `Malformed` names the header."""
    if said is None or not (said.isascii() and said.isdigit()) or len(said) > 16 or int(said) > _LARGEST:
        raise Malformed(
            f"{header} has to be a whole number of bytes.", advice="Let a client of the protocol tus send it.",
            details={"field": f"header.{header.lower()}"},
        )  # fmt: skip
    return int(said)


def metadata(said: str | None) -> dict[str, str]:
    """`Upload-Metadata`: names, each with a value in base64 of UTF-8. `Malformed` for anything else."""
    found: dict[str, str] = {}
    for pair in (said or "").split(","):
        name, _, coded = pair.strip().partition(" ")
        if not name:
            continue
        try:
            value = base64.b64decode(coded.strip(), validate=True).decode("utf-8")
        except (NotBase64, ValueError) as error:
            raise _bad_metadata(f"The value of {name!r} is not base64 of UTF-8.") from error
        if name in found or "\0" in value:
            raise _bad_metadata(f"{name!r} stands twice, or holds a NUL character.")
        found[name] = value
    return found


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request have to come to."""

    algorithm: str
    digest: bytes

    def started(self) -> Any:
        """A hash to feed."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def checksum(said: str | None) -> Checksum | None:
    """`Upload-Checksum`: an algorithm and a digest in base64. `Malformed` for one that is not known."""
    if said is None:
        return None
    algorithm, _, coded = said.partition(" ")
    try:
        digest = base64.b64decode(coded.strip(), validate=True)
    except (NotBase64, ValueError):
        digest = b""
    if ALGORITHMS.get(algorithm) != len(digest):
        raise Malformed(
            "Upload-Checksum cannot be used.", advice=f"Send one of {', '.join(ALGORITHMS)}, a space, and base64.",
            details={"field": "header.upload-checksum"},
        )  # fmt: skip
    return Checksum(algorithm, digest)


def told(upload: Upload) -> dict[str, str]:
    """How far it is, and how long it can be continued, as headers."""
    return {
        "Upload-Offset": str(upload.received),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }


def _bad_metadata(message: str) -> Malformed:
    return Malformed(
        message, advice="Send `name base64,name base64`, as clients of tus do.",
        details={"field": "header.upload-metadata"},
    )  # fmt: skip
