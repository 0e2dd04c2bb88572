"""Every state that the variants of a post were in: the database notes each move (`app.tell_transition`)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from clientnest.content.model import Post
from clientnest.content.states import State
from clientnest.db.tables.content import variant_transition as transition_table

_c = transition_table.c


@dataclass(frozen=True, slots=True)
class Transition:
    """A move. `from_state` None: the variant was made. `actor_kind` `database`: by hand, and nobody said who."""

    variant_id: UUID
    account_id: UUID
    from_state: State | None
    to_state: State
    actor_kind: str
    actor_id: UUID | None
    reason: str
    at: datetime


def of_post(connection: Connection, workspace_id: UUID, post: Post) -> list[Transition]:
    """Those of the variants that are given with the post, in the order of time."""
    accounts = {one.id: one.account_id for one in post.variants}
    rows = connection.execute(
        select(transition_table).where(_c.workspace_id == workspace_id, _c.variant_id.in_(accounts))
        .order_by(_c.at, _c.variant_id, _c.number)
    )  # fmt: skip
    return [
        Transition(
            row.variant_id, accounts[row.variant_id], State(row.from_state) if row.from_state else None,
            State(row.to_state), row.actor_kind, row.actor_id, row.reason, row.at,
        )
        for row in rows
    ]  # fmt: skip
