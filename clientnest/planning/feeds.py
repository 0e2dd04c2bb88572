"""Secret addresses at which calendar programs read the plan: shown once, kept as hashes. For the role `api`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text, update

from clientnest import settings
from clientnest.db import session
from clientnest.db.tables.planning import calendar_feed as feed_table
from clientnest.errors import BadInput, Conflict, NotFound
from clientnest.identity.proofs import hash_of, random_token
from clientnest.ids import new_id
from clientnest.words import on_one_line

PREFIX = "cnf_"  # so that scanners of public code find one that was left there
MOST = 20
_LONGEST = 200
_c = feed_table.c
_OPEN = text("SELECT workspace_id, id, person_id, filters FROM app.open_calendar_feed(:presented)")


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as its person sees it. `filters`: what it shows, as the calendar takes it. `last_used_at`: to the
    minute."""

    id: UUID
    name: str
    filters: Mapping[str, Any]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenedFeed:
    """Whose calendar an address shows."""

    workspace_id: UUID
    id: UUID
    person_id: UUID
    filters: Mapping[str, Any]


_COLUMNS = tuple(_c[name] for name in Feed.__dataclass_fields__)


def create_feed(
    connection: Connection, workspace_id: UUID, person_id: UUID, name: str, filters: Mapping[str, Any]
) -> tuple[Feed, str]:
    """A new feed of a member, and its secret, which is kept nowhere. `Conflict` where they have 20 that work."""
    kept = on_one_line(name)
    if not 1 <= len(kept) <= 100:
        raise BadInput("The name of a feed has 1 to 100 characters.", details={"field": "body.name"})
    session.in_turn(connection, f"{workspace_id}/{person_id}/calendar-feeds")
    working = select(func.count()).where(
        _c.workspace_id == workspace_id, _c.person_id == person_id, _c.revoked_at.is_(None)
    )
    if connection.execute(working).scalar_one() >= MOST:
        raise Conflict(f"You have {MOST} calendar feeds here already.", advice="Revoke one that nobody reads.")
    secret = PREFIX + random_token()
    row = connection.execute(
        insert(feed_table)
        .values(workspace_id=workspace_id, id=new_id(), person_id=person_id, name=kept, token_hash=hash_of(secret),
                filters=dict(filters))
        .returning(*_COLUMNS)
    ).one()  # fmt: skip
    return Feed(**row._mapping), secret


def feeds(connection: Connection, workspace_id: UUID, person_id: UUID) -> list[Feed]:
    """Somebody's own feeds, the latest first, revoked ones too."""
    rows = connection.execute(
        select(*_COLUMNS).where(_c.workspace_id == workspace_id, _c.person_id == person_id).order_by(_c.id.desc())
    )
    return [Feed(**row._mapping) for row in rows]


def revoke_feed(connection: Connection, workspace_id: UUID, person_id: UUID, feed_id: UUID) -> Feed:
    """Make a feed's address useless, for good. Twice is as once; `NotFound` for one that is not theirs."""
    row = connection.execute(
        update(feed_table)
        .where(_c.workspace_id == workspace_id, _c.person_id == person_id, _c.id == feed_id)
        .values(revoked_at=func.coalesce(_c.revoked_at, func.now()))
        .returning(*_COLUMNS)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such calendar feed.", advice="GET …/calendar-feeds lists yours.")
    return Feed(**row._mapping)


def open_feed(connection: Connection, secret: str) -> OpenedFeed:
    """Whose calendar an address shows; its use is noted. It needs no scope, and gives none to the transaction.

    `NotFound`, in the same words, for one that is unknown or revoked, or whose person has left the workspace.
    """
    row = connection.execute(_OPEN, {"presented": hash_of(secret[: _LONGEST + 1])}).one_or_none()
    if row is None:
        raise no_such_feed()
    return OpenedFeed(**row._mapping)


def no_such_feed() -> NotFound:
    """What is said of every address that opens nothing."""
    return NotFound("There is no such calendar.", advice="Make a new address where you plan your posts.")


def feed_address(secret: str) -> str:
    """Where calendar programs read it."""
    return f"{settings.mail().public_url.rstrip('/')}/v1/calendar-feeds/{secret}.ics"
