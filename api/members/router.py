"""`/v1/workspaces/{workspace_id}/members` and `/invitations`, and `/v1/invitations/accept`."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from api.deps import Caller, Door, MembersDoor, MembersManageDoor, RequestActor, WorkspaceDoor, own
from api.etags import IfMatch, etag, revision_of
from api.members.schemas import (
    AcceptIn,
    InvitationIn,
    InvitationList,
    InvitationOut,
    MemberChange,
    MemberList,
    MemberOut,
)
from api.workspaces.schemas import WorkspaceOut
from clientnest import audit, workspaces
from clientnest.audit import Action, Change
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import Forbidden
from clientnest.identity import people
from clientnest.identity.guessing import Try
from clientnest.workspaces import WorkspaceRole, invitations, members

router = APIRouter(prefix="/v1/workspaces/{workspace_id}", tags=["people of a workspace"])
accepting = APIRouter(prefix="/v1/invitations", tags=["people of a workspace"])


@router.get("/members", summary="Who belongs to the workspace", response_model=MemberList)
def list_members(door: MembersDoor) -> dict[str, list[members.Member]]:
    with door.open() as (connection, _):
        return {"items": members.members(connection, door.workspace_id)}


@router.get("/members/{person_id}", summary="One member", response_model=MemberOut)
def get_member(door: MembersDoor, person_id: UUID, response: Response) -> members.Member:
    with door.open() as (connection, _):
        found = members.member(connection, door.workspace_id, person_id)
        response.headers["ETag"] = etag(found.revision)
        return found


@router.patch("/members/{person_id}", summary="Change what a member is", response_model=MemberOut)
def change_member(
    door: MembersManageDoor, person_id: UUID, asked: MemberChange, response: Response,
    if_match: IfMatch = None,
) -> members.Member:  # fmt: skip
    with door.open() as (connection, _):
        before = members.member(connection, door.workspace_id, person_id)
        changed = members.change_role(
            connection, door.workspace_id, person_id, WorkspaceRole(asked.role), revision=revision_of(if_match)
        )
        door.record(connection, Action.MEMBER_ROLE_CHANGED, "person", person_id,
                    role=Change(before.role, changed.role))  # fmt: skip
        response.headers["ETag"] = etag(changed.revision)
        return changed


@router.delete("/members/{person_id}", status_code=204, summary="Take a member out")
def remove_member(door: MembersManageDoor, person_id: UUID) -> None:
    with door.open() as (connection, _):
        gone = members.remove(connection, door.workspace_id, person_id)
        _record_gone(door, connection, Action.MEMBER_REMOVED, gone)


@router.post("/leave", status_code=204, summary="Leave the workspace")
def leave_workspace(door: WorkspaceDoor) -> None:
    with door.open() as (connection, membership):
        if membership.person_id is None:
            raise Forbidden("A key does not belong to a workspace as people do.", advice="Revoke it instead.")
        gone = members.leave(connection, door.workspace_id, membership.person_id)
        _record_gone(door, connection, Action.MEMBER_LEFT, gone)


@router.get("/invitations", summary="Invitations that are open", response_model=InvitationList)
def list_invitations(door: MembersManageDoor) -> dict[str, list[invitations.Invitation]]:
    with door.open() as (connection, _):
        return {"items": invitations.invitations(connection, door.workspace_id)}


@router.post("/invitations", status_code=201, summary="Invite an address, by letter", response_model=InvitationOut)
def create_invitation(door: MembersManageDoor, asked: InvitationIn) -> invitations.Invitation:
    with door.open() as (connection, membership):
        assert membership.person_id is not None  # noqa: S101 - no key has this permission
        inviter = people.existing(connection, membership.person_id)
        Try(asked.email.strip().lower(), str(door.workspace_id), "invitation:").count()  # a letter to whom they like
        made = invitations.invite(connection, membership.workspace, inviter, asked.email, WorkspaceRole(asked.role))
        door.record(connection, Action.MEMBER_INVITED, "invitation", made.id, subject_id=made.id,
                    role=Change(after=made.role), email=Change(after=made.email))  # fmt: skip
        return made


@router.delete("/invitations/{invitation_id}", status_code=204, summary="Take an invitation back")
def take_invitation_back(door: MembersManageDoor, invitation_id: UUID) -> None:
    with door.open() as (connection, _):
        gone = invitations.take_back(connection, door.workspace_id, invitation_id)
        door.record(connection, Action.INVITATION_REVOKED, "invitation", gone.id, role=Change(gone.role))


@accepting.post("/accept", summary="Accept an invitation that was sent to the address you sign in with")
def accept_invitation(caller: Caller, actor: RequestActor, asked: AcceptIn) -> WorkspaceOut:
    with own(caller) as connection:
        workspace_id, found = invitations.find(connection, asked.token)
        person = people.existing(connection, caller.person_id)
    with session.tenant(Role.API, workspace_id=workspace_id, person_id=person.id) as connection:
        invitations.accept(connection, workspace_id, found, person)
        changes = {"role": Change(after=found.role), "invitation_id": Change(after=found.id)}
        audit.record(connection, Action.MEMBER_JOINED, actor=actor, workspace_id=workspace_id, object_type="person",
                     object_id=person.id, changes=changes)  # fmt: skip
        return next(
            WorkspaceOut.of(one)
            for one in workspaces.memberships(connection, person.id)
            if one.workspace.id == workspace_id
        )


def _record_gone(door: Door, connection: Connection, action: Action, gone: members.Member) -> None:
    door.record(connection, action, "person", gone.person_id, subject_id=gone.person_id, role=Change(gone.role),
                name=Change(gone.name), email=Change(gone.email))  # fmt: skip
