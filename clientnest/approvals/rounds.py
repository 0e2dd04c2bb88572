"""Rounds: opening them, giving them up, and what is told of them. What they are about is found by the database."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from clientnest.approvals.model import Mode, Outcome
from clientnest.db.refused import constraint_of
from clientnest.db.tables.approvals import review as review_table
from clientnest.db.tables.content import post_variant as variant_table
from clientnest.db.tables.identity import account as account_table
from clientnest.db.tables.signing_in import api_key as key_table
from clientnest.errors import Conflict
from clientnest.events import tell
from clientnest.ids import new_id
from clientnest.workspaces import Membership

_c, _v, _a = review_table.c, variant_table.c, account_table.c
_MODES = text(
    "SELECT v.id, p.mode FROM unnest(CAST(:variants AS uuid[])) AS v(id) "
    "LEFT JOIN LATERAL app.approval_policy_of(:workspace, v.id) p ON true"
)


def modes(connection: Connection, workspace_id: UUID, variant_ids: Collection[UUID]) -> dict[UUID, Mode]:
    """What the policy says that holds for each variant."""
    rows = connection.execute(_MODES, {"workspace": workspace_id, "variants": list(variant_ids)})
    return {row.id: Mode(row.mode or Mode.NONE) for row in rows}


def unapproved(connection: Connection, workspace_id: UUID, variant_ids: Collection[UUID]) -> set[UUID]:
    """Those that have to be approved, and in their present form are not."""
    needing = [one for one, mode in modes(connection, workspace_id, variant_ids).items() if mode is Mode.REQUIRED]
    rows: Sequence[UUID] = connection.execute(
        select(_v.id).where(_v.workspace_id == workspace_id, _v.id.in_(needing),
                            ~func.app.is_approved(_v.workspace_id, _v.id, _v.digest))
    ).scalars().all()  # fmt: skip
    return set(rows)


def open_rounds(
    connection: Connection, membership: Membership, post_id: UUID, then_schedule: Mapping[UUID, bool]
) -> None:  # fmt: skip
    """Open a round, at level 1, for variants that are in review, and tell whom it asks. `then_schedule`: by variant,
    whether it is to be scheduled once it is approved."""
    workspace_id, by = membership.workspace.id, _opener(connection, membership)
    rows: list[dict[str, Any]] = [
        {"workspace_id": workspace_id, "id": new_id(), "variant_id": variant, "then_schedule": wanted, "opened_by": by}
        for variant, wanted in then_schedule.items()
    ]
    if not rows:
        return
    with refusals():
        connection.execute(insert(review_table), rows)
    opened = [row["id"] for row in rows]
    for row in connection.execute(
        select(_c.id, _c.variant_id, func.jsonb_array_length(_c.levels).label("levels"))
        .where(_c.workspace_id == workspace_id, _c.id.in_(opened))
    ).all():  # fmt: skip
        told = {"post_id": str(post_id), "variant_id": str(row.variant_id), "level": 1, "levels": row.levels}
        tell(connection, workspace_id, "review.opened", row.id, told)
    ask(connection, workspace_id, post_id, opened)


def ask(connection: Connection, workspace_id: UUID, post_id: UUID, review_ids: Collection[UUID]) -> None:
    """Tell those whom the present levels of these rounds ask, at once for the whole post."""
    if review_ids:
        told = {"post_id": str(post_id), "review_ids": [str(one) for one in review_ids]}
        tell(connection, workspace_id, "post.review_asked", post_id, told)


def supersede(connection: Connection, workspace_id: UUID, variant_ids: Collection[UUID]) -> dict[UUID, bool]:
    """Close the open rounds of variants whose words change; gives, by variant, what was wanted after approval."""
    rows = connection.execute(
        update(review_table)
        .where(_c.workspace_id == workspace_id, _c.variant_id.in_(variant_ids), _c.closed_at.is_(None))
        .values(closed_at=func.now(), outcome=Outcome.SUPERSEDED.value)
        .returning(_c.variant_id, _c.then_schedule)
    )
    return {row.variant_id: row.then_schedule for row in rows}


def _opener(connection: Connection, membership: Membership) -> UUID | None:
    """Who must not approve what they send in: the person, or whoever made the key that a program shows."""
    if membership.key is None:
        return membership.person_id
    columns = key_table.c
    return connection.execute(
        select(columns.created_by)
        .where(columns.workspace_id == membership.workspace.id, columns.id == membership.key.id)
    ).scalar_one_or_none()  # fmt: skip


@contextmanager
def refusals() -> Iterator[None]:
    """Turn the database's own refusals, of what changed since it was read, into sentences."""
    try:
        yield
    except IntegrityError as error:
        if constraint_of(error).startswith("review_"):
            said = error.orig.diag.message_primary  # type: ignore[union-attr]
            raise Conflict(str(said), advice="Read the post's reviews again.") from error
        raise
