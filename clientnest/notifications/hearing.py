"""Hearing of events, in the worker: each becomes a notification for everybody whom it concerns, once.

Needs the role `worker` inside the workspace.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, exists, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from clientnest import events, tasks
from clientnest.approvals import concerning as approving
from clientnest.content.concerning import Concerned, answered, mentioned
from clientnest.db.tables.credentials import credential as credential_table
from clientnest.db.tables.identity import membership as membership_table
from clientnest.db.tables.identity import person as person_table
from clientnest.db.tables.jobs import job as job_table
from clientnest.db.tables.notifications import notification as notification_table
from clientnest.db.tables.notifications import notification_preference as preference_table
from clientnest.events import Event
from clientnest.ids import new_id
from clientnest.notifications import letters
from clientnest.notifications.digests import plan
from clientnest.notifications.kinds import DEFAULTS, KEPT, Channels, Email, Kind, Named, Rule, Subject, rule_for
from clientnest.notifications.scope import on_behalf_of
from clientnest.notifications.showing import shown
from clientnest.workspaces.permissions import allows
from clientnest.workspaces.service import WorkspaceRole

# A renewal that failed is tried again many times within this; only then is it anybody's business.
PATIENCE = timedelta(hours=1)


def hear(connection: Connection, workspace_id: UUID, event: Event) -> None:
    """Make the notifications that an event calls for; twice makes no more of them."""
    from clientnest.notifications.tasks import hear_again

    rule = rule_for(event)
    if rule is None:
        return
    if rule.kind is Kind.ACCOUNT_EXPIRING and _is_tried_again(connection, workspace_id, event):
        tasks.defer(connection, hear_again, delay=PATIENCE, workspace_id=str(workspace_id), event_id=event.id)
        return
    notify(connection, workspace_id, event, rule)


def notify(connection: Connection, workspace_id: UUID, event: Event, rule: Rule) -> None:
    """Make them, for whoever they are for."""
    payload = {name: event.payload[name] for name in KEPT if name in event.payload}
    if rule.kind is Kind.IMPORT_FINISHED:
        payload |= _outcome(connection, workspace_id, event)
    for person_id, channels in list(_audience(connection, workspace_id, event, rule)):
        if channels.in_app or channels.email is not Email.NEVER:
            with on_behalf_of(connection, person_id):
                _make(connection, workspace_id, event, rule, person_id, channels, payload)


def _make(
    connection: Connection, workspace_id: UUID, event: Event, rule: Rule, person_id: UUID, channels: Channels,
    payload: dict[str, Any],
) -> None:  # fmt: skip
    values = {
        "person_id": person_id, "id": new_id(), "workspace_id": workspace_id, "personal": rule.personal,
        "event_id": event.id, "kind": rule.kind.value, "category": rule.category.value,
        "subject_type": rule.subject.value, "subject_id": _subject(event, rule), "payload": payload,
        "in_app": channels.in_app, "waits_for_digest": channels.email is not Email.NEVER,
    }  # fmt: skip
    selected = select(*(literal(value, notification_table.c[name].type) for name, value in values.items()))
    if not rule.personal:  # they may have left since the audience was asked for
        selected = selected.where(
            exists().where(membership_table.c.workspace_id == workspace_id, membership_table.c.person_id == person_id)
        )
    row = connection.execute(
        insert(notification_table).from_select(list(values), selected)
        .on_conflict_do_nothing().returning(notification_table)
    ).one_or_none()  # fmt: skip
    if row is None:
        return  # it was heard before
    if channels.in_app:
        told = {"kind": rule.kind.value, "category": rule.category.value}
        events.tell(connection, workspace_id, "notification.created", row.id, told, person_id=person_id)
    if channels.email is Email.AT_ONCE and (address := letters.address_of(connection, person_id)):
        letters.write_at_once(connection, person_id, address, *shown(connection, [row]))
        connection.execute(
            update(notification_table)
            .where(notification_table.c.person_id == person_id, notification_table.c.id == row.id)
            .values(waits_for_digest=False, mailed_at=row.created_at)
        )
    elif row.waits_for_digest:
        plan(connection, person_id, channels.email, datetime.now(UTC))


def _audience(
    connection: Connection, workspace_id: UUID, event: Event, rule: Rule
) -> Iterator[tuple[UUID, Channels]]:  # fmt: skip
    """Who is told, and how they want to be."""
    if rule.personal:
        assert event.subject_id is not None  # noqa: S101 - no rule is for events without
        with on_behalf_of(connection, event.subject_id):
            here = connection.execute(select(person_table.c.id).where(person_table.c.id == event.subject_id)).first()
        if here is not None:
            yield event.subject_id, DEFAULTS[rule.category]
        return
    belonging, chosen = membership_table.c, preference_table.c
    rows = connection.execute(
        select(belonging.person_id, belonging.role, chosen.in_app, chosen.email)
        .join(preference_table, and_(chosen.workspace_id == belonging.workspace_id,
                                     chosen.person_id == belonging.person_id,
                                     chosen.category == rule.category.value), isouter=True)
        .where(belonging.workspace_id == workspace_id)
        .order_by(belonging.person_id)
    ).all()  # fmt: skip
    named = _named(connection, workspace_id, event, rule.to) if isinstance(rule.to, Named) else Concerned()
    for row in rows:
        if isinstance(rule.to, Named):
            meant = row.person_id in named.people and (named.clients or row.role != WorkspaceRole.CLIENT)
        else:
            meant = row.person_id != event.subject_id and allows(WorkspaceRole(row.role), rule.to)
        if meant:
            is_chosen = row.email is not None
            yield (
                row.person_id,
                (Channels(in_app=row.in_app, email=Email(row.email)) if is_chosen else DEFAULTS[rule.category]),
            )


def _subject(event: Event, rule: Rule) -> UUID | None:
    """What a notification is about: of a comment, the post that it is on."""
    return UUID(event.payload["post_id"]) if rule.subject is Subject.POST else event.subject_id


_OF_REVIEWS = {
    Named.ASKED: approving.asked, Named.REMINDED: approving.reminded, Named.WRITERS: approving.writers,
}  # fmt: skip


def _named(connection: Connection, workspace_id: UUID, event: Event, to: Named) -> Concerned:
    assert event.subject_id is not None  # noqa: S101 - no rule is for events without
    if to is Named.MENTIONED:
        told_of = [UUID(person) for person in event.payload["people"]]
        return mentioned(connection, workspace_id, event.subject_id, told_of)
    if to is Named.THREAD:
        return answered(connection, workspace_id, event.subject_id)
    if to in _OF_REVIEWS:
        return Concerned(_OF_REVIEWS[to](connection, workspace_id, event), clients=True)
    one = _requester(connection, workspace_id, event) if to is Named.REQUESTER else event.subject_id
    return Concerned(frozenset({one} if one else ()), clients=True)


def _requester(connection: Connection, workspace_id: UUID, event: Event) -> UUID | None:
    columns = job_table.c
    found: UUID | None = connection.execute(
        select(columns.requested_by).where(columns.workspace_id == workspace_id, columns.id == event.subject_id)
    ).scalar_one_or_none()
    return found


def _outcome(connection: Connection, workspace_id: UUID, event: Event) -> dict[str, Any]:
    """The numbers of a finished import."""
    columns = job_table.c
    result: dict[str, Any] | None = connection.execute(
        select(columns.result).where(columns.workspace_id == workspace_id, columns.id == event.subject_id)
    ).scalar_one_or_none()
    return {name: value for name, value in (result or {}).items() if name in KEPT and isinstance(value, int)}


def _is_tried_again(connection: Connection, workspace_id: UUID, event: Event) -> bool:
    """Whether an access is still being renewed, and not about to end for good."""
    columns = credential_table.c
    failures = connection.execute(
        select(columns.failures).where(columns.workspace_id == workspace_id, columns.account_id == event.subject_id)
    ).scalar_one_or_none()
    return bool(failures)


def still_fails(connection: Connection, workspace_id: UUID, event: Event) -> bool:
    """Whether an account is as it was when an event told of it."""
    columns = credential_table.c
    state = connection.execute(
        select(columns.state).where(columns.workspace_id == workspace_id, columns.account_id == event.subject_id)
    ).scalar_one_or_none()
    return event.kind == f"account.{state}"
