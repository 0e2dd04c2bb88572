"""What happens to people's way in, in their own log: `GET /v1/me/security-events` shows it to them."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import Connection

from api.deps import From
from clientnest import audit
from clientnest.audit import Actor, ActorKind, Change, PersonalAction


async def _visitor(request: Request, client: From) -> Actor:
    return Actor(ActorKind.SYSTEM, None, client.address, client.user_agent, getattr(request.state, "request_id", None))


Visitor = Annotated[Actor, Depends(_visitor)]
"""Whoever sent the request, before they proved who they are."""


def by_themselves(
    connection: Connection, action: PersonalAction, person_id: UUID, visitor: Actor, **changes: Change
) -> None:
    """Note what somebody did who proved who they are."""
    actor = replace(visitor, kind=ActorKind.PERSON, id=person_id)
    audit.record_personal(connection, action, actor=actor, person_id=person_id, changes=changes)


def by_somebody(
    connection: Connection, action: PersonalAction, person_id: UUID, visitor: Actor, **changes: Change
) -> None:
    """Note what somebody did, or tried, who did not prove that it is their login."""
    audit.record_personal(connection, action, actor=visitor, person_id=person_id, changes=changes)
