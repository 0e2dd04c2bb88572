"""Links by which clients look at a post and decide, with no account: shown once, kept as hashes. For the role `api`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text, update

from clientnest.content import reading
from clientnest.db.tables.approvals import review_link as link_table
from clientnest.db.tables.identity import workspace as workspace_table
from clientnest.errors import BadInput, Conflict, NotFound
from clientnest.identity.people import normalise_email
from clientnest.identity.proofs import hash_of, random_token
from clientnest.identity.registration import link
from clientnest.ids import new_id
from clientnest.limits import Throttle, forgive, network_of, throttle
from clientnest.mail import Letter, send
from clientnest.words import on_one_line
from clientnest.workspaces import Membership, WorkspaceRole
from clientnest.workspaces.service import COLUMNS, from_row

PREFIX = "cnr_"  # so that scanners of public code find one that was left there
MOST = 50
MOST_DAYS = 90
_LONGEST = 200
_c = link_table.c
_OPEN = text("SELECT workspace_id, id, post_id, name, expires_at FROM app.open_review_link(:presented)")


@dataclass(frozen=True, slots=True)
class Link:
    """A link as the team sees it. `name`, `email`: whom it is for. `last_used_at`: to the minute."""

    id: UUID
    post_id: UUID
    name: str
    email: str | None
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What a secret opens: one post, for somebody of that name."""

    workspace_id: UUID
    id: UUID
    post_id: UUID
    name: str
    expires_at: datetime


_COLUMNS = tuple(_c[name] for name in Link.__dataclass_fields__)


def create(
    connection: Connection, membership: Membership, post_id: UUID, name: str, *, email: str | None = None,
    days: int = 14,
) -> tuple[Link, str]:  # fmt: skip
    """A new link, and its secret, which is kept nowhere; with an address it goes there by letter, too. `Conflict` where
    the post lies in the trash, or 50 of its links work."""
    workspace_id, kept = membership.workspace.id, on_one_line(name)
    if not 1 <= len(kept) <= 100:
        raise BadInput("The name of whom a link is for has 1 to 100 characters.", details={"field": "body.name"})
    if reading.post(connection, membership, post_id).trashed_at is not None:
        raise Conflict("The post is in the trash.", advice="Take it out first: POST …/restore.")
    working = (
        _c.workspace_id == workspace_id,
        _c.post_id == post_id,
        _c.revoked_at.is_(None),
        _c.expires_at > func.now(),
    )
    if connection.execute(select(func.count()).select_from(link_table).where(*working)).scalar_one() >= MOST:
        raise Conflict(f"The post has {MOST} links that work already.", advice="Revoke one that nobody needs.")
    secret = PREFIX + random_token()
    address = None if email is None else normalise_email(email)
    row = connection.execute(
        insert(link_table)
        .values(workspace_id=workspace_id, id=new_id(), post_id=post_id, name=kept, email=address,
                token_hash=hash_of(secret), created_by=membership.person_id,
                expires_at=func.now() + timedelta(days=days))
        .returning(*_COLUMNS)
    ).one()  # fmt: skip
    if address is not None:
        send(connection, Letter.REVIEW_LINK, address, name=kept, workspace=membership.workspace.name, days=days,
             link=link_address(secret))  # fmt: skip
    return Link(**row._mapping), secret


def links(connection: Connection, membership: Membership, post_id: UUID) -> list[Link]:
    """The links of a post, the latest first, those that are over too."""
    reading.post(connection, membership, post_id)
    rows = connection.execute(
        select(*_COLUMNS).where(_c.workspace_id == membership.workspace.id, _c.post_id == post_id)
        .order_by(_c.id.desc())
    )  # fmt: skip
    return [Link(**row._mapping) for row in rows]


def revoke(connection: Connection, membership: Membership, post_id: UUID, link_id: UUID) -> Link:
    """Make a link useless, for good. Twice is as once; `NotFound` where the post has none of that id."""
    row = connection.execute(
        update(link_table)
        .where(_c.workspace_id == membership.workspace.id, _c.post_id == post_id, _c.id == link_id)
        .values(revoked_at=func.coalesce(_c.revoked_at, func.now()))
        .returning(*_COLUMNS)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such link.", advice="GET …/review-links lists those of the post.")
    return Link(**row._mapping)


def open_link(connection: Connection, secret: str, address: str | None) -> OpenedLink:
    """What a secret opens; its use is noted. It needs no scope, and gives none to the transaction.

    `NotFound`, in the same words, for one that is unknown, expired or revoked; `TooManyRequests` for who, at that
    network address, tried too many of those.
    """
    place = f"review-link:{network_of(address or '')}"
    throttle(Throttle.ADDRESS, place)
    row = connection.execute(_OPEN, {"presented": hash_of(secret[: _LONGEST + 1])}).one_or_none()
    if row is None:
        raise nothing_there()
    forgive(Throttle.ADDRESS, place)
    return OpenedLink(**row._mapping)


def nothing_there() -> NotFound:
    """What is said of every link that opens nothing."""
    return NotFound("There is nothing here, or no longer.", advice="Ask whoever sent you the link for another one.")


def as_client(connection: Connection, opened: OpenedLink) -> Membership:
    """The part that somebody with a link has: a client's, and nobody's in particular. Needs the workspace's scope."""
    row = connection.execute(select(*COLUMNS).where(workspace_table.c.id == opened.workspace_id)).one()
    return Membership(from_row(row), None, WorkspaceRole.CLIENT)


def link_address(secret: str) -> str:
    """Where a client opens it."""
    return link("review", secret)
