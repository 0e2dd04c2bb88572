"""Events over WebSocket, from two processes at once: in order, once, to who may hear them, and resumable."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from clientnest import events, jobs
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import issue_token
from clientnest.workspaces import WorkspaceRole
from tests.conftest import make_workspace
from tests.integration.api.operations import colleague
from tests.services.processes import api as running_api
from tests.services.processes import free_port


@pytest.fixture(scope="module")
def addresses(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two processes of the API on one database."""
    log = tmp_path_factory.mktemp("api") / "log"
    ports = free_port(), free_port()
    with running_api(log, port=ports[0]), running_api(log, port=ports[1]):
        yield [f"ws://127.0.0.1:{port}/v1/events" for port in ports]


def listening(address: str) -> AbstractAsyncContextManager[ClientConnection]:
    return connect(address, open_timeout=20)


async def hello(
    client: ClientConnection, person_id: UUID, workspace_id: UUID, seen: int | None = None
) -> dict[str, Any]:
    said: dict[str, Any] = {"token": issue_token(person_id), "workspace_id": str(workspace_id)}
    await client.send(json.dumps(said if seen is None else {**said, "last_event_id": seen}))
    return await heard(client)


async def heard(client: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(20):
        found: dict[str, Any] = json.loads(await client.recv())
        return found


def happen(workspace_id: UUID) -> UUID:
    """A job is enqueued, which is an event."""
    with session.tenant(Role.ETL) as connection:
        return jobs.enqueue(connection, workspace_id, "import", {"options": {}})


def test_an_event_reaches_everybody_who_may_hear_it_whatever_process_they_are_at(addresses: list[str]) -> None:
    workspace_id, other = make_workspace(), make_workspace()
    editor, client_person = colleague(workspace_id, WorkspaceRole.EDITOR), colleague(workspace_id, WorkspaceRole.CLIENT)
    stranger = colleague(other, WorkspaceRole.OWNER)

    async def story() -> None:
        async with (
            listening(addresses[0]) as first, listening(addresses[1]) as second, listening(addresses[1]) as quiet,
            listening(addresses[0]) as elsewhere,
        ):  # fmt: skip
            for one, person, workspace in (
                (first, editor, workspace_id), (second, editor, workspace_id), (quiet, client_person, workspace_id),
                (elsewhere, stranger, other),
            ):  # fmt: skip
                assert (await hello(one, person, workspace))["type"] == "ready"
            made = [str(await asyncio.to_thread(happen, workspace_id)) for _ in range(5)]
            for one in (first, second):
                told = [await heard(one) for _ in range(5)]
                assert [event["subject_id"] for event in told] == made
                assert [event["id"] for event in told] == sorted(event["id"] for event in told)
            await asyncio.to_thread(happen, other)
            assert (await heard(elsewhere))["subject_id"] not in made
            with pytest.raises(TimeoutError):  # a client hears nothing of imports
                async with asyncio.timeout(0.5):
                    await quiet.recv()

    asyncio.run(story())


def test_who_comes_back_with_their_last_id_misses_nothing_and_hears_nothing_twice(addresses: list[str]) -> None:
    workspace_id = make_workspace()
    editor = colleague(workspace_id, WorkspaceRole.EDITOR)

    async def story() -> None:
        async with listening(addresses[0]) as before:
            seen = (await hello(before, editor, workspace_id))["last_event_id"]
            first = str(await asyncio.to_thread(happen, workspace_id))
            event = await heard(before)
            assert event["subject_id"] == first
            seen = event["id"]
        missed = [str(await asyncio.to_thread(happen, workspace_id)) for _ in range(3)]
        async with listening(addresses[1]) as again:
            await hello(again, editor, workspace_id, seen)
            later = str(await asyncio.to_thread(happen, workspace_id))
            assert [(await heard(again))["subject_id"] for _ in range(4)] == [*missed, later]

    asyncio.run(story())


def test_events_follow_commits_so_that_none_appears_behind_one_already_seen(database: str) -> None:
    workspace_id = make_workspace()
    early = session.engine(Role.ETL).connect()
    first = jobs.enqueue(early, workspace_id, "import", {"options": {}})
    second = happen(workspace_id)  # waits for nobody, though it was written later
    with session.tenant(Role.API, workspace_id=workspace_id) as connection:
        (seen,) = events.after(connection, workspace_id, 0, limit=10)
    assert seen.subject_id == second
    early.commit()
    early.close()
    with session.tenant(Role.API, workspace_id=workspace_id) as connection:
        assert [one.subject_id for one in events.after(connection, workspace_id, seen.id, limit=10)] == [first]


@pytest.mark.parametrize(
    ("first", "code"),
    [("", 4400), ("{}", 4400), ('{"token": "x", "workspace_id": "00000000-0000-0000-0000-000000000007"}', 4401)],
)
def test_who_does_not_say_who_they_are_is_closed_out(addresses: list[str], first: str, code: int) -> None:
    async def story() -> int:
        async with listening(addresses[0]) as client:
            await client.send(first)
            with pytest.raises(ConnectionClosed) as closed:
                await heard(client)
            assert closed.value.rcvd is not None
            return closed.value.rcvd.code

    assert asyncio.run(story()) == code


def test_a_stranger_is_told_that_there_is_no_such_workspace(addresses: list[str]) -> None:
    workspace_id, other = make_workspace(), make_workspace()
    stranger = colleague(other, WorkspaceRole.OWNER)

    async def story() -> int:
        async with listening(addresses[0]) as client:
            with pytest.raises(ConnectionClosed) as closed:
                await hello(client, stranger, workspace_id)
            assert closed.value.rcvd is not None
            return closed.value.rcvd.code

    assert asyncio.run(story()) == 4404


def test_who_does_not_take_what_they_are_sent_is_let_go_and_the_others_are_not(addresses: list[str]) -> None:
    workspace_id = make_workspace()
    editor = colleague(workspace_id, WorkspaceRole.EDITOR)

    def flood() -> None:
        with session.tenant(Role.ETL) as connection:
            connection.execute(
                text("INSERT INTO app.event (workspace_id, kind, payload) SELECT :w, 'job.flood', "
                     "json_build_object('filler', (SELECT string_agg(md5(n::text || m::text), '') "
                     "FROM generate_series(1, 120) AS m)) FROM generate_series(1, 6000) AS n"),
                {"w": workspace_id},
            )  # fmt: skip

    async def story() -> None:
        narrow = socket.socket()  # the system would hold megabytes for who does not read
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        narrow.connect(("127.0.0.1", urlsplit(addresses[0]).port))
        narrow.setblocking(False)
        async with (
            connect(addresses[0], sock=narrow, max_queue=1, open_timeout=20) as slow, listening(addresses[0]) as quick,
        ):  # fmt: skip
            await hello(slow, editor, workspace_id)
            await hello(quick, editor, workspace_id)
            reading = asyncio.create_task(_count(quick, 6000))
            await asyncio.to_thread(flood)
            counted = await reading
            assert counted > 0
            assert await _code(slow) == 1013

    async def _code(client: ClientConnection) -> int:
        while True:
            try:
                await heard(client)
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 0

    async def _count(client: ClientConnection, wanted: int) -> int:
        found = 0
        while found < wanted:
            try:
                await heard(client)
            except ConnectionClosed:  # a flood may be too much for it too; what counts is that it was served meanwhile
                break
            found += 1
        return found

    asyncio.run(story())
