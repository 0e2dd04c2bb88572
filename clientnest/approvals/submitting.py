"""Sending variants in to be approved, and taking them back."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, select

from clientnest.approvals import rounds
from clientnest.approvals.model import Mode
from clientnest.audit import Actor
from clientnest.content import editing, reading
from clientnest.content.model import Post, Variant
from clientnest.content.states import State, move
from clientnest.content.validating import require_publishable
from clientnest.db.tables.approvals import review as review_table
from clientnest.errors import Conflict
from clientnest.events import tell
from clientnest.workspaces import Membership

_c = review_table.c
_TO_SUBMIT = frozenset({State.DRAFT, State.CHANGES_REQUESTED})


def submit(
    connection: Connection, membership: Membership, post_id: UUID, actor: Actor, *, revision: int | None,
    accounts: Collection[UUID] | None = None, then_schedule: bool = False,
) -> Post:  # fmt: skip
    """Send variants (None: all that are drafts, or were to be changed, and that a policy is for) to be approved.

    `then_schedule`: what has a time still to come by then is scheduled as soon as it is approved; `Unpublishable` where
    a network would refuse it. `Conflict` where no policy asks for anything, `IllegalStep` for what is further already;
    all of them or none.
    """
    before = editing.locked(connection, membership, post_id, revision=revision)
    workspace_id = membership.workspace.id
    all_drafts = [one for one in before.variants if one.state in _TO_SUBMIT]
    chosen = reading.of_accounts(before, accounts) if accounts else all_drafts
    if not chosen:
        raise Conflict(
            "The post has nothing that could be sent to be approved.",
            advice="Only drafts are, and what was to be changed.",
        )
    modes = rounds.modes(connection, workspace_id, [one.id for one in chosen])
    free = [one for one in chosen if modes[one.id] is Mode.NONE]
    if free and (accounts or len(free) == len(chosen)):
        raise Conflict(
            f"What {free[0].account_name} publishes needs no approval, and nobody is there to give it.",
            advice="Schedule it; or let an admin make an approval policy first.",
            details={"account_id": str(free[0].account_id)},
        )
    if then_schedule:
        require_publishable(connection, workspace_id, {one.account_id: one.content for one in chosen})
    sent = [one.id for one in chosen if modes[one.id] is not Mode.NONE]
    _check_nothing_waits(chosen)
    move(connection, workspace_id, sent, State.IN_REVIEW, actor, "sent to be approved")
    rounds.open_rounds(connection, membership, post_id, dict.fromkeys(sent, then_schedule))
    return reading.post(connection, membership, post_id)


def withdraw(
    connection: Connection, membership: Membership, post_id: UUID, actor: Actor, *, revision: int | None,
    accounts: Collection[UUID] | None = None,
) -> Post:  # fmt: skip
    """Take variants (None: all that are in review) back: they are drafts, and their rounds are over."""
    before = editing.locked(connection, membership, post_id, revision=revision)
    workspace_id = membership.workspace.id
    found = reading.of_accounts(before, accounts) if accounts else before.variants
    chosen = {one.id for one in found if one.state is State.IN_REVIEW}
    if not chosen or (accounts and len(chosen) < len(found)):
        raise Conflict("This is not in review.", advice="Only what waits to be approved can be taken back.")
    given_up = connection.execute(
        select(_c.id, _c.variant_id)
        .where(_c.workspace_id == workspace_id, _c.variant_id.in_(chosen), _c.closed_at.is_(None))
    ).all()  # fmt: skip
    move(connection, workspace_id, chosen, State.DRAFT, actor, "taken back")
    for row in given_up:
        tell(connection, workspace_id, "review.withdrawn", row.id,
             {"post_id": str(post_id), "variant_id": str(row.variant_id)})  # fmt: skip
    return reading.post(connection, membership, post_id)


def _check_nothing_waits(chosen: Collection[Variant]) -> None:
    waiting = next((one for one in chosen if one.state is State.IN_REVIEW), None)
    if waiting is not None:
        raise Conflict(f"What {waiting.account_name} publishes is in review already.", advice="Wait, or take it back.")
