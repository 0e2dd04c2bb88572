"""Digests: one letter in the morning, daily or weekly, about what waits unread; with nothing to say there is none.

A digest is written in the transaction that marks what it holds and its day, with the person's row locked: two workers
write it once, and one that dies in between has not written it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select, text, update
from sqlalchemy.dialects.postgresql import insert

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.notifications import notification as notification_table
from clientnest.db.tables.notifications import notification_schedule as schedule_table
from clientnest.notifications import letters
from clientnest.notifications.clock import next_digest
from clientnest.notifications.kinds import DEFAULTS, Category, Email
from clientnest.notifications.preferences import chosen_by, zone_of
from clientnest.notifications.showing import shown

AT_ONCE = 1_000
_c = notification_table.c


def plan(connection: Connection, person_id: UUID, email: Email, now: datetime) -> None:
    """Look, when the next digest may be written, at what waits from now on. Needs the person in the scope."""
    columns = schedule_table.c
    connection.execute(insert(schedule_table).values(person_id=person_id).on_conflict_do_nothing())
    kept = connection.execute(select(schedule_table).where(columns.person_id == person_id).with_for_update()).one()
    zone = zone_of(connection, person_id, kept.timezone)
    due = next_digest(zone, now, weekly=email is Email.WEEKLY, sent_on=kept.digest_sent_on)
    if kept.digest_due_at is None or due < kept.digest_due_at:
        connection.execute(update(schedule_table).where(columns.person_id == person_id).values(digest_due_at=due))


def send_due(now: datetime, *, limit: int = AT_ONCE) -> int:
    """Write the digests that are due, each in a transaction of its own as the worker; gives how many. Safe in several
    processes at once. A mistake of ours with one person does not hold up the others: it is raised, in an
    `ExceptionGroup`, once all had their turn."""
    with session.tenant(Role.WORKER) as connection:
        statement = text("SELECT person_id FROM app.digests_due(:until, :most)")
        due = [row.person_id for row in connection.execute(statement, {"until": now, "most": limit})]
    written = 0
    mistakes: list[Exception] = []
    for person_id in due:
        try:
            with session.tenant(Role.WORKER, person_id=person_id) as connection:
                written += send_digest(connection, person_id, now)
        except Exception as error:  # noqa: BLE001 - raised below
            mistakes.append(error)
    if mistakes:
        raise ExceptionGroup("Some digests could not be written.", mistakes)
    return written


def send_digest(connection: Connection, person_id: UUID, now: datetime) -> bool:
    """Write somebody's digest where it is due and no other process does; whether there was something to say."""
    columns = schedule_table.c
    kept = connection.execute(
        select(schedule_table).where(columns.person_id == person_id, columns.digest_due_at <= now)
        .with_for_update(skip_locked=True)
    ).one_or_none()  # fmt: skip
    if kept is None:
        return False
    zone = zone_of(connection, person_id, kept.timezone)
    today, sent_on = now.astimezone(zone).date(), kept.digest_sent_on
    address = letters.address_of(connection, person_id)
    waiting = _waiting(connection, person_id)
    ripe = [row for row, email in waiting if address and _ripens(zone, row, email) <= now]
    if ripe and address and (sent_on is None or sent_on < today):
        sent_on = today
        _mark(connection, person_id, ripe, mailed_at=now)
        letters.write_digest(connection, person_id, address, shown(connection, ripe))
    written: bool = sent_on != kept.digest_sent_on
    told = {row.id for row in ripe} if written else set()
    dues = [
        next_digest(zone, now, weekly=email is Email.WEEKLY, sent_on=sent_on)
        for row, email in waiting if row.id not in told
    ]  # fmt: skip
    connection.execute(
        update(schedule_table).where(columns.person_id == person_id)
        .values(digest_due_at=min(dues, default=None), digest_sent_on=sent_on)
    )  # fmt: skip
    return written


def _waiting(connection: Connection, person_id: UUID) -> list[tuple[Row[Any], Email]]:
    """What waits unread, each with when it is to come; what was read, or is not wanted any more, waits no longer."""
    rows = connection.execute(
        select(notification_table).where(_c.person_id == person_id, _c.waits_for_digest).order_by(_c.id)
    ).all()
    chosen = chosen_by(connection, person_id)
    found = [
        (row, chosen.get((row.workspace_id, row.category), DEFAULTS[Category(row.category)]).email) for row in rows
    ]
    wanted: list[tuple[Row[Any], Email]] = [
        (row, email) for row, email in found if row.read_at is None and email is not Email.NEVER
    ]
    kept = {row.id for row, _ in wanted}
    _mark(connection, person_id, [row for row in rows if row.id not in kept], mailed_at=None)
    return wanted


def _ripens(zone: ZoneInfo, row: Row[Any], email: Email) -> datetime:
    return next_digest(zone, row.created_at, weekly=email is Email.WEEKLY)


def _mark(connection: Connection, person_id: UUID, rows: Sequence[Row[Any]], *, mailed_at: datetime | None) -> None:
    if rows:
        connection.execute(
            update(notification_table)
            .where(_c.person_id == person_id, _c.id.in_([row.id for row in rows]))
            .values(waits_for_digest=False, mailed_at=mailed_at)
        )
