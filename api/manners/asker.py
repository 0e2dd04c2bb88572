"""Who sends a request, found out before any route does, and how it leads into the workspace its path names."""

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.types import Scope

from api import deps
from clientnest.db.roles import Role
from clientnest.errors import Forbidden, Unauthenticated
from clientnest.identity import AccessToken
from clientnest.limits import network_of
from clientnest.workspaces.keys import KeyInUse

Asker = AccessToken | KeyInUse
Identify = Callable[[Scope], Awaitable[Asker | None]]
_WORKSPACE = re.compile(r"/v1/workspaces/([0-9a-fA-F-]{36})(?:/|$)")
_KNOWN = "proof"  # in the request's state, where the routes' own question finds it


async def by_bearer(scope: Scope) -> Asker | None:
    """Whose access token or API key the request carries; None where it carries none that is any good.

    It is asked once per request: `request.state.proof` holds the answer for whoever comes later.
    """
    state = scope.setdefault("state", {})
    if _KNOWN not in state:
        kind, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        state[_KNOWN] = await _proof(given.strip()) if kind.lower() == "bearer" and given else None
    found: Asker | None = state[_KNOWN]
    return found


async def _proof(given: str) -> Asker | None:
    try:
        return await deps.presented(given)
    except (Unauthenticated, SQLAlchemyError):
        return None  # the route says why


def address_of(scope: Scope) -> str:
    """What the sender's address is counted under."""
    client = scope.get("client")
    return network_of(client[0]) if client else "unknown"


def workspace_of(scope: Scope) -> UUID | None:
    """The workspace that the path names; None where it names none."""
    found = _WORKSPACE.match(scope["path"])
    try:
        return UUID(found[1]) if found else None
    except ValueError:
        return None


def caller_id(asker: Asker) -> UUID:
    """The person, or the program's key."""
    return asker.id if isinstance(asker, KeyInUse) else asker.person_id


@contextmanager
def entered(asker: Asker, workspace_id: UUID | None) -> Iterator[Connection]:
    """A transaction in the workspace, or about the person where there is none.

    Raises what the doors raise to somebody who may not, `Forbidden` for a program outside its workspace.
    """
    if workspace_id is not None:
        with deps.entered(asker, workspace_id) as (connection, _):
            yield connection
    elif isinstance(asker, KeyInUse):
        raise Forbidden("A program has nothing outside its workspace.")
    else:
        with deps.own(asker, Role.API) as connection:
            yield connection
