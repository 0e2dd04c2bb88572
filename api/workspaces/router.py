"""`/v1/me` and `/v1/workspaces`."""

from fastapi import APIRouter
from sqlalchemy import Connection

from api.deps import Caller, WorkspaceDoor
from api.workspaces.schemas import Me, WorkspaceList, WorkspaceOut
from clientnest import identity
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import Unauthenticated
from clientnest.identity import AccessToken, Person
from clientnest.workspaces import memberships

router = APIRouter(prefix="/v1", tags=["workspaces"])


@router.get("/me", summary="Who is signed in")
def me(caller: Caller) -> Me:
    with session.tenant(Role.API, person_id=caller.person_id) as connection:
        person = _person(connection, caller)
    return Me(id=person.id, email=person.email, name=person.name)


@router.get("/workspaces", summary="The workspaces that the person belongs to")
def list_workspaces(caller: Caller) -> WorkspaceList:
    with session.tenant(Role.API, person_id=caller.person_id) as connection:
        person = _person(connection, caller)
        return WorkspaceList(items=[WorkspaceOut.of(one) for one in memberships(connection, person.id)])


@router.get("/workspaces/{workspace_id}", summary="One workspace")
def get_workspace(door: WorkspaceDoor) -> WorkspaceOut:
    with door.open() as (_connection, membership):
        return WorkspaceOut.of(membership)


def _person(connection: Connection, caller: AccessToken) -> Person:
    """Whose token it is, as long as they are there."""
    person = identity.person(connection, caller.person_id)
    if person is None:
        raise Unauthenticated("The person this access token was made for is gone.", advice="Sign in again.")
    return person
