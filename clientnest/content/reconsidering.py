"""What becomes of a variant's state when its words change."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from clientnest.approvals import rounds
from clientnest.approvals.model import Mode
from clientnest.audit import Actor
from clientnest.content.model import Post, Variant
from clientnest.content.states import State, move
from clientnest.workspaces import Membership

_LET_THROUGH = frozenset({State.APPROVED, State.SCHEDULED})
_BEGUN_ANEW = frozenset({State.APPROVED, State.FAILED, State.MISSED, State.CANCELLED})


@contextmanager
def reconsidered(
    connection: Connection, membership: Membership, post: Post, edited: Collection[Variant], actor: Actor, *,
    relabelled: bool,
) -> Iterator[None]:  # fmt: skip
    """Around the writing of an edit: before it, states leave what the old words were let through for; after it, rounds
    are opened for the new ones.

    Where approval is required, what was approved or scheduled is in review again, its time a plan until then; so is
    what other labels (`relabelled`) require it for. Otherwise what was approved is a draft, and a schedule stands. What
    was in review is so anew. What failed, was missed or cancelled is a draft.
    """
    workspace_id = membership.workspace.id
    modes = rounds.modes(connection, workspace_id, [one.id for one in edited if one.state in _IN_QUESTION])
    again = {one.id: one for one in edited if _goes_again(one, modes.get(one.id, Mode.NONE))}
    begun = [one.id for one in edited if one.id not in again and one.state in _BEGUN_ANEW | {State.IN_REVIEW}]
    then_schedule = {one.id: one.state is State.SCHEDULED for one in again.values()}
    then_schedule |= rounds.supersede(connection, workspace_id, again)
    move(connection, workspace_id, again, State.IN_REVIEW, actor, "edited")
    move(connection, workspace_id, begun, State.DRAFT, actor, "edited")
    yield
    if relabelled:
        standing = {
            one.id: one for one in post.variants if one.state in _LET_THROUGH and one.id not in {*again, *begun}
        }
        late = rounds.unapproved(connection, workspace_id, standing)
        move(connection, workspace_id, late, State.IN_REVIEW, actor, "labelled")
        then_schedule |= {one: standing[one].state is State.SCHEDULED for one in late}
        free = [one for one, mode in rounds.modes(connection, workspace_id, then_schedule).items() if mode is Mode.NONE]
        move(connection, workspace_id, free, State.DRAFT, actor, "labelled")
        then_schedule = {one: wanted for one, wanted in then_schedule.items() if one not in free}
    rounds.open_rounds(connection, membership, post.id, then_schedule)


_IN_QUESTION = _LET_THROUGH | {State.IN_REVIEW}


def _goes_again(variant: Variant, mode: Mode) -> bool:
    """Whether it has to be looked at again at once, for somebody wanted it to be looked at, or has to."""
    if variant.state is State.IN_REVIEW:
        return mode is not Mode.NONE
    return variant.state in _LET_THROUGH and mode is Mode.REQUIRED
