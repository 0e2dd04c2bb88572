"""Rounds of reviews, and what was decided in them, as the API shows them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.approvals.schemas import Digest, LevelOut, Out
from api.content.schemas import ContentOut, PostOut
from clientnest.approvals import deciding, model
from clientnest.approvals.model import Capacity, Outcome, Verdict


class MadeOut(Out):
    """A decision. `outcome` null: the next level is asked now."""

    account_id: UUID
    review_id: UUID
    level: int
    capacity: Capacity
    behalf_of: UUID | None
    outcome: Outcome | None
    not_scheduled: str | None = Field(description="Why it is not, where it was to be once it is approved.")
    note: str | None = Field(description="Where it was not one of those who are asked that decided.")

    @classmethod
    def of(cls, made: deciding.Made) -> "MadeOut":
        values = {name: getattr(made, name) for name in deciding.Made.__dataclass_fields__}
        return cls(**values, note=_NOTES.get(made.capacity))


_NOTES = {
    Capacity.IN_PLACE: "You decided in place of those whom the level asks; the record says so.",
    Capacity.VACANT: "The level asks nobody any more who could decide, so an owner or admin did; the record says so.",
    Capacity.DELEGATE: "You decided for somebody who is away; the record says so.",
}


class DecidedOut(BaseModel):
    """What was decided, and the post as it is now; null where you do not see it any more."""

    post: PostOut | None
    decisions: list[MadeOut]

    @classmethod
    def of(cls, decided: deciding.Decided, workspace_id: UUID) -> "DecidedOut":
        post = PostOut.of(decided.post, workspace_id) if decided.post else None
        return cls(post=post, decisions=[MadeOut.of(one) for one in decided.made])


class DecisionOut(Out):
    """What was decided at a level. `in_place`: by an owner or admin, in place of those whom it asks; `vacant`: the
    same, where it asks nobody any more who could."""

    level: int
    verdict: Verdict
    comment: str | None = Field(description="Null where it is for the team only.")
    capacity: Capacity
    person_id: UUID | None
    behalf_of: UUID | None = Field(description="Whose delegate decided.")
    link_id: UUID | None
    link_name: str | None = Field(description="Whom the client's link is for.")
    at: datetime


class DifferenceOut(Out):
    field: str = Field(examples=["text"])
    before: Any
    after: Any


class WaitingOut(Out):
    """Whom an open round waits for."""

    people: list[UUID] = Field(description="Who may decide now, delegates too.")
    client_by_link: bool
    vacant: bool = Field(description="Nobody can whom the level asks: an owner or admin decides.")


class RoundOut(BaseModel):
    """A round of reviews of one variant."""

    id: UUID
    post_id: UUID
    account_id: UUID
    number: int
    digest: Digest
    content: ContentOut = Field(description="What it is about.")
    changes: list[DifferenceOut] | None = Field(
        description="Since the last form that was approved; null where none was."
    )
    levels: list[LevelOut] = Field(description="As the policy had them when it was opened.")
    level: int = Field(description="The present one, or the last there was.")
    level_since: datetime
    then_schedule: bool
    opened_by: UUID | None
    opened_at: datetime
    closed_at: datetime | None
    outcome: Outcome | None
    decisions: list[DecisionOut]
    waiting: WaitingOut | None = Field(description="Null where it is closed.")

    @classmethod
    def of(cls, found: model.Round, workspace_id: UUID) -> "RoundOut":
        same = {name: getattr(found, name) for name in cls.model_fields if name in _SAME}
        return cls.model_validate({
            **same, "digest": found.digest.hex(), "content": ContentOut.of(found.content, workspace_id),
            "levels": [LevelOut.model_validate(one) for one in found.levels],
            "decisions": [DecisionOut.model_validate(one) for one in found.decisions],
            "changes": None if found.changes is None else [DifferenceOut.model_validate(one) for one in found.changes],
            "waiting": None if found.waiting is None else WaitingOut.model_validate(found.waiting),
        })  # fmt: skip


_SAME = frozenset({"id", "post_id", "account_id", "number", "level", "level_since", "then_schedule", "opened_by",
                   "opened_at", "closed_at", "outcome"})  # fmt: skip


class RoundList(BaseModel):
    """The latest first."""

    items: list[RoundOut]


class MineOut(BaseModel):
    """What waits for you, and as what you may decide."""

    round: RoundOut
    post_title: str
    capacity: Capacity


class MinePageOut(BaseModel):
    """What has waited longest first."""

    items: list[MineOut]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")
