"""Erasing a subject: the log stays whole, and what was theirs can never be read again, not even from a copy."""

import subprocess
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from clientnest import settings
from clientnest.audit import FieldChange, Origin, State, erase_subject, personal_events, sealing, search, subjects
from clientnest.db import session
from clientnest.db.roles import Database, Role
from clientnest.db.server import EmbeddedServer
from clientnest.db.urls import administrator, database_name
from clientnest.ids import new_id
from clientnest.vault.rotation import rotate
from tests.integration.audit.logbook import ADDRESS, AGENT, INVITED, invite, sign_in, somebody


def _erase(subject_id: UUID) -> None:
    with session.tenant(Role.IDENTITY) as connection:
        erase_subject(connection, subject_id)


def _dumped() -> str:
    """The logs, their values and their keys, as a backup has them."""
    program = EmbeddedServer(settings.core().home).programs() / "pg_dump"
    url = administrator().set(database=database_name(Database.PRODUCT)).render_as_string(hide_password=False)
    return subprocess.run(
        [str(program), "--data-only", "-t", "app.audit_*", "-t", "app.personal_*", "-t", "app.subject_key", url],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


def test_the_erased_show_as_erased_and_the_log_keeps_every_event(workspace: UUID) -> None:
    actor, invitation = somebody(), new_id()
    assert actor.id is not None
    invite(workspace, actor, invitation)
    sign_in(actor)
    _erase(actor.id)
    with session.tenant(Role.API, workspace_id=workspace, person_id=actor.id) as connection:
        (event,) = search(connection, workspace).items
        (signed_in,) = personal_events(connection, actor.id).items
    assert event.origin == signed_in.origin == Origin(None, None, State.ERASED)
    assert (event.actor_id, event.object_id) == (actor.id, str(invitation))
    role, email = event.changes
    assert role == FieldChange("role", None, "editor", State.SHOWN)
    assert email == FieldChange("email", None, INVITED, State.SHOWN), "the invited are subjects of their own"
    _erase(invitation)
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        assert search(connection, workspace).items[0].changes[1] == FieldChange("email", None, None, State.ERASED)


def test_a_copy_of_every_row_opens_nothing_of_the_erased(workspace: UUID) -> None:
    actor, other = somebody(), somebody()
    assert actor.id is not None
    assert other.id is not None
    event_id = invite(workspace, actor)
    invite(workspace, other)
    with session.tenant(Role.MIGRATE) as connection:
        sealed_key = connection.execute(
            text("SELECT sealed_key FROM app.subject_key WHERE subject_id = :s"), {"s": actor.id}
        ).scalar_one()
        ciphertext = connection.execute(
            text("SELECT ciphertext FROM app.audit_value WHERE event_id = :e AND subject_id = :s"),
            {"e": event_id, "s": actor.id},
        ).scalar_one()
        key, others_key = (subjects.keys(connection, [one])[one] for one in (actor.id, other.id))
    assert key is not None
    assert others_key is not None
    place = sealing.place("audit_event", workspace, event_id, actor.id)
    assert sealing.opened(ciphertext, key, place) == {"address": ADDRESS, "user_agent": AGENT}
    assert sealed_key.hex() in _dumped()

    _erase(actor.id)
    copy = _dumped()
    assert ciphertext.hex() in copy, "the value's row stays"
    assert sealed_key.hex() not in copy
    assert f"{actor.id}\t\\N\t" in copy, "the tombstone"
    for wrong_key in (others_key, bytes(32), sealed_key[-32:]):
        assert sealing.opened(ciphertext, wrong_key, place) is None


def test_no_new_key_is_ever_made_for_the_erased(workspace: UUID) -> None:
    actor = somebody()
    assert actor.id is not None
    _erase(actor.id)  # before anything was kept of them
    _erase(actor.id)
    invite(workspace, actor)
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        (event,) = search(connection, workspace).items
        assert subjects.keys_for_writing(connection, [actor.id]) == {actor.id: None}
        kept = connection.execute(text("SELECT app.keep_subject_key(:s, 'another')"), {"s": actor.id}).scalar_one()
    assert event.origin == Origin(None, None, State.ERASED)
    assert kept is None
    for statement in ("UPDATE app.subject_key SET sealed_key = 'x', erased_at = NULL WHERE subject_id = :s",
                      "DELETE FROM app.subject_key WHERE subject_id = :s", "TRUNCATE app.subject_key"):  # fmt: skip
        with (
            pytest.raises(ProgrammingError, match=r"erased once and for all|only grows"),
            session.tenant(Role.MIGRATE) as c,
        ):
            c.execute(text(statement), {"s": actor.id})


@pytest.mark.parametrize("role", [Role.API, Role.DASHBOARDS, Role.WORKER, Role.ETL])
def test_those_who_answer_requests_cannot_erase(database: str, role: Role) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), session.tenant(role) as connection:
        erase_subject(connection, new_id())


def test_a_value_put_beside_another_event_is_damaged_not_shown(workspace: UUID) -> None:
    actor = somebody()
    source = invite(workspace, actor)
    with session.tenant(Role.MIGRATE) as connection:
        forged = new_id()
        connection.execute(text("INSERT INTO app.audit_event (workspace_id, id, action, actor_kind, object_type) "
                                "VALUES (:w, :id, 'workspace.changed', 'system', 'workspace')"),
                           {"w": workspace, "id": forged})  # fmt: skip
        connection.execute(text("INSERT INTO app.audit_value SELECT workspace_id, :id, subject_id, names, ciphertext "
                                "FROM app.audit_value WHERE event_id = :source AND subject_id = :s"),
                           {"id": forged, "source": source, "s": actor.id})  # fmt: skip
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        moved, original = search(connection, workspace).items
    assert moved.origin == Origin(None, None, State.DAMAGED)
    assert original.origin.address == ADDRESS


def test_the_log_opens_after_the_vaults_key_was_changed(workspace: UUID, home: Path) -> None:
    actor, erased = somebody(), somebody()
    assert erased.id is not None
    invite(workspace, actor)
    invite(workspace, erased)
    _erase(erased.id)
    assert rotate(retire=True, notice=0).unreadable == ()
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        assert [event.origin.address for event in search(connection, workspace).items] == [None, ADDRESS]
