"""One listener per process: the database says that a workspace has news, it is read once and handed to all who listen.

Nobody is waited for. Who does not take what is theirs in time is let go, and comes back with the id they have seen.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

import anyio
import psycopg
from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError

from api.events.schemas import said
from clientnest import events
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.urls import libpq
from clientnest.events import Event
from clientnest.log import get_logger

_log = get_logger(__name__)
WAITING = 1_000  # events that may wait for one listener
_PAGE = 200
# News are read in threads of their own, so that they never wait behind those who look whether they may still listen.
_reading = anyio.CapacityLimiter(2)
_PAUSES = (0.2, 1.0, 3.0, 10.0)  # seconds before listening again, when the database went away


@dataclass(eq=False)
class Listener:
    """Somebody who listens to a workspace. `overrun`: they fell behind, and are to be let go."""

    workspace_id: UUID
    waiting: "asyncio.Queue[tuple[Event, str]]" = field(default_factory=lambda: asyncio.Queue(WAITING))
    overrun: asyncio.Event = field(default_factory=asyncio.Event)

    def hand(self, found: Iterable[tuple[Event, str]]) -> None:
        """Put events before them, each with what is sent of it; or note that they cannot keep up."""
        try:
            for event in found:
                self.waiting.put_nowait(event)
        except asyncio.QueueFull:
            self.overrun.set()


class Hub:
    """Knows who listens to what. Belongs to one event loop; `run` has to be under way for news to arrive."""

    def __init__(self) -> None:
        self._listeners: defaultdict[UUID, set[Listener]] = defaultdict(set)
        self._seen: dict[UUID, int] = {}
        self._news: asyncio.Queue[UUID] = asyncio.Queue()
        self._pending: set[UUID] = set()

    @asynccontextmanager
    async def listening(self, workspace_id: UUID) -> AsyncIterator[Listener]:
        """Listen from now on: whatever is committed after this began is handed over, or the listener is overrun."""
        if workspace_id not in self._seen:
            seen = await to_thread.run_sync(_latest, workspace_id)
            self._seen.setdefault(workspace_id, seen)
        listener = Listener(workspace_id)
        self._listeners[workspace_id].add(listener)
        try:
            yield listener
        finally:
            self._listeners[workspace_id].discard(listener)
            if not self._listeners[workspace_id]:
                del self._listeners[workspace_id]
                self._seen.pop(workspace_id, None)

    async def run(self) -> None:
        """Listen to the database until cancelled; begin again where it goes away."""
        reading = asyncio.create_task(self._read())
        failures = 0
        try:
            while True:
                try:
                    async with await psycopg.AsyncConnection.connect(libpq(Role.API), autocommit=True) as connection:
                        await connection.execute(f"LISTEN {events.CHANNEL}")
                        failures = 0
                        for workspace_id in list(self._listeners):  # what was said while nobody listened
                            self._has_news(workspace_id)
                        async for notice in connection.notifies():
                            self._has_news(UUID(json.loads(notice.payload)["workspace_id"]))
                except (psycopg.Error, OSError) as error:
                    _log.warning("events are not heard", error=type(error).__name__)
                    await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                    failures += 1
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    def _has_news(self, workspace_id: UUID) -> None:
        if workspace_id in self._listeners and workspace_id not in self._pending:
            self._pending.add(workspace_id)
            self._news.put_nowait(workspace_id)

    async def _read(self) -> None:
        """Read each workspace's news once, whoever many listen."""
        while True:
            workspace_id = await self._news.get()
            self._pending.discard(workspace_id)  # before reading: what is said from here on is read again
            try:
                await self._hand_out(workspace_id)
            except SQLAlchemyError as error:
                _log.warning("events are not read", error=type(error).__name__)
                await asyncio.sleep(_PAUSES[0])
                self._has_news(workspace_id)

    async def _hand_out(self, workspace_id: UUID) -> None:
        while workspace_id in self._seen:
            found = await to_thread.run_sync(_after, workspace_id, self._seen[workspace_id], limiter=_reading)
            if found and workspace_id in self._seen:
                self._seen[workspace_id] = found[-1].id
                told = [(event, said(event)) for event in found]  # once for all
                for listener in list(self._listeners.get(workspace_id, ())):
                    listener.hand(told)
            if len(found) < _PAGE:
                return


def _latest(workspace_id: UUID) -> int:
    with session.tenant(Role.API, workspace_id=workspace_id) as connection:
        return events.latest(connection, workspace_id)


def _after(workspace_id: UUID, seen: int) -> list[Event]:
    with session.tenant(Role.API, workspace_id=workspace_id) as connection:
        return events.after(connection, workspace_id, seen, limit=_PAGE)
