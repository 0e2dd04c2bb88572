"""Notifications as letters: one at once, or a digest of many; each says how to get no more of its kind."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from uuid import UUID

from sqlalchemy import Connection, select

from clientnest import mail, settings
from clientnest.db.tables.identity import person as person_table
from clientnest.mail import Letter
from clientnest.notifications.kinds import LABELS
from clientnest.notifications.showing import Shown
from clientnest.notifications.unsubscribing import Unsubscription, unsubscribe_address

MOST_LISTED = 50


def address_of(connection: Connection, person_id: UUID) -> str | None:
    """Where to write to somebody; None where no letter can go: there is no mail server, or nobody has shown that the
    address is theirs (those that an installation makes up for its first logins)."""
    if not mail.configured():
        return None
    columns = person_table.c
    found: str | None = connection.execute(
        select(columns.email).where(columns.id == person_id, columns.email_verified_at.is_not(None))
    ).scalar_one_or_none()
    return found


def write_at_once(connection: Connection, person_id: UUID, address: str, one: Shown) -> None:
    """A letter about one thing."""
    unsubscribe = unsubscribe_address(Unsubscription(person_id, one.workspace_id, one.category))
    mail.send(
        connection, Letter.NOTIFICATION, address, unsubscribe=unsubscribe, title=one.title, body=one.body,
        link=_page(), about=LABELS[one.category], workspace=one.workspace_name or "ClientNest",
    )  # fmt: skip


def write_digest(connection: Connection, person_id: UUID, address: str, found: Sequence[Shown]) -> None:
    """One letter about all of it, by workspace, the newest first."""
    unsubscribe = unsubscribe_address(Unsubscription(person_id))
    mail.send(
        connection, Letter.DIGEST, address, unsubscribe=unsubscribe, lines=tuple(_lines(found)), link=_page(),
        count="One thing" if len(found) == 1 else f"{len(found)} things",
    )  # fmt: skip


def _lines(found: Sequence[Shown]) -> Iterator[str]:
    newest = sorted(found, key=lambda one: one.id, reverse=True)
    listed = sorted(newest[:MOST_LISTED], key=lambda one: (one.workspace_name or "", str(one.workspace_id)))
    for (name, _), of_one in groupby(listed, key=lambda one: (one.workspace_name, one.workspace_id)):
        yield from ("", name or "ClientNest")
        for one in of_one:
            yield f"- {one.title}. {one.body}"
    if len(newest) > MOST_LISTED:
        yield from ("", f"And {len(newest) - MOST_LISTED} more.")


def _page() -> str:
    return f"{settings.mail().public_url.rstrip('/')}/notifications"
