"""Sessions: a person on a device, from signing in to signing out, kept going by refresh tokens that work once each.

A refresh token that comes a second time was stolen, from the device or by it: the session ends for both. Nobody can
tell which of them the person is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, select, update

from clientnest.db.tables.identity import person as person_table
from clientnest.db.tables.signing_in import auth_session as session_table
from clientnest.db.tables.signing_in import refresh_token as token_table
from clientnest.errors import NotFound, Unauthenticated
from clientnest.identity import proofs
from clientnest.identity.tokens import issue_token
from clientnest.ids import new_id
from clientnest.limits.addresses import UNKNOWN, network_of
from clientnest.mail import Letter, send

IDLE = timedelta(days=30)  # a session that is not used for so long ends
LONGEST = timedelta(days=365)
REMEMBERED = timedelta(days=90)  # a place from which sessions were used stays known for so long
Method = Literal["password", "passkey", "provider"]
Reason = Literal["signed_out", "revoked", "reuse", "password", "second_factor"]


@dataclass(frozen=True, slots=True)
class Client:
    """From where somebody signs in, as they are shown it in their list of sessions."""

    address: str | None = None
    user_agent: str | None = None

    @property
    def short_address(self) -> str | None:
        """The address as far as it is kept."""
        return self.address[:64] if self.address else None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a device gets: a short-lived access token, and the refresh token for the next one."""

    person_id: UUID
    session_id: UUID
    access_token: str
    refresh_token: str
    second_factor: bool


@dataclass(frozen=True, slots=True)
class Stolen:
    """A refresh token came twice; its session has been ended. The caller commits, then refuses."""

    person_id: UUID
    session_id: UUID


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its person sees it."""

    id: UUID
    method: str
    second_factor: bool
    user_agent: str | None
    address: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


def begin(connection: Connection, person_id: UUID, method: Method, client: Client, *, second_factor: bool) -> SignedIn:
    """Open a session for somebody who has just proved who they are. Needs the role `identity`, as all here."""
    session_id = new_id()
    agent = client.user_agent[:300].replace("\x00", " ") if client.user_agent else None
    connection.execute(
        insert(session_table).values(
            id=session_id, person_id=person_id, method=method, second_factor=second_factor, user_agent=agent,
            address=client.short_address, expires_at=func.now() + IDLE,
        )
    )  # fmt: skip
    return _with_tokens(connection, person_id, session_id, second_factor)


def refresh(connection: Connection, refresh_token: str, client: Client) -> SignedIn | Stolen:
    """The next pair of tokens. `Unauthenticated` where the token is unknown, too old, or its session has ended."""
    row = connection.execute(
        select(token_table.c.token_hash, token_table.c.used_at, session_table.c.id, session_table.c.person_id,
               session_table.c.second_factor, session_table.c.revoked_at,
               and_(token_table.c.expires_at > func.now(), session_table.c.expires_at > func.now(),
                    session_table.c.created_at + LONGEST > func.now()).label("in_time"))
        .join(session_table, session_table.c.id == token_table.c.session_id)
        .where(token_table.c.token_hash == proofs.hash_of(refresh_token[:201]))
        .with_for_update()
    ).one_or_none()  # fmt: skip
    if row is None:
        raise _ended()
    if row.used_at is not None:
        if row.revoked_at is None:
            end(connection, row.person_id, row.id, "reuse")
            _warn(connection, row.person_id)
        return Stolen(row.person_id, row.id)
    if row.revoked_at is not None or not row.in_time:
        raise _ended()
    connection.execute(update(token_table).where(token_table.c.token_hash == row.token_hash).values(used_at=func.now()))
    connection.execute(
        update(session_table).where(session_table.c.id == row.id).values(
            last_used_at=func.now(), expires_at=func.now() + IDLE,
            address=client.short_address)
    )  # fmt: skip
    return _with_tokens(connection, row.person_id, row.id, row.second_factor)


def sessions(connection: Connection, person_id: UUID) -> list[Session]:
    """Somebody's sessions that go on, the latest first."""
    columns = session_table.c
    rows = connection.execute(
        select(columns.id, columns.method, columns.second_factor, columns.user_agent, columns.address,
               columns.created_at, columns.last_used_at, columns.expires_at)
        .where(*_goes_on(person_id))
        .order_by(columns.last_used_at.desc(), columns.id)
    )  # fmt: skip
    return [Session(**row._mapping) for row in rows]


def used_from(connection: Connection, email: str, network: str) -> bool:
    """Whether somebody's sessions were lately used from a network, as `network_of` names it. One that ended because
    its token was stolen says nothing."""
    columns = session_table.c
    addresses: Iterable[str] = connection.scalars(
        select(columns.address).distinct()
        .join(person_table, person_table.c.id == columns.person_id)
        .where(person_table.c.email == email, columns.address.is_not(None),
               columns.last_used_at > func.now() - REMEMBERED, columns.revoked_because.is_distinct_from("reuse"))
    )  # fmt: skip
    return network != UNKNOWN and any(network_of(address) == network for address in addresses)


def goes_on(connection: Connection, person_id: UUID, session_id: UUID) -> bool:
    """Whether a session has not ended. Works with the roles `api` and `dashboards` in the person's own scope."""
    found = select(exists().where(session_table.c.id == session_id, *_goes_on(person_id)))
    return bool(connection.execute(found).scalar_one())


def _goes_on(person_id: UUID) -> tuple[ColumnElement[bool], ...]:
    columns = session_table.c
    return columns.person_id == person_id, columns.revoked_at.is_(None), columns.expires_at > func.now()


def end(connection: Connection, person_id: UUID, session_id: UUID, because: Reason) -> None:
    """End one session of somebody. `NotFound` where they have no such session that goes on."""
    if not _end(connection, person_id, because, session_table.c.id == session_id):
        raise NotFound("There is no such session.", advice="GET /v1/me/sessions lists those that go on.")


def end_all(connection: Connection, person_id: UUID, because: Reason, *, but: UUID | None = None) -> int:
    """End all sessions of somebody, or all but the one they are in. Gives how many."""
    return _end(connection, person_id, because, session_table.c.id != but if but else None)


def _end(connection: Connection, person_id: UUID, because: Reason, which: object) -> int:
    statement = update(session_table).where(
        session_table.c.person_id == person_id, session_table.c.revoked_at.is_(None)
    )
    if which is not None:
        statement = statement.where(which)  # type: ignore[arg-type]
    return connection.execute(statement.values(revoked_at=func.now(), revoked_because=because)).rowcount


def _with_tokens(connection: Connection, person_id: UUID, session_id: UUID, second_factor: bool) -> SignedIn:
    token = proofs.random_token()
    connection.execute(
        insert(token_table).values(
            token_hash=proofs.hash_of(token), session_id=session_id, expires_at=func.now() + IDLE
        )
    )
    access = issue_token(person_id, session_id=session_id, second_factor=second_factor)
    return SignedIn(person_id, session_id, access, token, second_factor)


def _warn(connection: Connection, person_id: UUID) -> None:
    address: str = connection.execute(select(person_table.c.email).where(person_table.c.id == person_id)).scalar_one()
    send(connection, Letter.SESSION_STOLEN, address)


def _ended() -> Unauthenticated:
    return Unauthenticated("The session has ended.", advice="Sign in again.")
