"""`/v1/workspaces/{workspace_id}/delegations`: who decides for you while you are away."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from annotated_types import Ge, Le
from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.body import Body
from api.deps import ContentApproveDoor
from clientnest.approvals import delegating
from clientnest.approvals.delegating import Delegation
from clientnest.audit import Action, Change
from clientnest.workspaces import Membership

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/delegations", tags=["approvals"])
Instant = Annotated[AwareDatetime, Ge(datetime(2000, 1, 1, tzinfo=UTC)), Le(datetime(2100, 1, 1, tzinfo=UTC))]


class DelegationIn(Body):
    """Who decides for you, and when; it replaces what you said before."""

    delegate_id: UUID = Field(description="A member who may approve.")
    starts_at: Instant | None = Field(None, description="Null: at once.")
    ends_at: Instant | None = Field(None, description="Null: until you end it.")


class DelegationOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    person_id: UUID
    delegate_id: UUID
    starts_at: datetime
    ends_at: datetime | None = Field(description="Null: until they end it.")


class DelegationList(BaseModel):
    """Yours, and those of others that name you."""

    items: list[DelegationOut]


@router.get("", summary="Who decides for you, and for whom you do", response_model=DelegationList)
def list_delegations(door: ContentApproveDoor) -> dict[str, list[Delegation]]:
    with door.open() as (connection, membership):
        return {"items": delegating.delegations(connection, door.workspace_id, _person(membership))}


@router.put("", summary="Let a colleague decide for you", response_model=DelegationOut)
def put_delegation(door: ContentApproveDoor, asked: DelegationIn) -> Delegation:
    now = datetime.now(UTC)
    with door.open() as (connection, membership):
        given = Delegation(_person(membership), asked.delegate_id, asked.starts_at or now, asked.ends_at)
        kept = delegating.delegate(connection, door.workspace_id, given, now)
        door.record(connection, Action.APPROVAL_DELEGATED, "person", kept.person_id,
                    delegate_id=Change(after=kept.delegate_id), starts_at=Change(after=kept.starts_at),
                    ends_at=Change(after=kept.ends_at))  # fmt: skip
        return kept


@router.delete("", status_code=204, summary="Decide yourself again")
def end_delegation(door: ContentApproveDoor) -> None:
    with door.open() as (connection, membership):
        gone = delegating.end(connection, door.workspace_id, _person(membership))
        door.record(connection, Action.APPROVAL_DELEGATION_ENDED, "person", gone.person_id,
                    delegate_id=Change(gone.delegate_id))  # fmt: skip


def _person(membership: Membership) -> UUID:
    assert membership.person_id is not None  # noqa: S101 - no key has this permission
    return membership.person_id
