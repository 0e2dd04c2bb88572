"""Access tokens: short-lived JWTs (HS256) that say who is asking, and nothing about what they may do."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import jwt

from clientnest import secrets
from clientnest.errors import Unauthenticated
from clientnest.ids import new_id

ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)
ISSUER = "clientnest"
AUDIENCE = "clientnest-api"
_ALGORITHM = "HS256"
_LEEWAY = timedelta(seconds=10)
_LONGEST = 4096
_AGAIN = "Sign in again."


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A verified token: whose it is, its own id, when it ends, and the session it belongs to (None: to none).

    `second_factor`: whether the person proved more than a password.
    """

    person_id: UUID
    token_id: UUID
    expires_at: datetime
    session_id: UUID | None = None
    second_factor: bool = False


def issue_token(
    person_id: UUID,
    *,
    lifetime: timedelta = ACCESS_TOKEN_LIFETIME,
    audience: str = AUDIENCE,
    session_id: UUID | None = None,
    second_factor: bool = False,
) -> str:
    """A signed token for a person who has just proved who they are, good for one audience only."""
    now = datetime.now(UTC)
    claims = {
        "iss": ISSUER,
        "aud": audience,
        "sub": str(person_id),
        "jti": str(new_id()),
        "iat": now,
        "exp": now + lifetime,
        **({"sid": str(session_id)} if session_id else {}),
        **({"amr": ["mfa"]} if second_factor else {}),
    }
    return jwt.encode(claims, secrets.token_key(), algorithm=_ALGORITHM)


def verify_token(token: str, *, audience: str = AUDIENCE) -> AccessToken:
    """Check signature, issuer, audience and time of a token; `Unauthenticated` otherwise.

    It proves who asks. Whether that person may see a workspace is asked of the database each time, so leaving a
    workspace takes effect at once.
    """
    if len(token) > _LONGEST:
        raise Unauthenticated("The access token is not valid.", advice=_AGAIN)
    try:
        found = _verified(token, secrets.token_key(), audience)
    except jwt.ExpiredSignatureError as error:
        raise _expired() from error
    except (jwt.InvalidTokenError, ValueError, OverflowError, RecursionError) as error:
        raise Unauthenticated("The access token is not valid.", advice=_AGAIN) from error
    if found.expires_at + _LEEWAY <= datetime.now(UTC):  # since it was first seen
        raise _expired()
    return found


def _expired() -> Unauthenticated:
    return Unauthenticated("The access token has expired.", advice=_AGAIN)


@lru_cache(maxsize=4096)
def _verified(token: str, key: str, audience: str) -> AccessToken:
    """A token is sent with every request until it expires; its signature stays what it was. What is refused is not
    remembered."""
    claims = jwt.decode(
        token, key, algorithms=[_ALGORITHM], audience=audience, issuer=ISSUER, leeway=_LEEWAY,
        options={"require": ["iss", "aud", "sub", "jti", "iat", "exp"], "strict_aud": True},
    )  # fmt: skip
    return AccessToken(
        UUID(claims["sub"]), UUID(claims["jti"]), datetime.fromtimestamp(claims["exp"], UTC),
        UUID(claims["sid"]) if "sid" in claims else None, "mfa" in claims.get("amr", ()),
    )  # fmt: skip
