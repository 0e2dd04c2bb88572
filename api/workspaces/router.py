"""`/v1/workspaces`."""

from fastapi import APIRouter, Response

from api.deps import Caller, Proof, RequestActor, TransferDoor, WorkspaceDoor, WorkspaceEditDoor, own
from api.etags import IfMatch, etag, revision_of
from api.workspaces.schemas import TransferIn, WorkspaceChange, WorkspaceIn, WorkspaceList, WorkspaceOut
from clientnest import audit, workspaces
from clientnest.audit import Action, Change
from clientnest.db.roles import Role
from clientnest.entitlements import ProductEvent, record
from clientnest.errors import Forbidden
from clientnest.workspaces import Membership, WorkspaceRole, members
from clientnest.workspaces.keys import KeyInUse

router = APIRouter(prefix="/v1/workspaces", tags=["workspaces"])


@router.get("", summary="The workspaces that the caller belongs to")
def list_workspaces(proof: Proof) -> WorkspaceList:
    if isinstance(proof, KeyInUse):
        with workspaces.enter_with_key(Role.API, proof, proof.workspace_id) as (_, membership):
            return WorkspaceList(items=[WorkspaceOut.of(membership)])
    with own(proof, Role.API) as connection:
        return WorkspaceList(
            items=[WorkspaceOut.of(one) for one in workspaces.memberships(connection, proof.person_id)]
        )


@router.post("", status_code=201, summary="Make a workspace of your own")
def create_workspace(caller: Caller, actor: RequestActor, asked: WorkspaceIn, response: Response) -> WorkspaceOut:
    with own(caller, Role.API) as connection:
        made = workspaces.create_workspace(
            connection, asked.name, asked.slug, owner=caller.person_id, timezone=asked.timezone
        )
        changes = {name: Change(after=getattr(made, name)) for name in ("name", "slug", "timezone")}
        audit.record(connection, Action.WORKSPACE_CREATED, actor=actor, workspace_id=made.id, object_type="workspace",
                     object_id=made.id, changes=changes)  # fmt: skip
        record(connection, made.id, ProductEvent.WORKSPACE_CREATED, person_id=caller.person_id)
    response.headers["Location"] = f"/v1/workspaces/{made.id}"
    response.headers["ETag"] = etag(made.revision)
    return WorkspaceOut.of(Membership(made, caller.person_id, WorkspaceRole.OWNER))


@router.get("/{workspace_id}", summary="One workspace")
def get_workspace(door: WorkspaceDoor, response: Response) -> WorkspaceOut:
    with door.open() as (_connection, membership):
        response.headers["ETag"] = etag(membership.workspace.revision)
        return WorkspaceOut.of(membership)


@router.patch("/{workspace_id}", summary="Change a workspace's name, time zone or rules")
def change_workspace(
    door: WorkspaceEditDoor, asked: WorkspaceChange, response: Response, if_match: IfMatch = None
) -> WorkspaceOut:
    with door.open() as (connection, membership):
        if asked.require_second_factor and not door.proved_second_factor:
            raise Forbidden(
                "You did not sign in with a second factor, and would lock yourself out.",
                advice="Add an authenticator app to your login, sign in with it, and try again.",
            )
        changed = workspaces.change_workspace(
            connection, membership.workspace, revision=revision_of(if_match), **asked.model_dump(exclude_none=True)
        )
        before = membership.workspace
        changes = {
            name: Change(getattr(before, name), getattr(changed, name))
            for name in ("name", "timezone", "require_second_factor")
        }
        door.record(connection, Action.WORKSPACE_CHANGED, "workspace", changes=changes)
        response.headers["ETag"] = etag(changed.revision)
        return WorkspaceOut.of(Membership(changed, membership.person_id, membership.role, membership.key))


@router.post("/{workspace_id}/transfer", status_code=204, summary="Hand the workspace over to another member")
def transfer_workspace(door: TransferDoor, asked: TransferIn) -> None:
    with door.open() as (connection, membership):
        assert membership.person_id is not None  # noqa: S101 - no key has this permission
        members.transfer(connection, door.workspace_id, membership.person_id, asked.person_id)
        door.record(connection, Action.WORKSPACE_TRANSFERRED, "workspace",
                    owner_id=Change(membership.person_id, asked.person_id))  # fmt: skip
