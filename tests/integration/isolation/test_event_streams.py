"""Events over WebSocket, for each role and for programs: what the table lets them hear of their own workspace, and
nothing of another; and no more of it once their part has changed."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from api.events import router
from api.events.hearing import Hearing
from api.main import create_app
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.events import tell
from clientnest.identity import issue_token
from clientnest.ids import new_id
from clientnest.workspaces import Permission, WorkspaceRole
from clientnest.workspaces.keys import create_key
from clientnest.workspaces.permissions import _HEARING, NO_KEYS, allows, permission_to_hear
from tests.conftest import make_workspace
from tests.integration.api.operations import colleague
from tests.services.served import served

# One kind of each that the table knows, one it does not know, and at last one that everybody hears.
LAST = "account.connected"
KINDS = (*(f"{beginning}something" for beginning in _HEARING), "unheard-of", LAST)
GONE, NOT_SIGNED_IN, FORBIDDEN = 4404, 4401, 4403


@pytest.fixture(scope="module")
def address(database: str) -> Iterator[str]:
    with served(create_app()) as serving:
        yield f"ws://{serving}/v1/events"


@pytest.fixture
def workspace_id(database: str) -> UUID:
    return make_workspace()


@contextmanager
def listen(address: str, token: str, workspace_id: UUID) -> Iterator[ClientConnection]:
    """Somebody who has said hello."""
    with connect(address, open_timeout=20) as socket:
        socket.send(json.dumps({"token": token, "workspace_id": str(workspace_id)}))
        yield socket


@contextmanager
def ready(address: str, token: str, workspace_id: UUID) -> Iterator[ClientConnection]:
    """Somebody who hears from now on."""
    with listen(address, token, workspace_id) as socket:
        assert heard(socket)["type"] == "ready"
        yield socket


def heard(socket: ClientConnection) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(socket.recv(timeout=20))
    return found


def closed(socket: ClientConnection) -> int:
    """With which code it was closed, without another word."""
    with pytest.raises(ConnectionClosed) as ended:
        socket.recv(timeout=20)
    assert ended.value.rcvd is not None
    return ended.value.rcvd.code


def told_until_last(socket: ClientConnection) -> list[tuple[str, str]]:
    """Kinds and subjects, up to the event that everybody hears."""
    found: list[tuple[str, str]] = []
    while not found or found[-1][0] != LAST:
        event = heard(socket)
        found.append((event["kind"], event["subject_id"]))
    return found


def happen(workspace_id: UUID, subject_id: UUID, *kinds: str) -> None:
    with session.tenant(Role.ETL) as connection:
        for kind in kinds:
            tell(connection, workspace_id, kind, subject_id, {})


def change(person_id: UUID, role: WorkspaceRole | None) -> None:
    """Somebody's part becomes another one, or none."""
    with session.tenant(Role.MIGRATE) as connection:
        if role is None:
            connection.execute(text("DELETE FROM app.membership WHERE person_id = :p"), {"p": person_id})
        else:
            connection.execute(
                text("UPDATE app.membership SET role = :r WHERE person_id = :p"), {"p": person_id, "r": role.value}
            )


def key(workspace_id: UUID, *scopes: Permission) -> tuple[UUID, str]:
    with session.tenant(Role.API, workspace_id=workspace_id) as connection:
        made, secret = create_key(connection, workspace_id, "Listener", scopes, created_by=None)
    return made.id, secret


def test_each_role_and_each_key_hears_what_the_table_says_and_nothing_of_another_workspace(
    address: str, workspace_id: UUID
) -> None:
    other, mine, theirs = make_workspace(), new_id(), new_id()
    scopes = [permission for permission in Permission if permission not in NO_KEYS]
    with ExitStack() as open_ones:

        def join(token: str, place: UUID) -> ClientConnection:
            return open_ones.enter_context(ready(address, token, place))

        people = {role: join(issue_token(colleague(workspace_id, role)), workspace_id) for role in WorkspaceRole}
        all_scopes = join(key(workspace_id, *scopes)[1], workspace_id)
        one_scope = join(key(workspace_id, Permission.WORKSPACE_READ, Permission.RESULTS_READ)[1], workspace_id)
        no_scope = join(key(workspace_id, Permission.WORKSPACE_READ)[1], workspace_id)
        stranger = join(issue_token(colleague(other, WorkspaceRole.OWNER)), other)
        happen(other, theirs, *KINDS)
        happen(workspace_id, mine, *KINDS)
        for role, socket in people.items():
            assert told_until_last(socket) == [
                (kind, str(mine)) for kind in KINDS if allows(role, permission_to_hear(kind))
            ]
        assert told_until_last(all_scopes) == [(kind, str(mine)) for kind in KINDS]
        assert told_until_last(one_scope) == [
            (kind, str(mine)) for kind in KINDS if permission_to_hear(kind) is Permission.RESULTS_READ
        ]
        assert told_until_last(stranger) == [(kind, str(theirs)) for kind in KINDS]
        with pytest.raises(TimeoutError):
            no_scope.recv(timeout=0.3)


def test_nobody_listens_to_a_workspace_they_do_not_belong_to(address: str, workspace_id: UUID) -> None:
    other = make_workspace()
    for role in WorkspaceRole:
        token = issue_token(colleague(other, role))
        with ready(address, token, other), listen(address, token, workspace_id) as refused:
            assert closed(refused) == GONE
    secret = key(other, Permission.WORKSPACE_READ)[1]
    with ready(address, secret, other), listen(address, secret, workspace_id) as refused:
        assert closed(refused) == GONE
    with listen(address, key(workspace_id, Permission.RESULTS_READ)[1], workspace_id) as refused:
        assert closed(refused) == FORBIDDEN


def test_who_comes_back_is_told_what_their_part_now_lets_them_hear(address: str, workspace_id: UUID) -> None:
    person_id, job = colleague(workspace_id, WorkspaceRole.EDITOR), new_id()
    happen(workspace_id, job, "job.done", LAST)
    said = {"token": issue_token(person_id), "workspace_id": str(workspace_id), "last_event_id": 0}
    for role, expected in ((WorkspaceRole.EDITOR, ["job.done", LAST]), (WorkspaceRole.CLIENT, [LAST])):
        change(person_id, role)
        with connect(address, open_timeout=20) as socket:
            socket.send(json.dumps(said))
            assert heard(socket)["type"] == "ready"
            assert [kind for kind, _ in told_until_last(socket)] == expected


def test_a_demotion_counts_from_the_event_that_tells_of_it(address: str, workspace_id: UUID) -> None:
    person_id, job = colleague(workspace_id, WorkspaceRole.EDITOR), new_id()
    with ready(address, issue_token(person_id), workspace_id) as socket:
        happen(workspace_id, job, "job.queued")
        assert heard(socket)["kind"] == "job.queued"
        change(person_id, WorkspaceRole.CLIENT)
        happen(workspace_id, person_id, "member.role_changed")
        happen(workspace_id, job, "job.done", LAST)
        assert [kind for kind, _ in told_until_last(socket)] == [LAST]


def test_who_is_removed_is_cut_off_by_the_event_that_tells_of_it(address: str, workspace_id: UUID) -> None:
    person_id, witness = (colleague(workspace_id, WorkspaceRole.EDITOR) for _ in range(2))
    with (
        ready(address, issue_token(person_id), workspace_id) as socket,
        ready(address, issue_token(witness), workspace_id) as other_member,
    ):
        change(person_id, None)
        happen(workspace_id, person_id, "member.removed")
        happen(workspace_id, new_id(), "job.done")
        assert closed(socket) == GONE
        assert [heard(other_member)["kind"] for _ in range(2)] == ["member.removed", "job.done"]


def test_what_no_event_tells_of_counts_from_the_next_look(
    address: str, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(router, "_LOOK_AGAIN_SECONDS", 0.2)
    demoted, removed = (colleague(workspace_id, WorkspaceRole.EDITOR) for _ in range(2))
    key_id, secret = key(workspace_id, Permission.WORKSPACE_READ, Permission.RESULTS_READ)
    with (
        ready(address, issue_token(demoted), workspace_id) as less,
        ready(address, issue_token(removed), workspace_id) as nothing,
        ready(address, secret, workspace_id) as program,
    ):
        change(demoted, WorkspaceRole.CLIENT)
        change(removed, None)
        with session.tenant(Role.MIGRATE) as connection:
            connection.execute(text("UPDATE app.api_key SET revoked_at = now() WHERE id = :id"), {"id": key_id})
        assert closed(nothing) == GONE
        assert closed(program) == NOT_SIGNED_IN
        time.sleep(0.5)  # longer than a look and what it takes
        happen(workspace_id, new_id(), "job.done", LAST)
        assert [kind for kind, _ in told_until_last(less)] == [LAST]


def test_these_tests_notice_when_the_event_makes_nobody_look(
    address: str, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hearing, "changes_with", lambda *_: False)
    with pytest.raises(AssertionError, match=r"job\.done"):
        test_a_demotion_counts_from_the_event_that_tells_of_it(address, workspace_id)
