"""Addresses that end letters without signing in (RFC 8058): they prove themselves, and stay good."""

import base64
import hmac
from binascii import Error as NotBase64
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from clientnest import secrets, settings
from clientnest.errors import BadInput
from clientnest.notifications.kinds import LABELS, Category
from clientnest.notifications.preferences import silence

_NOBODY = UUID(int=0)
_PROOF, _ID = 16, 16


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """Whose letters end, and which: of one workspace's category; of neither, all digests."""

    person_id: UUID
    workspace_id: UUID | None = None
    category: Category | None = None

    @property
    def label(self) -> str:
        """What ends, as a sentence goes on."""
        return f"letters about {LABELS[self.category]}" if self.category else "digests"


def unsubscribe_address(given: Unsubscription) -> str:
    """Where a POST ends them, and where a browser asks first."""
    said = given.person_id.bytes + (given.workspace_id or _NOBODY).bytes + (given.category or "").encode()
    token = base64.urlsafe_b64encode(_proof(said) + said).rstrip(b"=").decode()
    return f"{settings.mail().public_url.rstrip('/')}/v1/unsubscribe?token={token}"


def unsubscription(token: str) -> Unsubscription:
    """What a token is good for. `BadInput` for one that was not made here."""
    try:
        packed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (NotBase64, ValueError) as error:
        raise _unusable() from error
    said = packed[_PROOF:]
    if len(said) < 2 * _ID or not hmac.compare_digest(packed[:_PROOF], _proof(said)):
        raise _unusable()
    workspace_id, category = UUID(bytes=said[_ID : 2 * _ID]), said[2 * _ID :].decode()
    return Unsubscription(
        UUID(bytes=said[:_ID]), workspace_id if workspace_id != _NOBODY else None,
        Category(category) if category else None,
    )  # fmt: skip


def unsubscribe(connection: Connection, given: Unsubscription) -> None:
    """End them. Needs the role `api` and the person in the session's scope; twice is as once."""
    silence(connection, given.person_id, given.workspace_id, given.category)


def _unusable() -> BadInput:
    return BadInput(
        "This address does not work: a part of it is missing, or it was made elsewhere.",
        advice="Sign in and choose what you want to hear of.", details={"field": "query.token"},
    )  # fmt: skip


def _proof(said: bytes) -> bytes:
    return hmac.digest(secrets.purpose_key("unsubscribe"), said, "sha256")[:_PROOF]
