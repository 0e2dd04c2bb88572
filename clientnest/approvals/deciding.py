"""Deciding at a level: approve, or ask for changes. Who may, and as what, the database says (`app.deciding_as`)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, text

from clientnest.approvals import rounds
from clientnest.approvals.model import Capacity, Outcome, Verdict
from clientnest.audit import Actor, ActorKind
from clientnest.content import editing, reading
from clientnest.content.model import Post, Variant
from clientnest.content.states import State, move
from clientnest.content.validating import Unpublishable, require_publishable
from clientnest.db.tables.approvals import review as review_table
from clientnest.db.tables.approvals import review_decision as decision_table
from clientnest.errors import Conflict, Forbidden
from clientnest.events import tell
from clientnest.workspaces import Membership
from clientnest.workspaces.revisions import Stale

_c, _d = review_table.c, decision_table.c
_AS = text("SELECT capacity FROM app.deciding_as(:workspace, :review, :person)")
_AS_SAID = {
    Capacity.IN_PLACE: " in place of those who were asked", Capacity.VACANT: " where nobody was left to be asked",
    Capacity.DELEGATE: " as a delegate", Capacity.CLIENT_LINK: " by a client", Capacity.APPROVER: "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody looked at when they decided: the digest of the content, and (None: whichever it is) the level."""

    digest: bytes
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A decision that was made. `outcome` None: the next level is asked now. `not_scheduled`: why what was to be
    scheduled once it is approved is not; None where it is, or was not to be."""

    account_id: UUID
    review_id: UUID
    level: int
    capacity: Capacity
    behalf_of: UUID | None
    outcome: Outcome | None
    not_scheduled: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about each variant, and the post as it is now; None where a client sees it no more."""

    post: Post | None
    made: tuple[Made, ...]


def decide(
    connection: Connection, membership: Membership, post_id: UUID, actor: Actor, verdict: Verdict, *,
    revision: int | None = None, seen: Mapping[UUID, Seen] | None = None, accounts: Collection[UUID] | None = None,
    comment: str = "",
) -> Decided:  # fmt: skip
    """Decide about variants in review (`accounts` None: those in `seen`, or else all that the caller is asked about).

    `Stale` where what was `seen` is not there any more; `Conflict` where somebody decided first; `Forbidden` where it
    is for others. All of them or none. After the last level it is approved, and scheduled where that was wanted.
    """
    post = editing.locked(connection, membership, post_id, revision=revision)
    asked = accounts or (seen or {}).keys()
    chosen = reading.of_accounts(post, asked) if asked else post.variants
    open_ones = _open(connection, membership.workspace.id, [one.id for one in chosen])
    variants = [one for one in chosen if one.id in open_ones]
    if not variants or (asked and len(variants) < len(chosen)):
        raise _nothing_waits(connection, membership.workspace.id, [one for one in chosen if one.id not in open_ones])
    for one in variants:
        _check_seen(one, open_ones[one.id], (seen or {}).get(one.account_id))
    mine = [one for one in variants if _may(connection, membership, actor, open_ones[one.id])]
    if not mine or (asked and len(mine) < len(variants)):
        raise _for_others(actor)
    decided = [(one, _decide(connection, actor, one, open_ones[one.id], verdict, comment)) for one in mine]
    made = [_go_on(connection, one, open_ones[one.id], decision, actor) for one, decision in decided]
    _tell(connection, membership, post_id, made, open_ones.values())
    return Decided(reading.by_id(connection, membership, [post_id]).get(post_id), tuple(made))


def _open(connection: Connection, workspace_id: UUID, variant_ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """The open rounds, by variant."""
    rows = connection.execute(
        select(review_table)
        .where(_c.workspace_id == workspace_id, _c.variant_id.in_(variant_ids), _c.closed_at.is_(None))
    )  # fmt: skip
    return {row.variant_id: row for row in rows}


def _check_seen(variant: Variant, round_: Row[Any], seen: Seen | None) -> None:
    if seen is None:
        return
    if seen.digest != round_.digest:
        raise Stale(
            f"What {variant.account_name} publishes was changed since you looked at it.",
            advice="Nothing was decided: GET …/reviews shows what changed; decide on the new digest.",
            details={"account_id": str(variant.account_id), "digest": round_.digest.hex()},
        )
    if seen.level not in (None, round_.level):
        raise Conflict(
            f"Level {seen.level} was decided by somebody else meanwhile.",
            advice="Read the post's reviews again.",
            details={"account_id": str(variant.account_id), "level": round_.level},
        )


def _may(connection: Connection, membership: Membership, actor: Actor, round_: Row[Any]) -> bool:
    if actor.kind is ActorKind.CLIENT_LINK:
        return bool(round_.levels[round_.level - 1]["client_by_link"])
    given = {"workspace": membership.workspace.id, "review": round_.id, "person": membership.person_id}
    return connection.execute(_AS, given).first() is not None


def _for_others(actor: Actor) -> Conflict | Forbidden:
    if actor.kind is ActorKind.CLIENT_LINK:
        return Conflict("Others have to look at it first.", advice="Come back later, while the link is good.")
    return Forbidden(
        "At this level it is for others to decide.",
        advice="GET …/reviews says whom it waits for; an owner or admin may decide in their place.",
    )


def _decide(
    connection: Connection, actor: Actor, variant: Variant, round_: Row[Any], verdict: Verdict, comment: str
) -> Made:  # fmt: skip
    whose = "link_id" if actor.kind is ActorKind.CLIENT_LINK else "person_id"
    values = {"workspace_id": round_.workspace_id, "review_id": round_.id, "level": round_.level,
              "verdict": verdict.value, "comment": comment, whose: actor.id}  # fmt: skip
    with rounds.refusals():
        row = connection.execute(
            insert(decision_table).values(values).returning(_d.capacity, _d.behalf_of)
        ).one()  # fmt: skip
    outcome: str | None = connection.execute(
        select(_c.outcome).where(_c.workspace_id == round_.workspace_id, _c.id == round_.id)
    ).scalar_one()
    return Made(variant.account_id, round_.id, round_.level, Capacity(row.capacity), row.behalf_of,
                Outcome(outcome) if outcome else None)  # fmt: skip


def _go_on(connection: Connection, variant: Variant, round_: Row[Any], made: Made, actor: Actor) -> Made:
    """Move a variant to what was decided, and on to its time where that was wanted."""
    if made.outcome is None:
        return made
    to = State(made.outcome.value)
    reason = f"{to.value.replace('_', ' ')}{_AS_SAID[made.capacity]}"
    move(connection, round_.workspace_id, [variant.id], to, actor, reason)
    if to is not State.APPROVED or not round_.then_schedule:
        return made
    if variant.schedule is None or variant.schedule.instant <= datetime.now(UTC):
        return replace(made, not_scheduled="It has no time that is still to come.")
    try:
        require_publishable(connection, round_.workspace_id, {variant.account_id: variant.content})
    except Unpublishable as refused:
        return replace(made, not_scheduled=refused.message)
    move(connection, round_.workspace_id, [variant.id], State.SCHEDULED, actor, "as was wanted once it is approved")
    return made


def _tell(
    connection: Connection, membership: Membership, post_id: UUID, made: Sequence[Made], before: Collection[Row[Any]]
) -> None:
    workspace_id, rows = membership.workspace.id, {row.id: row for row in before}
    for one in made:
        row = rows[one.review_id]
        tell(connection, workspace_id, "review.decided", one.review_id, {
            "post_id": str(post_id), "variant_id": str(row.variant_id), "level": one.level, "levels": len(row.levels),
            "outcome": one.outcome.value if one.outcome else "level_approved",
        })  # fmt: skip
    rounds.ask(connection, workspace_id, post_id, [one.review_id for one in made if one.outcome is None])
    for outcome in (Outcome.APPROVED, Outcome.CHANGES_REQUESTED):
        ended = [str(one.review_id) for one in made if one.outcome is outcome]
        if ended:
            tell(connection, workspace_id, f"post.{outcome.value}", post_id,
                 {"post_id": str(post_id), "review_ids": ended, "by": str(membership.person_id or "")})  # fmt: skip


def _nothing_waits(connection: Connection, workspace_id: UUID, variants: Sequence[Variant]) -> Conflict:
    """The refusal where there is no open round: says who was faster."""
    latest = connection.execute(
        select(_d.person_id, _d.verdict, _d.at, _d.level)
        .join(review_table, (_c.workspace_id == _d.workspace_id) & (_c.id == _d.review_id))
        .where(_c.workspace_id == workspace_id, _c.variant_id.in_([one.id for one in variants]))
        .order_by(_d.at.desc()).limit(1)
    ).one_or_none()  # fmt: skip
    if latest is None:
        return Conflict("Nothing of this waits to be approved.", advice="GET …/reviews says what there was.")
    return Conflict(
        "This was decided by somebody else meanwhile.", advice="Read the post's reviews again.",
        details={"decided_by": str(latest.person_id or ""), "decided_at": latest.at.isoformat(),
                 "verdict": latest.verdict, "level": latest.level},
    )  # fmt: skip
