"""Tokens that work once: sent by mail or handed out between two steps, kept as hashes only."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update

from clientnest.db.tables.signing_in import one_time_token as token_table
from clientnest.errors import BadInput

_LONGEST = 200


class Purpose(StrEnum):
    """What a token is good for; it is good for nothing else."""

    SIGN_UP = "sign_up"
    RESET_PASSWORD = "reset_password"  # noqa: S105 (a purpose)
    RESET_ASKED = "reset_asked"  # whether the address has a login is found out afterwards
    CHANGE_ADDRESS = "change_address"
    SECOND_FACTOR = "second_factor"
    PASSKEY = "passkey"
    PROVIDER = "provider"


LIFETIMES: Mapping[Purpose, timedelta] = {
    Purpose.SIGN_UP: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
    Purpose.RESET_ASKED: timedelta(hours=24),
    Purpose.CHANGE_ADDRESS: timedelta(hours=24),
    Purpose.SECOND_FACTOR: timedelta(minutes=10),
    Purpose.PASSKEY: timedelta(minutes=5),
    Purpose.PROVIDER: timedelta(minutes=10),
}


@dataclass(frozen=True, slots=True)
class Proof:
    """A token that was good: whose it is (None: somebody not known yet), and what was kept with it."""

    person_id: UUID | None
    payload: Mapping[str, Any]


def random_token() -> str:
    """A fresh secret of 256 bits, fit for an address."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    """The SHA-256 under which a random token is kept: with 256 bits at random there is nothing to guess."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def issue(
    connection: Connection, purpose: Purpose, person_id: UUID | None = None, payload: Mapping[str, Any] | None = None
) -> str:
    """A new token, kept as its hash. Old ones go meanwhile."""
    token = random_token()
    connection.execute(delete(token_table).where(token_table.c.expires_at < func.now() - timedelta(days=1)))
    row = {"token_hash": hash_of(token), "purpose": purpose.value, "person_id": person_id, "payload": payload or {},
           "expires_at": func.now() + LIFETIMES[purpose]}  # fmt: skip
    connection.execute(insert(token_table).values(row))
    return token


def peek(connection: Connection, token: str, purpose: Purpose) -> Proof:
    """What a token stands for, without using it up; locked until the transaction ends. `BadInput` as for `redeem`."""
    return _found(connection.execute(_good(select(token_table), token, purpose).with_for_update()).one_or_none())


def redeem(connection: Connection, token: str, purpose: Purpose) -> Proof:
    """Use a token up. `BadInput`, in the same words, where it is unknown, used, too old or meant for something else."""
    statement = _good(update(token_table), token, purpose).values(used_at=func.now()).returning(token_table)
    return _found(connection.execute(statement).one_or_none())


def take(connection: Connection, token: str, purpose: Purpose) -> Proof:
    """The same, and nothing of it is left: for what is somebody's, and was kept only until it was worked on."""
    return _found(connection.execute(_good(delete(token_table), token, purpose).returning(token_table)).one_or_none())


def withdraw(connection: Connection, person_id: UUID, purpose: Purpose) -> None:
    """Make somebody's other tokens of a kind useless."""
    columns = token_table.c
    connection.execute(
        update(token_table)
        .where(columns.person_id == person_id, columns.purpose == purpose.value, columns.used_at.is_(None))
        .values(used_at=func.now())
    )


def _good(statement: Any, token: str, purpose: Purpose) -> Any:
    columns = token_table.c
    return statement.where(
        columns.token_hash == hash_of(token[: _LONGEST + 1]), columns.purpose == purpose.value,
        columns.used_at.is_(None), columns.expires_at > func.now(),
    )  # fmt: skip


def _found(row: Any) -> Proof:
    if row is None:
        raise BadInput(
            "This link or code does not work (any more): it was used, is too old, or is not complete.",
            advice="Ask for a new one.",
            details={"field": "token"},
        )
    return Proof(row.person_id, row.payload)
