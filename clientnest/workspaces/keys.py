"""Keys with which programs work in a workspace: shown once, kept as hashes, good for what their scopes name."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, func, insert, or_, select, update

from clientnest.db.tables.signing_in import api_key as key_table
from clientnest.entitlements import Limit, ProductEvent, check, record
from clientnest.errors import BadInput, NotFound, Unauthenticated
from clientnest.identity.proofs import hash_of
from clientnest.ids import new_id
from clientnest.words import on_one_line

PREFIX = "cnk_"  # what a key begins with, so that scanners of public code find one that was left there
_SEEN = timedelta(minutes=1)  # last use is noted to the minute: a write for each request would cost more than it says
_HINT = len(PREFIX) + 6


@dataclass(frozen=True, slots=True)
class KeyInUse:
    """A key that a program has just shown."""

    workspace_id: UUID
    id: UUID
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the workspace's admins see it. `hint`: how it begins."""

    id: UUID
    name: str
    hint: str
    scopes: Sequence[str]
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


_COLUMNS = tuple(key_table.c[name] for name in ApiKey.__dataclass_fields__)


def create_key(
    connection: Connection, workspace_id: UUID, name: str, scopes: Collection[str], *, created_by: UUID | None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:  # fmt: skip
    """A new key and its secret, which is kept nowhere. Which scopes may be given is for the caller to check.

    `LimitReached` where the workspace's plan allows no more keys.
    """
    kept = on_one_line(name)
    if not 1 <= len(kept) <= 100:
        raise BadInput("The name of a key has 1 to 100 characters.", details={"field": "name"})
    in_use = select(func.count()).where(key_table.c.workspace_id == workspace_id, key_table.c.revoked_at.is_(None))
    check(connection, workspace_id, Limit.API_KEYS, used=in_use)
    secret = PREFIX + secrets.token_urlsafe(32)
    row = connection.execute(
        insert(key_table)
        .values(workspace_id=workspace_id, id=new_id(), name=kept, hint=secret[:_HINT], key_hash=hash_of(secret),
                scopes=sorted(set(scopes)), created_by=created_by, expires_at=expires_at)
        .returning(*_COLUMNS)
    ).one()  # fmt: skip
    record(connection, workspace_id, ProductEvent.API_KEY_CREATED, person_id=created_by)
    return ApiKey(**row._mapping), secret


def keys(connection: Connection, workspace_id: UUID) -> list[ApiKey]:
    """All keys of a workspace, the latest first, revoked ones too."""
    rows = connection.execute(
        select(*_COLUMNS).where(key_table.c.workspace_id == workspace_id).order_by(key_table.c.id.desc())
    )
    return [ApiKey(**row._mapping) for row in rows]


def revoke_key(connection: Connection, workspace_id: UUID, key_id: UUID) -> ApiKey:
    """Make a key useless, for good. Twice is as once."""
    columns = key_table.c
    row = connection.execute(
        update(key_table)
        .where(columns.workspace_id == workspace_id, columns.id == key_id)
        .values(revoked_at=func.coalesce(columns.revoked_at, func.now()))
        .returning(*_COLUMNS)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such key.", advice="GET …/api-keys lists them.")
    return ApiKey(**row._mapping)


def present_key(connection: Connection, secret: str) -> KeyInUse:
    """Whose key it is; its use is noted. Needs the role `identity`; `Unauthenticated` for one that is no good."""
    columns = key_table.c
    row = connection.execute(
        select(columns.workspace_id, columns.id, columns.scopes).where(
            columns.key_hash == hash_of(secret[:200]), columns.revoked_at.is_(None),
            or_(columns.expires_at.is_(None), columns.expires_at > func.now()),
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        raise Unauthenticated("The API key is not valid (any more).", advice="Use another key of the workspace.")
    connection.execute(
        update(key_table)
        .where(columns.workspace_id == row.workspace_id, columns.id == row.id,
               or_(columns.last_used_at.is_(None), columns.last_used_at < func.now() - _SEEN))
        .values(last_used_at=func.now())
    )  # fmt: skip
    return KeyInUse(row.workspace_id, row.id, frozenset(row.scopes))
