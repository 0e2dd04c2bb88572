"""The states of a variant, the ways between them, and going one. The database knows the ways, and refuses others."""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import IntegrityError

from clientnest.audit import Actor
from clientnest.db.refused import constraint_of
from clientnest.db.tables.content import post_variant as variant_table
from clientnest.errors import Conflict
from clientnest.events import tell

_c = variant_table.c
_ACT = text("SELECT set_config('clientnest.actor', :said, true)")


class State(StrEnum):
    """How far a variant is."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    UNCONFIRMED = "unconfirmed"  # sent, and nobody knows yet whether the network took it
    FAILED = "failed"
    MISSED = "missed"  # its time passed too long ago to publish it unasked
    CANCELLED = "cancelled"


class PostState(StrEnum):
    """How far a post is, by its variants."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    PARTIALLY_PUBLISHED = "partially_published"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"
    MISSED = "missed"
    CANCELLED = "cancelled"


_S = State
STEPS: Mapping[State, frozenset[State]] = MappingProxyType({
    _S.DRAFT: frozenset({_S.IN_REVIEW, _S.APPROVED, _S.SCHEDULED, _S.CANCELLED}),
    _S.IN_REVIEW: frozenset({_S.DRAFT, _S.CHANGES_REQUESTED, _S.APPROVED, _S.CANCELLED}),
    _S.CHANGES_REQUESTED: frozenset({_S.DRAFT, _S.IN_REVIEW, _S.CANCELLED}),
    _S.APPROVED: frozenset({_S.DRAFT, _S.IN_REVIEW, _S.CHANGES_REQUESTED, _S.SCHEDULED, _S.CANCELLED}),
    _S.SCHEDULED: frozenset({_S.DRAFT, _S.IN_REVIEW, _S.CHANGES_REQUESTED, _S.APPROVED, _S.PUBLISHING, _S.MISSED,
                             _S.CANCELLED}),
    _S.PUBLISHING: frozenset({_S.PUBLISHED, _S.FAILED, _S.UNCONFIRMED, _S.SCHEDULED}),
    _S.PUBLISHED: frozenset(),
    _S.UNCONFIRMED: frozenset({_S.PUBLISHED, _S.FAILED, _S.PUBLISHING}),
    _S.FAILED: frozenset({_S.DRAFT, _S.SCHEDULED, _S.CANCELLED}),
    _S.MISSED: frozenset({_S.DRAFT, _S.SCHEDULED, _S.CANCELLED}),
    _S.CANCELLED: frozenset({_S.DRAFT}),
})  # fmt: skip
"""From each state, those that may follow it (`app.variant_step`)."""

OUT_OF_HAND = frozenset({State.PUBLISHING, State.PUBLISHED, State.UNCONFIRMED})
"""A network has it, or may have it: neither words nor time of it change here."""
UNSEEN_BY_CLIENTS = frozenset({State.DRAFT, State.CHANGES_REQUESTED, State.CANCELLED})


class IllegalStep(Conflict):
    """A state cannot follow the one that a variant is in."""

    code = "illegal-step"


def act(connection: Connection, actor: Actor, reason: str = "") -> None:
    """Say who moves variants in this transaction from here on, and why: the database notes it with each move."""
    said = {"kind": actor.kind.value, "id": str(actor.id) if actor.id else None, "reason": reason}
    connection.execute(_ACT, {"said": json.dumps(said)})


def move(
    connection: Connection, workspace_id: UUID, variant_ids: Collection[UUID], to: State, actor: Actor,
    reason: str = "", **values: Any,
) -> None:  # fmt: skip
    """Move variants to a state, and set `values` of their rows with it. Who, when and why is noted by the database.

    `IllegalStep` where one is in a state that `to` cannot follow: then none moves. Those that are there already stay as
    they are, but for `values`.
    """
    here = (_c.workspace_id == workspace_id, _c.id.in_(variant_ids))
    rows = connection.execute(select(_c.id, _c.post_id, _c.state).where(*here).order_by(_c.id).with_for_update()).all()
    for row in rows:
        if row.state != to and to not in STEPS[State(row.state)]:
            raise illegal(State(row.state), to, row.id)
    act(connection, actor, reason)
    with refusals():
        connection.execute(update(variant_table).where(*here).values(state=to.value, **values))
    for row in rows:
        if row.state != to:
            tell(connection, workspace_id, "variant.state_changed", row.id,
                 {"post_id": str(row.post_id), "from": row.state, "to": to.value})  # fmt: skip


def illegal(state: State, to: State, variant_id: UUID) -> IllegalStep:
    """The refusal of a step."""
    ways = ", ".join(sorted(way.value.replace("_", " ") for way in STEPS[state])) or "nothing else"
    return IllegalStep(
        f"A variant that is {state.value.replace('_', ' ')} does not become {to.value.replace('_', ' ')}.",
        advice=f"From there it can become: {ways}.",
        details={"variant_id": str(variant_id), "state": state.value, "wanted": to.value},
    )


@contextmanager
def refusals() -> Iterator[None]:
    """Turn the database's own refusals, of somebody who was faster, into sentences."""
    try:
        yield
    except IntegrityError as error:
        constraint = constraint_of(error)
        if constraint.startswith("variant_"):
            said = error.orig.diag.message_primary  # type: ignore[union-attr]
            asked_first = constraint == "variant_approval"
            advice = "Send it in: POST …/submit." if asked_first else "Read the post again: it has moved on."
            raise IllegalStep(str(said), advice=advice) from error
        raise
