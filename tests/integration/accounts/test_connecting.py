"""Connecting accounts with OAuth: what may come back, from whom, once; and what a reconnect keeps."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from clientnest import accounts
from clientnest.accounts import NotConnected
from clientnest.accounts.protocol import AppRefused, GrantRefused, NetworkRefused
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import BadInput, Conflict, Forbidden, NotFound, Unavailable
from tests.integration.accounts.conftest import Place, make_person
from tests.services.oauth_server import CLIENT_SECRET, NETWORK, redirected


def _everything_stored() -> bytes:
    """All text and bytes of the three tables, as a backup holds them."""
    with session.tenant(Role.MIGRATE) as connection:
        rows = [
            connection.execute(text(f"SELECT * FROM app.{table}")).all()
            for table in ("network_app", "credential", "connection_attempt")
        ]
    return b"\n".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        for found in rows for row in found for value in row
    )  # fmt: skip


def test_an_account_is_connected_and_the_worker_may_act_for_it(place: Place) -> None:
    connected = place.connect()
    assert (connected.external_id, connected.display_name, connected.is_new) == ("ext-1", "Acme", True)
    tokens = place.access(connected.account_id)
    assert place.server.access_tokens[tokens.access_token] == ("ext-1", "Acme")
    assert tokens.refresh_token in place.server.refresh_tokens
    (one,) = place.health()
    assert (one.state, one.is_usable, one.problem, one.missing_scopes) == ("connected", True, None, ())
    assert one.connected_by == place.owner.person_id
    with session.tenant(Role.API, workspace_id=place.workspace_id) as connection:
        kinds = connection.execute(text("SELECT kind FROM app.event WHERE subject_id = :id"),
                                   {"id": connected.account_id}).scalars().all()  # fmt: skip
    assert kinds == ["account.connected"]


def test_nothing_secret_is_stored_readable(place: Place) -> None:
    begun = place.begin()
    place.server.agree(begun.url)
    tokens = place.access(place.connect().account_id)
    stored = _everything_stored()
    for secret in (begun.state, tokens.access_token, tokens.refresh_token or "", CLIENT_SECRET):
        assert len(secret) > 10
        assert secret.encode() not in stored


def test_a_state_is_good_once_even_where_the_exchange_fails(place: Place) -> None:
    state, code = place.server.agree(place.begin().url)
    place.server.failing.append((503, {"error": "temporarily_unavailable"}))
    with pytest.raises(Unavailable):
        accounts.finish_connection(state, code, caller=place.owner)
    for _ in range(2):
        with pytest.raises(BadInput, match="finished already"):
            accounts.finish_connection(state, code, caller=place.owner)
    assert len(place.server.asked) == 1
    assert place.health() == []


def test_a_state_is_of_no_use_to_others_or_after_ten_minutes(place: Place) -> None:
    state, code = place.server.agree(place.begin().url)
    colleague = make_person(place.workspace_id)
    with pytest.raises(BadInput, match="did not begin"):
        accounts.finish_connection(state, code, caller=colleague)
    with pytest.raises(BadInput, match="did not begin"):
        accounts.finish_connection("made up", code, caller=place.owner)
    late = datetime.now(UTC) + timedelta(minutes=10, seconds=1)
    with pytest.raises(BadInput, match="longer than 10 minutes"):
        accounts.finish_connection(state, code, caller=place.owner, now=late)
    assert place.server.asked == []
    assert accounts.finish_connection(state, code, caller=place.owner).is_new


def test_who_lost_the_right_meanwhile_connects_nothing(place: Place) -> None:
    editor = make_person(place.workspace_id, "admin")
    state, code = place.server.agree(place.begin(caller=editor).url)
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text("UPDATE app.membership SET role = 'editor' WHERE person_id = :id"), {"id": editor.person_id}
        )
    with pytest.raises(Forbidden):
        accounts.finish_connection(state, code, caller=editor)
    assert place.server.asked == []


def test_the_server_checks_our_proof_and_its_refusal_is_said_in_its_words(place: Place) -> None:
    """PKCE is real: an authorisation begun with another challenge is worth nothing."""
    url = redirected(place.begin().url, code_challenge="A" * 43)
    state, code = place.server.agree(url)
    with pytest.raises(GrantRefused, match=r"The code verifier is wrong \(invalid_grant\)"):
        accounts.finish_connection(state, code, caller=place.owner)
    state, _ = place.server.agree(place.begin().url)
    with pytest.raises(NetworkRefused, match="did not give access: access_denied"):
        accounts.finish_connection(state, None, refused="access_denied", caller=place.owner)
    assert place.health() == []


def test_a_wrong_app_secret_is_the_apps_fault(place: Place) -> None:
    with session.tenant(Role.API, workspace_id=place.workspace_id) as connection:
        accounts.save_app(connection, workspace_id=place.workspace_id, network=NETWORK, client_id="client-of-tests",
                          client_secret="wrong-secret-here", server=place.server.url)  # fmt: skip
    with pytest.raises(AppRefused, match="Client authentication failed") as refused:
        place.connect()
    assert "client id and secret" in refused.value.advice


@pytest.mark.parametrize("given", [False, "", "   "])
def test_a_reconnect_keeps_the_account_and_a_refresh_token_that_is_not_given_again(place: Place, given: object) -> None:
    first = place.connect()
    before = place.access(first.account_id)
    place.server.gives_refresh_token = given
    again = place.connect(first.account_id)
    assert (again.account_id, again.is_new) == (first.account_id, False)
    after = place.access(first.account_id)
    assert after.access_token != before.access_token
    assert after.refresh_token == before.refresh_token
    assert place.connect().account_id == first.account_id, "connecting it as if it were new finds the same account"


def test_a_refresh_token_of_another_app_is_not_kept(place: Place) -> None:
    first = place.connect()
    with session.tenant(Role.API, workspace_id=place.workspace_id) as connection:
        app = accounts.find_app(connection, place.workspace_id, NETWORK, server=place.server.url)
        accounts.remove_app(connection, place.workspace_id, app.id)
        accounts.save_app(connection, workspace_id=place.workspace_id, network=NETWORK, client_id=app.client_id,
                          client_secret=app.client_secret, server=place.server.url)  # fmt: skip
    place.server.gives_refresh_token = False
    place.connect()
    assert place.access(first.account_id).refresh_token is None


def test_a_reconnect_as_another_account_is_refused_by_name_and_changes_nothing(place: Place) -> None:
    first = place.connect()
    before = place.credential(first.account_id)
    place.server.signed_in = ("ext-2", "Rival")
    with pytest.raises(Conflict, match=r"You signed in to Mastodon as Rival.*is Acme") as refused:
        place.connect(first.account_id)
    assert "Rival" in refused.value.advice
    assert place.credential(first.account_id) == before
    assert [one.display_name for one in place.health()] == ["Acme"]


def test_disconnecting_forgets_the_tokens_and_keeps_the_account(place: Place) -> None:
    account_id = place.connect().account_id
    with session.tenant(Role.API, workspace_id=place.workspace_id) as connection:
        accounts.disconnect(connection, place.workspace_id, account_id)
    row = place.credential(account_id)
    assert (row.state, row.sealed_access_token, row.sealed_refresh_token) == ("disconnected", None, None)
    with pytest.raises(NotConnected, match="Acme on Mastodon is not connected"):
        place.access(account_id)
    (one,) = place.health()
    assert not one.is_usable
    assert "Connect it again" in (one.advice or "")
    with pytest.raises(NotFound), session.tenant(Role.API, workspace_id=place.workspace_id) as connection:
        accounts.disconnect(connection, place.workspace_id, account_id)
    assert place.connect(account_id).account_id == account_id


def test_rights_that_were_not_given_are_reported(place: Place) -> None:
    place.server.scope = "read"
    place.connect()
    (one,) = place.health()
    assert one.missing_scopes == ("write",)
    assert "without the rights write" in (one.problem or "")


def test_a_network_without_oauth_and_an_app_that_is_not_there_are_sentences(place: Place) -> None:
    with pytest.raises(BadInput, match="TikTok accounts cannot be connected yet"):
        accounts.oauth_network("tiktok")
    with (
        pytest.raises(NotFound, match="no app for Mastodon at https://elsewhere"),
        session.tenant(Role.API, workspace_id=place.workspace_id) as connection,
    ):
        accounts.find_app(connection, place.workspace_id, NETWORK, server="https://elsewhere")


def test_the_installations_app_serves_workspaces_that_have_none_and_only_the_operator_writes_it(place: Place) -> None:
    def found() -> accounts.App:
        with session.tenant(Role.API, workspace_id=place.workspace_id) as connection:
            return accounts.find_app(connection, place.workspace_id, "x")

    def save(role: Role, workspace_id: UUID | None, client_id: str) -> None:
        with session.tenant(role, workspace_id=place.workspace_id) as connection:
            accounts.save_app(connection, workspace_id=workspace_id, network="x", client_id=client_id,
                              client_secret=None)  # fmt: skip

    save(Role.MIGRATE, None, "everybody's")
    assert found().client_id == "everybody's"
    save(Role.API, place.workspace_id, "our own")
    assert found().client_id == "our own"
    with pytest.raises(Exception, match="row-level security"):
        save(Role.API, None, "hijacked")
    save(Role.MIGRATE, None, "changed")
    with session.tenant(Role.MIGRATE) as connection:
        assert connection.execute(text("DELETE FROM app.network_app WHERE network = 'x' RETURNING client_id")
                                  ).scalars().all() == ["changed", "our own"]  # fmt: skip
