"""Signing up, and changing what one signs in with. Nothing here tells whether an address has a login.

A person comes to be when the link of the letter and the password chosen at signing up meet: who opens a link that
somebody else asked for does not know their password, and who asked does not have the link. Needs the role `identity`.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from clientnest import settings, tasks
from clientnest.audit.values import storable
from clientnest.db.tables.identity import person as person_table
from clientnest.entitlements import ProductEvent, record
from clientnest.errors import BadInput, Conflict, Unauthenticated
from clientnest.identity import passwords, proofs, sessions
from clientnest.identity.people import Person, clean_name, normalise_email
from clientnest.identity.proofs import LIFETIMES, Purpose
from clientnest.ids import new_id
from clientnest.mail import Letter, send


def sign_up(connection: Connection, email: str, name: str, password: str) -> None:
    """Send a letter to somebody who wants a login; the same work and answer where the address has one already."""
    address = normalise_email(email)
    hashed = passwords.hash_password(password)
    payload = {"email": address, "name": clean_name(name, address), "password_hash": hashed}
    token = proofs.issue(connection, Purpose.SIGN_UP, payload=payload)
    if _row(connection, person_table.c.email == address) is not None:
        send(connection, Letter.ADDRESS_TAKEN, address)  # the token is in no letter; making it took its time
        return
    send(connection, Letter.VERIFY_ADDRESS, address, link=link("verify", token), hours=_hours(Purpose.SIGN_UP))


def verify(connection: Connection, token: str, password: str) -> Person:
    """Make the person who signed up. `BadInput` for a bad token, `Unauthenticated` for another password than at
    signing up (the token stays good), `Conflict` where the address got a login meanwhile."""
    kept = proofs.peek(connection, token, Purpose.SIGN_UP).payload
    if not passwords.matches(password, str(kept["password_hash"])):
        raise Unauthenticated("That is not the password chosen at signing up.", advice="Sign up again to choose one.")
    proofs.redeem(connection, token, Purpose.SIGN_UP)
    made = Person(new_id(), str(kept["email"]), str(kept["name"]))
    row = {"id": made.id, "email": made.email, "name": made.name, "password_hash": kept["password_hash"]}
    try:
        with connection.begin_nested():
            connection.execute(insert(person_table).values(**row, email_verified_at=func.now()))
    except IntegrityError as error:
        raise Conflict("This address has a login already.", advice="Sign in.") from error
    record(connection, None, ProductEvent.SIGNED_UP, person_id=made.id)
    return made


def hear_reset_asked(connection: Connection, email: str, origin: Mapping[str, str | None]) -> None:
    """Take note that somebody asks for a new password, the same for every address: `ask_for_reset` follows when the
    answer is out, so that its time tells nothing. `origin`: from where, as the logs name it."""
    from clientnest.identity.tasks import answer_reset

    asked = {"email": normalise_email(email), **{name: storable(value) for name, value in origin.items()}}
    tasks.defer(connection, answer_reset, token=proofs.issue(connection, Purpose.RESET_ASKED, payload=asked))


def ask_for_reset(connection: Connection, email: str) -> Person | None:
    """Send a letter with which a new password can be chosen, where the address has a login; gives whose it is."""
    row = _row(connection, person_table.c.email == normalise_email(email))
    if row is None:
        return None
    token = proofs.issue(connection, Purpose.RESET_PASSWORD, row.id, {"email": row.email})
    send(connection, Letter.RESET_PASSWORD, row.email, link=link("reset-password", token),
         hours=_hours(Purpose.RESET_PASSWORD))  # fmt: skip
    return Person(row.id, row.email, row.name)


def reset_password(connection: Connection, token: str, password: str) -> Person:
    """Set a new password and end all sessions. `BadInput` for a token that is used, too old, or was sent to an address
    that is not the person's any more."""
    proof = proofs.redeem(connection, token, Purpose.RESET_PASSWORD)
    row = _row(connection, person_table.c.id == proof.person_id)
    if row is None or row.email != proof.payload["email"]:
        raise BadInput("This link was sent to another address than the login has now.", advice="Ask for a new one.")
    _set_password(connection, row, password, keep=None)
    return Person(row.id, row.email, row.name)


def change_password(
    connection: Connection, person_id: UUID, current: str, password: str, *, keep: UUID | None = None
) -> None:
    """Replace the password of somebody who knows it, and end all sessions but the one they are in."""
    row = _confirmed(connection, person_id, current)
    _set_password(connection, row, password, keep=keep)


def ask_for_address(connection: Connection, person_id: UUID, current: str, email: str) -> None:
    """Send a letter to the address that somebody wants to sign in with from now on."""
    _confirmed(connection, person_id, current)
    address = normalise_email(email)
    proofs.withdraw(connection, person_id, Purpose.CHANGE_ADDRESS)
    token = proofs.issue(connection, Purpose.CHANGE_ADDRESS, person_id, {"email": address})
    if _row(connection, person_table.c.email == address) is not None:
        send(connection, Letter.ADDRESS_TAKEN, address)
        return
    send(connection, Letter.CHANGE_ADDRESS, address, link=link("change-address", token),
         hours=_hours(Purpose.CHANGE_ADDRESS))  # fmt: skip


def change_address(connection: Connection, token: str) -> tuple[Person, Person]:
    """Sign in with another address from now on; the old one is told. Links sent to the old one stop working.

    Gives the person as before, and as they are now.
    """
    proof = proofs.redeem(connection, token, Purpose.CHANGE_ADDRESS)
    row = _row(connection, person_table.c.id == proof.person_id)
    if row is None:
        raise BadInput("The login this link belongs to is gone.")
    address = str(proof.payload["email"])
    try:
        with connection.begin_nested():
            connection.execute(
                update(person_table)
                .where(person_table.c.id == row.id)
                .values(email=address, email_verified_at=func.now())
            )
    except IntegrityError as error:
        raise Conflict("This address has a login already.", advice="Choose another one.") from error
    proofs.withdraw(connection, row.id, Purpose.RESET_PASSWORD)
    send(connection, Letter.ADDRESS_CHANGED, row.email, address=address)
    return Person(row.id, row.email, row.name), Person(row.id, address, row.name)


def link(page: str, token: str) -> str:
    """An address of the web app for people; the token stands behind the #, which browsers send to no server."""
    return f"{settings.mail().public_url.rstrip('/')}/{page}#token={token}"


def _confirmed(connection: Connection, person_id: UUID, password: str) -> Any:
    row = _row(connection, person_table.c.id == person_id)
    if not passwords.matches(password, row.password_hash if row else None) or row is None:
        raise Unauthenticated("That is not your password.", advice="Give the one you sign in with.")
    return row


def _set_password(connection: Connection, row: Any, password: str, *, keep: UUID | None) -> None:
    connection.execute(
        update(person_table).where(person_table.c.id == row.id).values(password_hash=passwords.hash_password(password))
    )
    proofs.withdraw(connection, row.id, Purpose.RESET_PASSWORD)
    sessions.end_all(connection, row.id, "password", but=keep)
    send(connection, Letter.PASSWORD_CHANGED, row.email)


def _row(connection: Connection, which: Any) -> Any:
    return connection.execute(select(person_table).where(which)).one_or_none()


def _hours(purpose: Purpose) -> int:
    return int(LIFETIMES[purpose].total_seconds() // 3600)
