"""People: creating them, finding them, and checking that somebody signing in is who they say."""

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from clientnest.db.tables.identity import person as person_table
from clientnest.errors import BadInput, Conflict, NotFound, Unauthenticated
from clientnest.identity import passwords
from clientnest.ids import new_id

_PART = r"[^@\s\x00-\x1f\x7f\ud800-\udfff]+"
_EMAIL = re.compile(f"{_PART}@{_PART}")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    id: UUID
    email: str
    name: str


def normalise_email(email: str) -> str:
    """The form in which addresses are kept and compared. `BadInput` where it is no address."""
    kept = email.strip().lower()
    if len(kept) > 320 or _EMAIL.fullmatch(kept) is None:
        raise BadInput("That is not an e-mail address.", advice="Give it as name@example.org.")
    return kept


def create_person(connection: Connection, email: str, name: str, password: str) -> Person:
    """Add a person. Needs a role that may write `app.person`; `Conflict` where the address is taken."""
    made = Person(new_id(), normalise_email(email), name.strip() or email.partition("@")[0])
    row = {"id": made.id, "email": made.email, "name": made.name, "password_hash": passwords.hash_password(password)}
    try:
        with connection.begin_nested():
            connection.execute(insert(person_table).values(row))
    except IntegrityError as error:
        raise Conflict(
            f"There is already a person with the address {made.email}.", advice="Sign in, or choose another address."
        ) from error
    return made


def set_password(connection: Connection, email: str, password: str) -> Person:
    """Replace somebody's password. Needs a role that may write `app.person`; `NotFound` for an unknown address."""
    kept = normalise_email(email)
    row = connection.execute(
        update(person_table)
        .where(person_table.c.email == kept)
        .values(password_hash=passwords.hash_password(password))
        .returning(person_table.c.id, person_table.c.email, person_table.c.name)
    ).one_or_none()
    if row is None:
        raise NotFound(f"Nobody here has the address {kept}.", advice="Check the address.")
    return Person(row.id, row.email, row.name)


def person(connection: Connection, person_id: UUID) -> Person | None:
    """The person of that id, as far as the connection's scope may see them."""
    columns = person_table.c
    row = connection.execute(
        select(columns.id, columns.email, columns.name).where(columns.id == person_id)
    ).one_or_none()
    return None if row is None else Person(row.id, row.email, row.name)


def sign_in(connection: Connection, email: str, password: str) -> Person:
    """The person whom an address and a password belong to, else `Unauthenticated`, the same for either being wrong.

    Goes through `app.person_for_sign_in`, the one door to a stored hash; needs no workspace or person in the session.
    """
    kept = email.strip().lower()
    row = None
    if len(kept) <= 320 and _EMAIL.fullmatch(kept):
        statement = text("SELECT id, name, password_hash FROM app.person_for_sign_in(:email)")
        row = connection.execute(statement, {"email": kept}).one_or_none()
    if not passwords.matches(password, row.password_hash if row else None) or row is None:
        raise Unauthenticated(
            "No such e-mail address and password.",
            advice="Check both. An operator can set a new password with `clientnest password EMAIL`.",
        )
    return Person(row.id, kept, row.name)
