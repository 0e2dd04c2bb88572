"""Searching the log: every filter, and pages that are complete and without doubles while others write."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.event import listen

from clientnest.audit import SYSTEM, Action, Actor, ActorKind, Change, Filters, record, search
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import BadInput
from clientnest.ids import new_id
from tests.conftest import make_workspace
from tests.integration.audit.logbook import long_log, somebody

ACTIONS = (Action.WORKSPACE_CHANGED, Action.MEMBER_ROLE_CHANGED, Action.IMPORT_STARTED)


@contextmanager
def _log(workspace_id: UUID):  # type: ignore[no-untyped-def]
    with session.tenant(Role.API, workspace_id=workspace_id) as connection:
        yield connection


def _write(workspace_id: UUID, actions: list[Action]) -> list[UUID]:
    with _log(workspace_id) as connection:
        return [
            record(connection, action, actor=SYSTEM, workspace_id=workspace_id, object_type="thing", object_id="x")
            for action in actions
        ]


def _same_instant(workspace_id: UUID, count: int) -> list[UUID]:
    """Events that only their ids tell apart."""
    with session.tenant(Role.MIGRATE) as connection:
        return list(connection.execute(
            text("INSERT INTO app.audit_event (workspace_id, id, at, action, actor_kind, object_type) "
                 "SELECT :w, gen_random_uuid(), now() - interval '1 hour', 'workspace.changed', 'system', 'thing' "
                 "FROM generate_series(1, :n) RETURNING id"), {"w": workspace_id, "n": count},
        ).scalars())  # fmt: skip


@pytest.fixture(scope="module")
def long(database: str) -> UUID:
    workspace_id = make_workspace()
    long_log(workspace_id, somebody(), 20_000)
    return workspace_id


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at_first=st.lists(st.sampled_from(ACTIONS), max_size=12),
    at_once=st.integers(0, 8),
    meanwhile=st.lists(st.lists(st.sampled_from(ACTIONS), max_size=3), max_size=6),
    limit=st.integers(1, 7),
    prefix=st.sampled_from([None, "workspace.member", "workspace."]),
)
def test_pages_are_complete_and_without_doubles_while_others_write(
    database: str, at_first: list[Action], at_once: int, meanwhile: list[list[Action]], limit: int, prefix: str | None
) -> None:
    workspace_id = make_workspace()
    tied = _same_instant(workspace_id, at_once)
    written = list(zip(_write(workspace_id, at_first), at_first, strict=True))
    filters = Filters(action=prefix)
    seen: list[UUID] = []
    cursor: str | None = None
    writers: Iterator[list[Action]] = iter(meanwhile)
    while True:
        with _log(workspace_id) as connection:
            page = search(connection, workspace_id, filters, cursor=cursor, limit=limit)
        assert len(page.items) <= limit
        seen += [event.id for event in page.items]
        _write(workspace_id, next(writers, []))
        cursor = page.next_cursor
        if cursor is None:
            break
    matching = [one for one, action in written if action.value.startswith(prefix or "")]
    others = [] if prefix == "workspace.member" else tied
    assert seen[: len(matching)] == matching[::-1], "newest first"
    assert len(seen) == len(set(seen))
    assert set(seen) == {*matching, *others}


def test_each_filter_narrows_and_all_hold_together(workspace: UUID) -> None:
    me, other, thing = somebody(), Actor(ActorKind.API_KEY, new_id()), new_id()
    with _log(workspace) as connection:
        ids = [
            record(connection, action, actor=actor, workspace_id=workspace, object_type=kind, object_id=object_id)
            for actor, action, kind, object_id in (
                (me, Action.MEMBER_ROLE_CHANGED, "member", thing),
                (other, Action.MEMBER_REMOVED, "member", "100%_Sure"),
                (me, Action.WORKSPACE_CHANGED, "workspace", thing),
            )
        ]
        times = {event.id: event.at for event in search(connection, workspace).items}
        for filters, wanted in (
            (Filters(actor_id=me.id), {0, 2}),
            (Filters(action="workspace.member"), {0, 1}),
            (Filters(action="workspace_member"), set()),
            (Filters(action="%"), set()),
            (Filters(object_type="member", object_id=str(thing)), {0}),
            (Filters(text=str(thing)[4:20].upper()), {0, 2}),
            (Filters(text="%_s"), {1}),
            (Filters(since=times[ids[1]]), {1, 2}),
            (Filters(until=times[ids[1]]), {0}),
            (Filters(since=times[ids[1]], until=times[ids[2]] + timedelta(hours=1), actor_id=me.id), {2}),
        ):
            found = {event.id for event in search(connection, workspace, filters).items}
            assert found == {ids[number] for number in wanted}, filters


def test_a_cursor_belongs_to_its_question(database: str) -> None:
    mine, other = make_workspace(), make_workspace()
    for workspace_id in (mine, other):
        _write(workspace_id, [Action.WORKSPACE_CHANGED] * 3)
    with _log(mine) as connection:
        cursor = search(connection, mine, limit=1).next_cursor
        with pytest.raises(BadInput):
            search(connection, mine, Filters(text="x"), cursor=cursor)
        with pytest.raises(BadInput):
            search(connection, mine, cursor="rubbish")
    with _log(other) as connection, pytest.raises(BadInput):
        search(connection, other, cursor=cursor)


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (Filters(), "audit_event_order"),
        (Filters(actor_id=new_id()), "audit_event_actor"),
        (Filters(action="workspace.deleted"), "audit_event_action"),
        (Filters(object_id="nowhere"), "audit_event_object"),
    ],
)
def test_a_page_of_a_long_log_is_read_from_an_index(long: UUID, filters: Filters, index: str) -> None:
    asked: list[tuple[str, object]] = []
    with _log(long) as connection:
        listen(connection, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
        search(connection, long, filters)
        statement, values = asked[0]
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
    assert f"using {index}" in plan, plan
    assert "Seq Scan" not in plan, plan


def test_changes_of_every_kind_come_back_as_they_went(workspace: UUID) -> None:
    with _log(workspace) as connection:
        record(connection, Action.API_KEY_CREATED, actor=somebody(), workspace_id=workspace, object_type="api_key",
               changes={"name": Change(None, "Zapier"), "scopes": Change(None, ["posts.read", "posts.write"]),
                        "expires_at": Change(None, None)})  # fmt: skip
        (event,) = search(connection, workspace).items
    assert [(one.field, one.after) for one in event.changes] == [
        ("name", "Zapier"), ("scopes", ["posts.read", "posts.write"]),
    ]  # fmt: skip
