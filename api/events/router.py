"""`/v1/events`: a WebSocket that tells what happens in a workspace.

The client's first message says who it is (`Hello`), so that no token stands in an address or a log. It is answered with
`{"type": "ready", "last_event_id": …}`, then with events in order. Coming back with the last id it has seen, a client
misses nothing; one that was away for more than `MOST` events, or for longer than events are kept, is told to read anew
(`{"type": "reset"}`).

Closed with 4400 (no usable first message), 4401 (not signed in, or not any more), 4403, 4404, 4429 (too often) or 1013
(it does not take what it is sent; it comes back with its last id).
"""

import asyncio
import json
import random
import time
from contextlib import suppress

from anyio import to_thread
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from api.deps import Door, presented
from api.events.hearing import Hearing
from api.events.hub import Hub, Listener
from api.events.schemas import Hello, said
from api.manners.asker import Asker, caller_id
from clientnest import events
from clientnest.audit import SYSTEM
from clientnest.errors import ClientNestError
from clientnest.events import Event
from clientnest.identity import AccessToken
from clientnest.limits import TooManyRequests, hit
from clientnest.workspaces import Permission

router = APIRouter(prefix="/v1", tags=["events"])
MOST = 10_000
_PAGE = 500
_HELLO_SECONDS, _SEND_SECONDS, _LOOK_AGAIN_SECONDS = 10.0, 20.0, 60.0
_CONNECTS = "60/minute"
_SLOW = 1013


class _Close(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@router.websocket("/events")
async def follow_events(socket: WebSocket) -> None:
    """Accept, say hello, and tell events until one side leaves."""
    await socket.accept()
    try:
        hello = await _hello(socket)
        proof = await presented(hello.token)
        hearing = await to_thread.run_sync(_entered, proof, hello)
        await _follow(socket, hello, hearing)
    except _Close as closing:
        await _closed(socket, closing.code, closing.reason)
    except ClientNestError as error:
        await _closed(socket, 4000 + error.status % 1000, error.message)
    except WebSocketDisconnect:
        return


async def _hello(socket: WebSocket) -> Hello:
    try:
        async with asyncio.timeout(_HELLO_SECONDS):
            return Hello.model_validate_json(await socket.receive_text())
    except (TimeoutError, ValidationError, KeyError) as error:
        raise _Close(4400, "the first message has to be JSON with token and workspace_id") from error


def _entered(proof: Asker, hello: Hello) -> Hearing:
    """Check who may listen."""
    standing = hit("events", str(caller_id(proof)), _CONNECTS)
    if not standing.allowed:
        raise TooManyRequests("Connected too often.", details={"retry_after_seconds": standing.reset_after_seconds})
    door = Door(proof, hello.workspace_id, Permission.WORKSPACE_READ, SYSTEM)
    with door.open() as (_, membership):
        return Hearing(hello.token, door, membership)


async def _follow(socket: WebSocket, hello: Hello, hearing: Hearing) -> None:
    hub: Hub = socket.app.state.hub
    async with hub.listening(hello.workspace_id) as listener:  # before the replay, so that nothing falls between
        seen = await _replay(socket, hello, hearing)
        work = [
            asyncio.create_task(one)
            for one in (
                _tell(socket, listener, seen, hearing),
                _look_again(hearing),
                _until_gone(socket),
                _overrun(listener),
            )
        ]
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)


async def _replay(socket: WebSocket, hello: Hello, hearing: Hearing) -> int:
    """Say where the client stands, and tell what it missed; gives the last event it has heard of by then."""
    newest, expired = await to_thread.run_sync(_ends, hearing)
    seen = newest if hello.last_event_id is None else min(hello.last_event_id, newest)
    if newest - seen > MOST or seen < expired:
        await _send(socket, json.dumps({"type": "reset", "last_event_id": newest}))
        return newest
    await _send(socket, json.dumps({"type": "ready", "last_event_id": seen}))
    while seen < newest:
        found = await to_thread.run_sync(_page, hearing, seen)
        for event in found:
            if hearing.may(event):
                await _send(socket, said(event))
        seen = found[-1].id if found else newest
    return seen


def _ends(hearing: Hearing) -> tuple[int, int]:
    """The last event there was, and the last that is not kept any more."""
    with hearing.open() as connection:
        workspace_id = hearing.door.workspace_id
        return events.latest(connection, workspace_id), events.expired(connection, workspace_id)


def _page(hearing: Hearing, seen: int) -> list[Event]:
    with hearing.open() as connection:
        return events.after(connection, hearing.door.workspace_id, seen, limit=_PAGE)


async def _tell(socket: WebSocket, listener: Listener, seen: int, hearing: Hearing) -> None:
    while True:
        event, text = await listener.waiting.get()
        if event.id > seen:
            seen = event.id
            if hearing.changes_with(event):
                await hearing.look_again()
            if hearing.may(event):
                await _send(socket, text)


async def _send(socket: WebSocket, text: str) -> None:
    try:
        async with asyncio.timeout(_SEND_SECONDS):
            await socket.send_text(text)
    except TimeoutError as error:
        raise _Close(_SLOW, "too slow; come back with the last id") from error


async def _look_again(hearing: Hearing) -> None:
    """Now and then: does the session go on, is the key still good, does the person still belong here, and as what?
    Each client at a moment of its own."""
    while True:
        pause = _LOOK_AGAIN_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 - spreads work, guards nothing
        if isinstance(hearing.door.proof, AccessToken):
            left = hearing.door.proof.expires_at.timestamp() - time.time()
            if left <= 0:
                raise _Close(4401, "the access token has expired; come back with a new one")
            pause = min(pause, left + 0.1)
        await asyncio.sleep(pause)
        await hearing.look_again()


async def _until_gone(socket: WebSocket) -> None:
    """Read what the client sends, which means nothing, until it leaves."""
    while True:
        await socket.receive_text()


async def _overrun(listener: Listener) -> None:
    await listener.overrun.wait()
    raise _Close(_SLOW, "too slow; come back with the last id")


async def _closed(socket: WebSocket, code: int, reason: str) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):  # it may have left already
        await socket.close(code, reason.encode()[:120].decode(errors="ignore"))
