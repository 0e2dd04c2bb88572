"""Signing up, resetting and changing what one signs in with."""

import pytest
from sqlalchemy import text

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import BadInput, Conflict, Unauthenticated
from clientnest.identity import registration, sessions, signing_in
from clientnest.identity.sessions import Client, SignedIn, Stolen
from tests.integration.identity.conftest import Letters, token_in

PASSWORD = "correct horse"
HERE = Client("192.0.2.7", "Firefox")


def sign_up(letters: Letters, address: str) -> SignedIn:
    """Somebody signs up, opens the link, and is signed in."""
    with session.tenant(Role.IDENTITY) as connection:
        registration.sign_up(connection, address, "Ada", PASSWORD)
    with session.tenant(Role.IDENTITY) as connection:
        person = registration.verify(connection, token_in(letters(address)[0]), PASSWORD)
        found = signing_in.proved(connection, person.id, "password", HERE)
    assert isinstance(found, SignedIn)
    return found


def sign_in(address: str, password: str) -> object:
    with session.tenant(Role.IDENTITY) as connection:
        return signing_in.with_password(connection, address, password, HERE)


def test_nobody_comes_to_be_without_both_the_letter_and_the_password(letters: Letters) -> None:
    with session.tenant(Role.IDENTITY) as connection:
        registration.sign_up(connection, "  Ada@Example.org", "Ada", "chosen by a thief")
        registration.sign_up(connection, "ada@example.org", "Ada", PASSWORD)
    with pytest.raises(Unauthenticated):
        sign_in("ada@example.org", PASSWORD)
    mine, thiefs = (token_in(letter) for letter in letters("ada@example.org"))
    with session.tenant(Role.IDENTITY) as connection:
        with pytest.raises(Unauthenticated):  # the person opens the thief's link, and gives the password they chose
            registration.verify(connection, thiefs, PASSWORD)
        with pytest.raises(BadInput):
            registration.verify(connection, "guessed", PASSWORD)
        assert registration.verify(connection, mine, PASSWORD).email == "ada@example.org"
        with pytest.raises(BadInput):
            registration.verify(connection, mine, PASSWORD)
        with pytest.raises(Conflict):
            registration.verify(connection, thiefs, "chosen by a thief")
    assert isinstance(sign_in("ada@example.org", PASSWORD), SignedIn)


def test_signing_up_twice_tells_only_the_letter_box(letters: Letters) -> None:
    sign_up(letters, "twice@example.org")
    with session.tenant(Role.IDENTITY) as connection:
        registration.sign_up(connection, "twice@example.org", "Somebody", "another password")
        registration.ask_for_reset(connection, "nobody-at-all@example.org")
    assert [letter.kind for letter in letters("twice@example.org")] == ["address_taken", "verify_address"]
    assert letters("nobody-at-all@example.org") == []
    assert isinstance(sign_in("twice@example.org", PASSWORD), SignedIn)


def test_a_reset_works_once_ends_all_sessions_and_only_at_the_address_it_was_sent_to(letters: Letters) -> None:
    address = "forgetful@example.org"
    before = sign_up(letters, address)
    with session.tenant(Role.IDENTITY) as connection:
        registration.ask_for_reset(connection, address)
        registration.ask_for_reset(connection, address)
    second, first = (token_in(letter) for letter in letters(address)[:2])
    with session.tenant(Role.IDENTITY) as connection:
        registration.reset_password(connection, first, "a new password")
    for used in (first, second):
        with session.tenant(Role.IDENTITY) as connection, pytest.raises(BadInput):
            registration.reset_password(connection, used, "yet another one")
    with pytest.raises(Unauthenticated):
        sign_in(address, PASSWORD)
    assert isinstance(sign_in(address, "a new password"), SignedIn)
    with session.tenant(Role.IDENTITY) as connection:
        with pytest.raises(Unauthenticated):
            sessions.refresh(connection, before.refresh_token, HERE)
        registration.ask_for_reset(connection, address)
        registration.ask_for_address(connection, before.person_id, "a new password", "elsewhere@example.org")
    reset = token_in(letters(address)[0])
    with session.tenant(Role.IDENTITY) as connection:
        registration.change_address(connection, token_in(letters("elsewhere@example.org")[0]))
        with pytest.raises(BadInput):
            registration.reset_password(connection, reset, "by an old letter box")
    assert letters(address)[0].kind == "address_changed"
    assert isinstance(sign_in("elsewhere@example.org", "a new password"), SignedIn)


def test_refresh_tokens_work_once_and_a_second_use_ends_the_session_for_both(letters: Letters) -> None:
    first = sign_up(letters, "stolen@example.org")
    with session.tenant(Role.IDENTITY) as connection:
        second = sessions.refresh(connection, first.refresh_token, HERE)
    assert isinstance(second, SignedIn)
    assert second.session_id == first.session_id
    with session.tenant(Role.IDENTITY) as connection:
        assert isinstance(sessions.refresh(connection, first.refresh_token, Client("198.51.100.1")), Stolen)
    for token in (second.refresh_token, first.refresh_token, "guessed", ""):
        with session.tenant(Role.IDENTITY) as connection:
            try:
                assert isinstance(sessions.refresh(connection, token, HERE), Stolen)
            except Unauthenticated:
                continue
    assert letters("stolen@example.org")[0].kind == "session_stolen"
    assert [letter.kind for letter in letters("stolen@example.org")].count("session_stolen") == 1
    with session.tenant(Role.IDENTITY) as connection:
        assert sessions.sessions(connection, first.person_id) == []
    with session.tenant(Role.API, person_id=first.person_id) as connection:
        assert not sessions.goes_on(connection, first.person_id, first.session_id)


@pytest.mark.parametrize("role", [Role.API, Role.DASHBOARDS, Role.WORKER, Role.ETL])
def test_no_other_role_reads_what_signing_in_keeps(letters: Letters, role: Role) -> None:
    for table in (
        "refresh_token",
        "one_time_token",
        "totp_credential",
        "recovery_code",
        "passkey",
        "external_identity",
    ):
        with pytest.raises(Exception, match="permission denied"), session.tenant(role) as connection:
            connection.execute(text(f"SELECT * FROM app.{table}"))


def test_signing_in_reads_nothing_of_workspaces_but_their_names(letters: Letters) -> None:
    for table in ("membership", "account", "job", "event", "import_file"):
        with pytest.raises(Exception, match="permission denied"), session.tenant(Role.IDENTITY) as connection:
            connection.execute(text(f"SELECT * FROM app.{table}"))
