"""Policies, their levels, and rounds of reviews, as the rest of the house has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from clientnest.content.model import Content
from clientnest.workspaces.permissions import TABLE, Permission
from clientnest.workspaces.service import WorkspaceRole

MOST_LEVELS = 10
MOST_PEOPLE = 50
LONGEST_COMMENT = 5_000
ABLE = TABLE[Permission.CONTENT_APPROVE][1]
"""The roles that may approve at all (`app.level_approvers`)."""


class Mode(StrEnum):
    """Whether approval is asked for."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Outcome(StrEnum):
    """How a round ended. `superseded`: by one about what the variant became meanwhile."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class Verdict(StrEnum):
    """What was decided at a level."""

    APPROVE = "approve"
    CHANGES = "changes"


class Capacity(StrEnum):
    """As what somebody decided. `in_place`: an owner or admin, in place of those whom the level asks; `vacant`: the
    same, where it asks nobody any more who could."""

    APPROVER = "approver"
    DELEGATE = "delegate"
    IN_PLACE = "in_place"
    VACANT = "vacant"
    CLIENT_LINK = "client_link"


@dataclass(frozen=True, slots=True)
class Level:
    """Who may decide at a level: one of these people, anybody of these roles, a client who has a link."""

    people: tuple[UUID, ...] = ()
    roles: tuple[WorkspaceRole, ...] = ()
    client_by_link: bool = False

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Level":
        """As `app.approval_policy_of` gives it."""
        roles = tuple(WorkspaceRole(role) for role in kept["roles"])
        return cls(tuple(UUID(one) for one in kept["people"]), roles, kept["client_by_link"])


@dataclass(frozen=True, slots=True)
class Policy:
    """What is asked for, at which levels in order: of an account's posts, of a label's, or (both None) of all."""

    id: UUID
    account_id: UUID | None
    label_id: UUID | None
    mode: Mode
    levels: tuple[Level, ...]
    revision: int
    created_by: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided at a level. `behalf_of`: whose delegate they were; `link_name`: whom a client's link is
    for. `comment` None: it is not for who reads this."""

    level: int
    verdict: Verdict
    comment: str | None
    capacity: Capacity
    person_id: UUID | None
    behalf_of: UUID | None
    link_id: UUID | None
    link_name: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that differs between two forms of a variant, as JSON."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whom an open round waits for. `people`: those who can decide now, delegates too. `vacant`: nobody can whom the
    level asks, so that owner and admins decide."""

    people: tuple[UUID, ...]
    client_by_link: bool
    vacant: bool


@dataclass(frozen=True, slots=True)
class Round:
    """A round of reviews of one variant. `digest`: of the content it is about. `level`: the present one, or the last
    there was. `changes`: since the last form that was approved; None where none was. `waiting` None: it is closed."""

    id: UUID
    post_id: UUID
    variant_id: UUID
    account_id: UUID
    number: int
    digest: bytes
    content: Content
    levels: tuple[Level, ...]
    level: int
    level_since: datetime
    then_schedule: bool
    opened_by: UUID | None
    opened_at: datetime
    closed_at: datetime | None
    outcome: Outcome | None
    decisions: tuple[Decision, ...]
    changes: tuple[Difference, ...] | None
    waiting: Waiting | None
