"""Who listens, and what they may hear: as it stands now, not as it stood when they came."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection

from api.deps import Door, presented
from clientnest.errors import ClientNestError
from clientnest.events import Event
from clientnest.workspaces.access import Membership
from clientnest.workspaces.permissions import permission_to_hear, require

# Thousands look again every minute: a few at a time, so that requests find threads and connections.
_looking = CapacityLimiter(2)


@dataclass
class Hearing:
    """Somebody's ear in a workspace: the token they showed, their way in, and their part as it was last seen."""

    token: str
    door: Door
    membership: Membership

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """A transaction inside the workspace, which sees their part anew."""
        with self.door.open() as (connection, self.membership):
            yield connection

    async def look_again(self) -> None:
        """See anew who they are and what their part is. `ClientNestError` where they may not listen any more."""
        self.door = replace(self.door, proof=await presented(self.token))
        await to_thread.run_sync(self._enter, limiter=_looking)

    def changes_with(self, event: Event) -> bool:
        """Whether an event tells of their own part in the workspace."""
        mine = self.membership.person_id
        return mine is not None and event.subject_id == mine and event.kind.startswith("member.")

    def may(self, event: Event) -> bool:
        """Whether their part lets them hear of an event; one that concerns somebody alone is told to nobody else."""
        if event.person_id is not None:
            return event.person_id == self.membership.person_id
        try:
            require(self.membership, permission_to_hear(event.kind))
        except ClientNestError:
            return False
        return True

    def _enter(self) -> None:
        with self.open():
            pass
