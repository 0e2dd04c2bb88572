"""Policies, as the API takes and shows them; what is sent in, and what is decided, as it takes them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from api.body import Body
from clientnest.approvals import deciding, model
from clientnest.approvals import reading as rounds
from clientnest.approvals.model import LONGEST_COMMENT, MOST_LEVELS, MOST_PEOPLE, Mode
from clientnest.content.model import MOST_VARIANTS
from clientnest.workspaces import WorkspaceRole

_ACCOUNT = "0198c5a5-f7d4-7b0f-9a5b-8a7f3e6d2c10"
_LEVELS: list[JsonValue] = [{"roles": ["approver", "owner"]}, {"client_by_link": True}]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Of the content, as a round has it.")]
Accounts = Annotated[
    list[UUID] | None,
    Field(min_length=1, max_length=MOST_VARIANTS, description="Whose variants; null for all that are meant."),
]
AbleRole = Literal["owner", "admin", "approver", "client"]


class Out(BaseModel):
    """What is shown as the house has it."""

    model_config = ConfigDict(from_attributes=True)


class LevelIn(Body):
    """Who may decide at a level: any one of them."""

    people: list[UUID] = Field(default_factory=list, max_length=MOST_PEOPLE)
    roles: list[AbleRole] = Field(default_factory=list, max_length=10, examples=[["approver"]])
    client_by_link: bool = Field(False, description="A client who has a link to the post.")

    def level(self) -> model.Level:
        """As the rest of the house has it."""
        return model.Level(tuple(self.people), tuple(WorkspaceRole(role) for role in self.roles), self.client_by_link)


Levels = Annotated[list[LevelIn], Field(max_length=MOST_LEVELS, description="In order; none for the mode `none`.")]


class PolicyIn(Body):
    """What has to be approved, by whom: of an account's posts, of a label's, or (neither) of all others."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"account_id": _ACCOUNT, "mode": "required", "levels": _LEVELS}]}
    )

    account_id: UUID | None = None
    label_id: UUID | None = None
    mode: Mode
    levels: Levels = Field(default_factory=list)


class PolicyChange(Body):
    """What is to change; the rest stays. What it is for stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"mode": "optional", "levels": _LEVELS}]})

    mode: Mode | None = None
    levels: Levels | None = None


class LevelOut(Out):
    people: list[UUID]
    roles: list[WorkspaceRole]
    client_by_link: bool


class PolicyOut(Out):
    """Where several hold for a variant it is its account's, else the strictest of its labels', else the workspace's."""

    id: UUID
    account_id: UUID | None
    label_id: UUID | None
    mode: Mode
    levels: list[LevelOut]
    created_by: UUID | None
    created_at: datetime


class PolicyList(BaseModel):
    """The workspace's own first."""

    items: list[PolicyOut]


class ChosenIn(Body):
    """Which variants."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    accounts: Accounts = None


class SubmitIn(ChosenIn):
    """Which variants, and what becomes of them afterwards."""

    then_schedule: bool = Field(
        False, description="What has a time still to come by then is scheduled as soon as it is approved."
    )


class SeenIn(Body):
    """What was looked at. It is refused (412) where that is not there any more."""

    account_id: UUID
    digest: Digest
    level: int | None = Field(None, ge=1, le=MOST_LEVELS, description="Refused (409) where another one is asked now.")

    def seen(self) -> deciding.Seen:
        """As the rest of the house has it."""
        return deciding.Seen(bytes.fromhex(self.digest), self.level)


def _says_something(comment: str) -> str:
    if not comment.strip():
        raise ValueError("say what is to be changed")
    return comment


Comment = Annotated[str, Field(max_length=LONGEST_COMMENT)]
Words = Annotated[Comment, AfterValidator(_says_something)]
Seen = Annotated[list[SeenIn], Field(max_length=MOST_VARIANTS)]


class ApproveIn(ChosenIn):
    """What is approved: these variants, or those in `seen`, or all that you are asked about."""

    seen: Seen = Field(default_factory=list, description="What you looked at; instead of If-Match.")
    comment: Comment = ""


class ChangesIn(ChosenIn):
    """What is to be changed, and how."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"comment": "Please name the place."}]})

    seen: Seen = Field(default_factory=list, description="What you looked at; instead of If-Match.")
    comment: Words


class ReviewsQuery(BaseModel):
    """Which rounds, which page."""

    model_config = ConfigDict(extra="forbid")

    in_place: bool = Field(False, description="Also those that you may decide in place of those who are asked.")
    limit: int = Field(50, ge=1, le=rounds.MOST_AT_ONCE)
    cursor: str | None = Field(None, max_length=512, description="`next_cursor` of the page before.")
