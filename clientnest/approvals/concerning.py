"""Whom it concerns that something waits, or was decided. For the role `worker` inside the workspace."""

from uuid import UUID

from sqlalchemy import Connection, select, text

from clientnest.db.tables.approvals import review as review_table
from clientnest.db.tables.content import post as post_table
from clientnest.events import Event

_c, _p = review_table.c, post_table.c
_ASKED = text("SELECT app.people_to_ask(:workspace, :review)")


def asked(connection: Connection, workspace_id: UUID, event: Event) -> frozenset[UUID]:
    """Those whom the rounds of the event ask at this moment: none of them twice, none who is away. Owner and admins,
    where a level asks nobody any more who could."""
    found: set[UUID] = set()
    for review_id in _reviews(event):
        found |= set(connection.execute(_ASKED, {"workspace": workspace_id, "review": review_id}).scalars())
    return frozenset(found)


def reminded(connection: Connection, workspace_id: UUID, event: Event) -> frozenset[UUID]:
    """Those who are to be reminded, and are still asked."""
    meant = frozenset(UUID(one) for one in event.payload.get("people", ()))
    return meant & asked(connection, workspace_id, event)


def writers(connection: Connection, workspace_id: UUID, event: Event) -> frozenset[UUID]:
    """Those who wrote the post, or sent it in, but for who decided."""
    sent = select(_c.opened_by).where(_c.workspace_id == workspace_id, _c.id.in_(_reviews(event)))
    wrote = select(_p.created_by).where(_p.workspace_id == workspace_id, _p.id == event.subject_id)
    found: set[UUID | None] = set(connection.execute(sent.union(wrote)).scalars())
    return frozenset(one for one in found if one is not None and str(one) != event.payload.get("by"))


def _reviews(event: Event) -> list[UUID]:
    return [UUID(one) for one in event.payload.get("review_ids", ())]
