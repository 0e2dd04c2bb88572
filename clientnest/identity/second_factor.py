"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for the day it is lost.

No code works twice: the newest time step used is kept with the secret, recovery codes are marked. Needs the role
`identity`. How often somebody may try is for the caller to limit.
"""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from uuid import UUID

import pyotp
import segno
from sqlalchemy import Connection, delete, func, insert, or_, select, update

from clientnest import secrets as installation
from clientnest import settings
from clientnest.db.tables.identity import person as person_table
from clientnest.db.tables.signing_in import recovery_code as recovery_table
from clientnest.db.tables.signing_in import totp_credential as totp_table
from clientnest.errors import BadInput, Conflict, Unauthenticated
from clientnest.identity import sessions
from clientnest.mail import Letter, send
from clientnest.vault import seal, unseal

STEP_SECONDS = 30
RECOVERY_CODES = 10
_PURPOSE = "totp"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: the secret to type, the address to open, and the same as a picture (SVG)."""

    secret: str
    uri: str
    picture: str


def is_on(connection: Connection, person_id: UUID) -> bool:
    """Whether somebody has to give a code after their password."""
    columns = totp_table.c
    return bool(
        connection.execute(
            select(columns.person_id).where(columns.person_id == person_id, columns.confirmed_at.is_not(None))
        ).one_or_none()
    )


def enrol(connection: Connection, person_id: UUID) -> Enrolment:
    """A fresh secret, in force once a code of it is given (`confirm`). `Conflict` where one is in force already."""
    if is_on(connection, person_id):
        raise Conflict("You have an authenticator app already.", advice="Remove it before you add another.")
    secret = pyotp.random_base32()
    connection.execute(delete(totp_table).where(totp_table.c.person_id == person_id))
    sealed = seal(secret.encode(), purpose=_PURPOSE, owner=person_id)
    connection.execute(insert(totp_table).values(person_id=person_id, sealed_secret=sealed))
    app = pyotp.TOTP(secret, interval=STEP_SECONDS, name=_address(connection, person_id), issuer="ClientNest")
    uri = app.provisioning_uri()
    return Enrolment(secret, uri, segno.make(uri, error="m").svg_inline(scale=4, border=4))


def confirm(connection: Connection, person_id: UUID, code: str, *, keep: UUID | None = None) -> list[str]:
    """Put the secret in force: gives recovery codes, to be shown once; other sessions than the one in `keep` end."""
    if is_on(connection, person_id):
        raise Conflict("You have an authenticator app already.", advice="Remove it before you add another.")
    if not _takes(connection, person_id, code):
        raise BadInput("The code is not right.", advice="Give the one the app shows now.", details={"field": "code"})
    connection.execute(update(totp_table).where(totp_table.c.person_id == person_id).values(confirmed_at=func.now()))
    sessions.end_all(connection, person_id, "second_factor", but=keep)
    _tell(connection, person_id, "An authenticator app was added to your ClientNest login.")
    return new_recovery_codes(connection, person_id)


def new_recovery_codes(connection: Connection, person_id: UUID) -> list[str]:
    """Fresh recovery codes in the place of the old ones; kept as hashes only."""
    codes = [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3)) for _ in range(RECOVERY_CODES)
    ]
    connection.execute(delete(recovery_table).where(recovery_table.c.person_id == person_id))
    connection.execute(
        insert(recovery_table), [{"person_id": person_id, "code_hash": _hash(person_id, code)} for code in codes]
    )
    return codes


def check(connection: Connection, person_id: UUID, code: str) -> None:
    """Take a code of the app or a recovery code, either once only. `Unauthenticated` for any other."""
    if not (_takes(connection, person_id, code) or _takes_recovery(connection, person_id, code)):
        raise Unauthenticated(
            "The code is not right, or was used.", advice="Wait for the next one, or use a recovery code."
        )


def remove(connection: Connection, person_id: UUID, code: str) -> None:
    """Sign in without codes from now on, for somebody who can give one."""
    check(connection, person_id, code)
    connection.execute(delete(totp_table).where(totp_table.c.person_id == person_id))
    connection.execute(delete(recovery_table).where(recovery_table.c.person_id == person_id))
    _tell(connection, person_id, "The authenticator app was removed from your ClientNest login.")


def _takes(connection: Connection, person_id: UUID, code: str) -> bool:
    digits = code.replace(" ", "")
    sealed = connection.execute(
        select(totp_table.c.sealed_secret).where(totp_table.c.person_id == person_id)
    ).scalar_one_or_none()
    if sealed is None or not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return False
    totp = pyotp.TOTP(unseal(sealed, purpose=_PURPOSE, owner=person_id).decode(), interval=STEP_SECONDS)
    now = int(time.time()) // STEP_SECONDS
    for step in (now, now - 1, now + 1):  # a clock may be half a minute wrong, and people type slowly
        if hmac.compare_digest(totp.generate_otp(step), digits):
            columns = totp_table.c
            return bool(
                connection.execute(
                    update(totp_table)
                    .where(columns.person_id == person_id, or_(columns.last_step.is_(None), columns.last_step < step))
                    .values(last_step=step)
                ).rowcount
            )
    return False


def _takes_recovery(connection: Connection, person_id: UUID, code: str) -> bool:
    columns = recovery_table.c
    return bool(
        connection.execute(
            update(recovery_table)
            .where(
                columns.person_id == person_id, columns.code_hash == _hash(person_id, code), columns.used_at.is_(None)
            )
            .values(used_at=func.now())
        ).rowcount
    )


def _hash(person_id: UUID, code: str) -> bytes:
    """Keyed with the installation's key: 74 bits at random would do without it, and it costs nothing."""
    key = installation.load(settings.core().home).token_key.encode()
    kept = code.strip().lower()[:64].encode("utf-8", "surrogatepass")
    return hmac.new(key, person_id.bytes + kept, hashlib.sha256).digest()


def _address(connection: Connection, person_id: UUID) -> str:
    return str(connection.execute(select(person_table.c.email).where(person_table.c.id == person_id)).scalar_one())


def _tell(connection: Connection, person_id: UUID, change: str) -> None:
    send(connection, Letter.SECOND_FACTOR_CHANGED, _address(connection, person_id), change=change)
