"""What routes ask for: who is calling, and the door to one workspace."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import Connection

from clientnest import workspaces
from clientnest.db.roles import Role
from clientnest.errors import Unauthenticated
from clientnest.identity import AccessToken, verify_token
from clientnest.workspaces import Membership

_bearer = OAuth2PasswordBearer(
    tokenUrl="/v1/auth/token",
    scheme_name="bearer",
    description="An access token from `POST /v1/auth/token`.",
    auto_error=False,
)


async def _caller(token: Annotated[str | None, Depends(_bearer)]) -> AccessToken:
    if token is None:
        raise Unauthenticated(
            "This needs an access token.",
            advice="Get one from POST /v1/auth/token and send it as `Authorization: Bearer …`.",
        )
    return verify_token(token)


Caller = Annotated[AccessToken, Depends(_caller)]


@dataclass(frozen=True, slots=True)
class Door:
    """The way into the workspace that a path names. Nothing is read before `open` has checked the membership."""

    person_id: UUID
    workspace_id: UUID

    @contextmanager
    def open(self) -> Iterator[tuple[Connection, Membership]]:
        """The request's transaction, scoped to the workspace: committed at the end, rolled back on any error."""
        with workspaces.enter(Role.API, self.person_id, self.workspace_id) as entered:
            yield entered


async def _door(workspace_id: UUID, caller: Caller) -> Door:
    return Door(caller.person_id, workspace_id)


WorkspaceDoor = Annotated[Door, Depends(_door)]
