"""`/v1/workspaces/{workspace_id}/approval-policies`: what has to be approved, by whom."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from api.approvals.schemas import PolicyChange, PolicyIn, PolicyList, PolicyOut
from api.deps import ApprovalsDoor
from api.etags import IfMatch, etag, revision_of
from clientnest.approvals import policies
from clientnest.approvals.model import Policy
from clientnest.audit import Action, Change

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/approval-policies", tags=["approvals"])


@router.get("", summary="What has to be approved, by whom", response_model=PolicyList)
def list_approval_policies(door: ApprovalsDoor) -> dict[str, list[Policy]]:
    with door.open() as (connection, _):
        return {"items": policies.policies(connection, door.workspace_id)}


@router.post("", status_code=201, summary="Say what has to be approved, by whom", response_model=PolicyOut)
def create_approval_policy(door: ApprovalsDoor, asked: PolicyIn, response: Response) -> Policy:
    with door.open() as (connection, membership):
        made = policies.create(
            connection, door.workspace_id, asked.mode, [one.level() for one in asked.levels],
            account_id=asked.account_id, label_id=asked.label_id, created_by=membership.person_id,
        )  # fmt: skip
        door.record(
            connection, Action.APPROVAL_POLICY_CREATED, "approval_policy", made.id,
            changes={name: Change(after=value) for name, value in _said(made).items()},
        )  # fmt: skip
    response.headers["ETag"] = etag(made.revision)
    response.headers["Location"] = f"/v1/workspaces/{door.workspace_id}/approval-policies/{made.id}"
    return made


@router.get("/{policy_id}", summary="One approval policy", response_model=PolicyOut)
def get_approval_policy(door: ApprovalsDoor, policy_id: UUID, response: Response) -> Policy:
    with door.open() as (connection, _):
        found = policies.policy(connection, door.workspace_id, policy_id)
        response.headers["ETag"] = etag(found.revision)
        return found


@router.patch(
    "/{policy_id}", summary="Change an approval policy; rounds that are open go on as they began",
    response_model=PolicyOut,
)  # fmt: skip
def change_approval_policy(
    door: ApprovalsDoor, policy_id: UUID, asked: PolicyChange, response: Response, if_match: IfMatch = None
) -> Policy:
    levels = None if asked.levels is None else [one.level() for one in asked.levels]
    with door.open() as (connection, _):
        before = policies.policy(connection, door.workspace_id, policy_id)
        after = policies.change(
            connection, door.workspace_id, policy_id, revision=revision_of(if_match), mode=asked.mode, levels=levels
        )
        was, now = _said(before), _said(after)
        door.record(connection, Action.APPROVAL_POLICY_CHANGED, "approval_policy", policy_id,
                    changes={name: Change(was[name], now[name]) for name in ("mode", "levels")})  # fmt: skip
    response.headers["ETag"] = etag(after.revision)
    return after


@router.delete("/{policy_id}", status_code=204, summary="Remove an approval policy; a less special one holds, or none")
def delete_approval_policy(door: ApprovalsDoor, policy_id: UUID) -> None:
    with door.open() as (connection, _):
        gone = policies.remove(connection, door.workspace_id, policy_id)
        door.record(connection, Action.APPROVAL_POLICY_DELETED, "approval_policy", policy_id,
                    changes={name: Change(value) for name, value in _said(gone).items()})  # fmt: skip


def _said(policy: Policy) -> dict[str, Any]:
    """A policy as the audit log tells it."""
    levels = [
        {"people": [str(one) for one in level.people], "roles": [role.value for role in level.roles],
         "client_by_link": level.client_by_link}
        for level in policy.levels
    ]  # fmt: skip
    return {"account_id": policy.account_id, "label_id": policy.label_id, "mode": policy.mode.value, "levels": levels}
