"""`…/posts/validate`: what networks would refuse of a draft, asked while somebody writes."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from api.body import Body
from api.content.queries import NetworkName
from api.content.schemas import ContentIn
from api.deps import ContentDoor
from clientnest.content import validating
from clientnest.content.model import MOST_VARIANTS
from clientnest.content.validating import Checked
from clientnest.rules import Severity, Unit

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/posts", tags=["posts"])
FIELD = "Its path in the variant that was sent, such as `thread[0].text`."


class DraftIn(ContentIn):
    """A content, and whose limits to look at: an account's own, or a network's in general."""

    account_id: UUID | None = None
    network: NetworkName | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "DraftIn":
        if (self.account_id is None) == (self.network is None):
            raise ValueError("give either `account_id` or `network`")
        return self


_DRAFT: dict[str, JsonValue] = {"account_id": "0198c5a5-f7d4-7b0f-9a5b-8a7f3e6d2c10", "text": "The market opens. 🌽"}


class ValidateIn(Body):
    """Drafts to look at; nothing is kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"variants": [_DRAFT]}]})

    variants: list[DraftIn] = Field(min_length=1, max_length=MOST_VARIANTS)

    @field_validator("variants")
    @classmethod
    def _one_for_each(cls, given: list[DraftIn]) -> list[DraftIn]:
        accounts = [one.account_id for one in given if one.account_id is not None]
        if len(set(accounts)) != len(accounts):
            raise ValueError("two variants are for the same account: a post has one for each")
        return given


class CountOut(BaseModel):
    """A text of the draft as its network counts it."""

    field: str = Field(description=FIELD, examples=["text"])
    measured: int
    limit: int | None = Field(description="Null: none that is known.")
    unit: Unit


class ViolationOut(BaseModel):
    """Something that the network would refuse (`error`), or change or show oddly (`warning`)."""

    rule: str = Field(examples=["text-too-long"])
    severity: Severity
    field: str = Field(description=FIELD, examples=["text"])
    limit: float | None
    measured: float | None
    unit: Unit | None
    start: int | None = Field(description="Where it begins in the field's text, in Unicode code points.")
    end: int | None
    message: str
    advice: str
    source: str = Field(description="Where the rule is said.")


class CheckedOut(BaseModel):
    account_id: UUID | None
    network: str = Field(examples=["bluesky"])
    is_publishable: bool
    counts: list[CountOut]
    violations: list[ViolationOut]

    @classmethod
    def of(cls, checked: Checked) -> "CheckedOut":
        return cls(
            account_id=checked.account_id, network=checked.network, is_publishable=checked.is_publishable,
            counts=[
                CountOut(field=_path(one.field), measured=one.measured, limit=one.limit, unit=one.unit)
                for one in checked.counts
            ],
            violations=[
                ViolationOut(
                    rule=one.rule, severity=one.severity, field=_path(one.field), limit=one.limit,
                    measured=one.measured, unit=one.unit, start=one.start, end=one.end, message=one.message,
                    advice=one.advice, source=one.source,
                )
                for one in checked.violations
            ],
        )  # fmt: skip


class ValidatedOut(BaseModel):
    """In the order of the variants that were sent."""

    is_publishable: bool = Field(description="Whether every network would take its variant.")
    variants: list[CheckedOut]


@router.post("/validate", summary="What networks would refuse of a draft: every violation, and each text's length")
def validate_post(door: ContentDoor, asked: ValidateIn) -> ValidatedOut:
    with door.open() as (connection, _):
        found = []
        for draft in asked.variants:
            content = draft.content()
            if draft.account_id is not None:
                found += validating.check_accounts(connection, door.workspace_id, {draft.account_id: content})
            else:
                found.append(validating.check_network(connection, door.workspace_id, draft.network or "", content))
    return ValidatedOut(
        is_publishable=all(one.is_publishable for one in found), variants=[CheckedOut.of(one) for one in found]
    )


def _path(field: str) -> str:
    """Rules call the further posts of a thread its parts."""
    return f"thread{field.removeprefix('parts')}" if field.startswith("parts[") else field
