"""What happens to people's way in, in their own log: `GET /v1/me/security-events` shows it to them."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection

from clientnest import audit
from clientnest.audit import Actor, ActorKind, Change, PersonalAction


def by_themselves(
    connection: Connection, action: PersonalAction, person_id: UUID, visitor: Actor, **changes: Change
) -> None:
    """Note what somebody did who proved who they are."""
    by_somebody(connection, action, person_id, replace(visitor, kind=ActorKind.PERSON, id=person_id), **changes)


def by_somebody(
    connection: Connection, action: PersonalAction, person_id: UUID, visitor: Actor, **changes: Change
) -> None:
    """Note what somebody did, or tried, who did not prove that it is their login."""
    audit.record_personal(connection, action, actor=visitor, person_id=person_id, changes=changes)
