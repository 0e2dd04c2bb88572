"""What routes ask for: who is calling, what they may do, and the door to one workspace."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from anyio import to_thread
from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import Connection

from clientnest import audit, identity, workspaces
from clientnest.audit import Action, Actor, ActorKind, Change
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import Forbidden, Unauthenticated
from clientnest.identity import AccessToken, Client, sessions, verify_token
from clientnest.workspaces import Membership, Permission
from clientnest.workspaces.keys import PREFIX, KeyInUse, present_key

_bearer = OAuth2PasswordBearer(
    tokenUrl="/v1/auth/token",
    scheme_name="bearer",
    description="An access token from `POST /v1/auth/token`, or an API key of a workspace.",
    auto_error=False,
)


Token = Annotated[str | None, Depends(_bearer)]


async def _proof(request: Request, token: Token) -> AccessToken | KeyInUse:
    if token is None:
        raise Unauthenticated(
            "This needs an access token or an API key.",
            advice="Get a token from POST /v1/auth/token and send it as `Authorization: Bearer …`.",
        )
    known: AccessToken | KeyInUse | None = getattr(request.state, "proof", None)  # rate limits asked before
    return known or await presented(token)


async def presented(token: str) -> AccessToken | KeyInUse:
    """Whose token or key it is; `Unauthenticated` for one that is no good."""
    return await to_thread.run_sync(_key, token) if token.startswith(PREFIX) else verify_token(token)


def _key(secret: str) -> KeyInUse:
    with session.tenant(Role.IDENTITY) as connection:
        return present_key(connection, secret)


Proof = Annotated[AccessToken | KeyInUse, Depends(_proof)]


async def _caller(proof: Proof) -> AccessToken:
    if isinstance(proof, KeyInUse):
        raise Forbidden("This is for people, not for API keys.", advice="Sign in with POST /v1/auth/token.")
    return proof


Caller = Annotated[AccessToken, Depends(_caller)]


async def _client(request: Request) -> Client:
    return Client(request.client.host if request.client else None, request.headers.get("user-agent"))


From = Annotated[Client, Depends(_client)]


async def _visitor(request: Request, client: From) -> Actor:
    return Actor(ActorKind.SYSTEM, None, client.address, client.user_agent, getattr(request.state, "request_id", None))


Visitor = Annotated[Actor, Depends(_visitor)]
"""Whoever sent the request, as the logs name them, before they proved who they are."""


async def _actor(proof: Proof, visitor: Visitor) -> Actor:
    if isinstance(proof, KeyInUse):
        return replace(visitor, kind=ActorKind.API_KEY, id=proof.id)
    return replace(visitor, kind=ActorKind.PERSON, id=proof.person_id)


RequestActor = Annotated[Actor, Depends(_actor)]
"""Who sent the request, as the logs name them."""


@contextmanager
def own(caller: AccessToken, role: Role = Role.IDENTITY) -> Iterator[Connection]:
    """A transaction about the caller themselves; `Unauthenticated` where they are gone or their session has ended."""
    with session.tenant(role, person_id=caller.person_id) as connection:
        if identity.person(connection, caller.person_id) is None:
            raise Unauthenticated("The person this access token was made for is gone.", advice="Sign in again.")
        if caller.session_id and not sessions.goes_on(connection, caller.person_id, caller.session_id):
            raise Unauthenticated("The session has ended.", advice="Sign in again.")
        yield connection


def entered(proof: AccessToken | KeyInUse, workspace_id: UUID) -> AbstractContextManager[tuple[Connection, Membership]]:
    """A transaction inside a workspace, as the person or the program that the proof stands for."""
    if isinstance(proof, KeyInUse):
        return workspaces.enter_with_key(Role.API, proof, workspace_id)
    return workspaces.enter(Role.API, proof.person_id, workspace_id, token=proof)


@dataclass(frozen=True, slots=True)
class Door:
    """The way into the workspace that a path names. Nothing is read before `open` has checked who may."""

    proof: AccessToken | KeyInUse
    workspace_id: UUID
    permission: Permission
    actor: Actor

    @property
    def proved_second_factor(self) -> bool:
        """Whether the caller signed in with more than a password."""
        return isinstance(self.proof, AccessToken) and self.proof.second_factor

    @contextmanager
    def open(self) -> Iterator[tuple[Connection, Membership]]:
        """The request's transaction, scoped to the workspace: committed at the end, rolled back on any error."""
        with entered(self.proof, self.workspace_id) as (connection, membership):
            workspaces.require(membership, self.permission)
            yield connection, membership

    def record(
        self, connection: Connection, action: Action, object_type: str, object_id: UUID | None = None,
        *, subject_id: UUID | None = None, changes: Mapping[str, Change] | None = None, **named: Change,
    ) -> None:  # fmt: skip
        """Write to the workspace's audit log what the caller did, in the request's transaction."""
        audit.record(
            connection, action, actor=self.actor, workspace_id=self.workspace_id, object_type=object_type,
            object_id=object_id or self.workspace_id, changes={**(changes or {}), **named}, subject_id=subject_id,
        )  # fmt: skip


def door(permission: Permission) -> Callable[..., Awaitable[Door]]:
    """The dependency of a route that needs a permission: `Annotated[Door, Depends(door(Permission.X))]`."""

    # Asks the others itself: for each that is declared, the framework would go through the request once more.
    async def _door(workspace_id: UUID, request: Request, token: Token) -> Door:
        proof = await _proof(request, token)
        actor = await _actor(proof, await _visitor(request, await _client(request)))
        return Door(proof, workspace_id, permission, actor)

    _door.permission = permission  # type: ignore[attr-defined]
    return _door


WorkspaceDoor = Annotated[Door, Depends(door(Permission.WORKSPACE_READ))]
WorkspaceEditDoor = Annotated[Door, Depends(door(Permission.WORKSPACE_EDIT))]
TransferDoor = Annotated[Door, Depends(door(Permission.WORKSPACE_TRANSFER))]
MembersDoor = Annotated[Door, Depends(door(Permission.MEMBERS_READ))]
MembersManageDoor = Annotated[Door, Depends(door(Permission.MEMBERS_MANAGE))]
AccountsDoor = Annotated[Door, Depends(door(Permission.ACCOUNTS_MANAGE))]
KeysDoor = Annotated[Door, Depends(door(Permission.KEYS_MANAGE))]
ContentDoor = Annotated[Door, Depends(door(Permission.CONTENT_READ))]
ContentWriteDoor = Annotated[Door, Depends(door(Permission.CONTENT_WRITE))]
ContentCommentDoor = Annotated[Door, Depends(door(Permission.CONTENT_COMMENT))]
ContentApproveDoor = Annotated[Door, Depends(door(Permission.CONTENT_APPROVE))]
ApprovalsDoor = Annotated[Door, Depends(door(Permission.APPROVALS_MANAGE))]
ResultsDoor = Annotated[Door, Depends(door(Permission.RESULTS_READ))]
PredictionsDoor = Annotated[Door, Depends(door(Permission.PREDICTIONS_READ))]
ImportsDoor = Annotated[Door, Depends(door(Permission.IMPORTS_READ))]
ImportCreateDoor = Annotated[Door, Depends(door(Permission.IMPORTS_CREATE))]
WebhooksDoor = Annotated[Door, Depends(door(Permission.WEBHOOKS_MANAGE))]
AuditDoor = Annotated[Door, Depends(door(Permission.AUDIT_READ))]
