"""People: creating them, finding them, and checking that somebody signing in is who they say."""

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from clientnest.db.tables.identity import person as person_table
from clientnest.errors import BadInput, Conflict, Forbidden, NotFound, Unauthenticated
from clientnest.identity import passwords
from clientnest.ids import new_id
from clientnest.words import on_one_line

LONGEST_NAME = 200
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
    if len(kept) > 320 or _EMAIL.fullmatch(kept) is None or not kept.isprintable():
        raise BadInput(
            "That is not an e-mail address.", advice="Give it as name@example.org.", details={"field": "email"}
        )
    return kept


def create_person(connection: Connection, email: str, name: str, password: str) -> Person:
    """Add a person. Needs a role that may write `app.person`; `Conflict` where the address is taken."""
    made = Person(new_id(), normalise_email(email), clean_name(name, email))
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


def rename(connection: Connection, person_id: UUID, name: str) -> Person:
    """Show somebody under another name. Needs the role `identity`; `NotFound` where they are gone."""
    columns = person_table.c
    row = connection.execute(
        update(person_table)
        .where(columns.id == person_id)
        .values(name=clean_name(name, "Somebody"))
        .returning(columns.id, columns.email, columns.name)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such person any more.", advice="Sign in again.")
    return Person(row.id, row.email, row.name)


def clean_name(name: str, address: str) -> str:
    """A name to show: on one line, or the first half of the address where none is given. `BadInput` if too long."""
    kept = on_one_line(name)
    if len(kept) > LONGEST_NAME:
        raise BadInput(f"The name is longer than {LONGEST_NAME} characters.", details={"field": "name"})
    return kept or address.partition("@")[0]


def person(connection: Connection, person_id: UUID) -> Person | None:
    """The person of that id, as far as the connection's scope may see them."""
    columns = person_table.c
    row = connection.execute(
        select(columns.id, columns.email, columns.name).where(columns.id == person_id)
    ).one_or_none()
    return None if row is None else Person(row.id, row.email, row.name)


def by_email(connection: Connection, email: str) -> Person | None:
    """Whose address it is. Needs the role `identity`: nobody else may learn which addresses have a login."""
    columns = person_table.c
    row = connection.execute(
        select(columns.id, columns.email, columns.name).where(columns.email == email.strip().lower()[:320])
    ).one_or_none()
    return None if row is None else Person(row.id, row.email, row.name)


def existing(connection: Connection, person_id: UUID) -> Person:
    """The person of that id; `NotFound` where they are gone."""
    found = person(connection, person_id)
    if found is None:
        raise NotFound("There is no such person any more.", advice="Sign in again.")
    return found


def require_operator(connection: Connection, person_id: UUID) -> None:
    """`Forbidden` for everybody but who runs this installation. Needs the role `identity`."""
    columns = person_table.c
    if not connection.execute(select(columns.is_operator).where(columns.id == person_id)).scalar_one_or_none():
        raise Forbidden("This is for who runs the installation.", advice="Sign in as the owner that `make run` made.")


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
