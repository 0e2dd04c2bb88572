"""Writing the log: in the caller's transaction, ids and field names in the clear, what is somebody's sealed."""

import threading
from enum import StrEnum
from uuid import UUID

import pytest
from sqlalchemy import text

from clientnest.audit import (
    CHANGED,
    SYSTEM,
    Action,
    Actor,
    ActorKind,
    Change,
    FieldChange,
    Origin,
    PersonalAction,
    State,
    personal_events,
    record,
    record_personal,
    search,
)
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from tests.integration.audit.logbook import ADDRESS, AGENT, INVITED, invite, invited, sign_in, somebody


class _Refused(Exception):
    pass


def _invite_and_fail(workspace_id: UUID, actor: Actor, invitation: UUID) -> None:
    with session.tenant(Role.API, workspace_id=workspace_id) as connection:
        invited(connection, workspace_id, actor, invitation)
        raise _Refused


def test_what_is_rolled_back_leaves_no_trace_and_what_is_committed_leaves_one(workspace: UUID) -> None:
    actor, invitation = somebody(), new_id()
    with pytest.raises(_Refused):
        _invite_and_fail(workspace, actor, invitation)
    with session.tenant(Role.MIGRATE) as connection:
        for table, column in (("audit_event", "workspace_id"), ("audit_value", "workspace_id")):
            count = text(f"SELECT count(*) FROM app.{table} WHERE {column} = :w")
            assert connection.execute(count, {"w": workspace}).scalar_one() == 0
        count = text("SELECT count(*) FROM app.subject_key WHERE subject_id IN (:a, :i)")
        assert connection.execute(count, {"a": actor.id, "i": invitation}).scalar_one() == 0
    event_id = invite(workspace, actor, invitation)
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        (event,) = search(connection, workspace).items
    assert event.id == event_id


def test_an_event_says_who_what_when_from_where_to_which_object_and_which_fields(workspace: UUID) -> None:
    actor, invitation = somebody(), new_id()
    invite(workspace, actor, invitation)
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        (event,) = search(connection, workspace).items
        now = connection.execute(text("SELECT now()")).scalar_one()
    assert (event.actor_kind, event.actor_id, event.action) == (ActorKind.PERSON, actor.id, "workspace.member.invited")
    assert (event.object_type, event.object_id, event.request_id) == ("invitation", str(invitation), "request-00001")
    assert 0 <= (now - event.at).total_seconds() < 60
    assert event.origin == Origin(ADDRESS, AGENT, State.SHOWN)
    assert event.changes == (
        FieldChange("role", None, "editor", State.SHOWN), FieldChange("email", None, INVITED, State.SHOWN),
    )  # fmt: skip


def test_nothing_personal_stands_in_the_clear(workspace: UUID) -> None:
    actor = somebody()
    invite(workspace, actor)
    sign_in(actor)
    with session.tenant(Role.MIGRATE) as connection:
        for table in ("audit_event", "audit_value", "personal_event", "personal_value", "subject_key"):
            for row in connection.execute(
                text(f"SELECT t::text AS shown, to_jsonb(t)::text AS json FROM app.{table} t")
            ):
                for value in (ADDRESS, AGENT, INVITED):
                    assert value not in row.shown + row.json
                    assert value.encode().hex() not in row.shown


def test_a_person_sees_what_happened_to_their_way_in_and_nobody_else_does(database: str) -> None:
    me, other = somebody(), somebody()
    assert me.id is not None
    sign_in(me)
    sign_in(other)
    with session.tenant(Role.IDENTITY) as connection:
        record_personal(connection, PersonalAction.SIGN_IN_FAILED, person_id=me.id,
                        actor=Actor(ActorKind.SYSTEM, address="198.51.100.9"),
                        changes={"reason": Change(None, "password")})  # fmt: skip
        record_personal(connection, PersonalAction.PASSWORD_CHANGED, actor=me, person_id=me.id,
                        changes={"password": CHANGED})  # fmt: skip
    with session.tenant(Role.API, person_id=me.id) as connection:
        changed, failed, signed_in = personal_events(connection, me.id).items
        assert personal_events(connection, other.id or new_id()).items == ()
    assert [changed.action, failed.action, signed_in.action] == [
        "person.password.changed", "person.sign_in_failed", "person.signed_in",
    ]  # fmt: skip
    assert changed.changes == (FieldChange("password", None, None, State.NOT_KEPT),)
    assert failed.origin == Origin("198.51.100.9", None, State.SHOWN)
    assert (failed.actor_kind, failed.actor_id) == (ActorKind.SYSTEM, None)


def test_a_key_acts_for_the_person_behind_it(workspace: UUID) -> None:
    person_id, key_id = new_id(), new_id()
    invite(workspace, Actor(ActorKind.API_KEY, key_id, ADDRESS, subject_id=person_id))
    with session.tenant(Role.MIGRATE) as connection:
        whose = connection.execute(
            text("SELECT subject_id FROM app.audit_value WHERE workspace_id = :w AND 'address' = ANY (names)"),
            {"w": workspace},
        ).scalars()
        assert list(whose) == [person_id]


def test_the_system_leaves_no_origin_and_fields_that_stayed_are_not_named(workspace: UUID) -> None:
    with session.tenant(Role.WORKER, workspace_id=workspace) as connection:
        record(connection, Action.WORKSPACE_CHANGED, actor=SYSTEM, workspace_id=workspace, object_type="workspace",
               changes={"name": Change("A", "A"), "timezone": Change("UTC", "Asia/Tokyo")})  # fmt: skip
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        (event,) = search(connection, workspace).items
    assert event.origin == Origin(None, None, State.NOT_KEPT)
    assert event.changes == (FieldChange("timezone", "UTC", "Asia/Tokyo", State.SHOWN),)


class _Shade(StrEnum):
    DARK = "dark"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\x00b\ud800c", "a\ufffdb\ufffdc"),
        (_Shade.DARK, "dark"),
        ({"b", "a"}, ["a", "b"]),
        (float("nan"), "nan"),
        ("x" * 100_000, "x" * 992 + "…"),
        ([["y" * 100_000]], None),
    ],
)
def test_no_odd_value_keeps_an_act_from_being_logged(workspace: UUID, given: object, kept: object) -> None:
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        record(connection, Action.WORKSPACE_CHANGED, workspace_id=workspace, object_type="workspace",
               actor=Actor(ActorKind.PERSON, new_id(), "\x00", "\ud800" * 5000),
               changes=dict.fromkeys(("name", "slug", "timezone"), Change(None, given)))  # fmt: skip
        (event,) = search(connection, workspace).items
    assert event.changes[0].state is State.SHOWN
    assert kept is None or event.changes[0].after == kept


def test_the_catalogue_is_kept_to(workspace: UUID) -> None:
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        with pytest.raises(ValueError, match="changes no email, shoe_size"):
            record(connection, Action.MEMBER_ROLE_CHANGED, actor=somebody(), workspace_id=workspace,
                   object_type="member", changes={"email": Change("a", "b"), "shoe_size": Change(1, 2)})  # fmt: skip
        with pytest.raises(ValueError, match="name the subject"):
            record(connection, Action.MEMBER_INVITED, actor=somebody(), workspace_id=workspace,
                   object_type="invitation", changes={"email": Change(None, INVITED)})  # fmt: skip
        assert search(connection, workspace).items == ()
    with pytest.raises(ValueError, match="every other actor has one"):
        Actor(ActorKind.PERSON)


def test_two_first_events_of_one_subject_at_once_share_one_key(workspace: UUID) -> None:
    actor = somebody()
    both_ready = threading.Barrier(2)

    def write() -> None:
        with session.tenant(Role.API, workspace_id=workspace) as connection:
            connection.execute(text("SELECT 1"))
            both_ready.wait()
            invited(connection, workspace, actor, new_id())

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        assert [event.origin.address for event in search(connection, workspace).items] == [ADDRESS, ADDRESS]
