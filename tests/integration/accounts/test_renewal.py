"""Renewing accesses ahead of time: once at a time, without losing a refresh token, and saying what went wrong."""

import io
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from sqlalchemy import text

from clientnest import accounts
from clientnest.accounts import NotConnected, Renewal, renewal
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.vault import keyring
from tests.integration.accounts.conftest import Place

LIFE = timedelta(hours=2)


def _soon() -> datetime:
    """Within the ten minutes before a fresh access ends."""
    return datetime.now(UTC) + LIFE - timedelta(minutes=5)


def test_an_access_is_renewed_before_it_ends_and_not_earlier(place: Place) -> None:
    account_id = place.connect().account_id
    first = place.access(account_id)
    assert accounts.refresh_due(datetime.now(UTC) + LIFE - timedelta(minutes=15)) == []
    (one,) = accounts.refresh_due(_soon())
    assert (one.account_id, one.state, one.problem) == (account_id, "connected", None)
    renewed = place.access(account_id)
    assert renewed.access_token != first.access_token
    assert renewed.refresh_token != first.refresh_token, "the server rotates them"
    assert renewed.refresh_token in place.server.refresh_tokens
    assert len(place.server.refreshes) == 1
    assert place.credential(account_id).last_refreshed_at is not None
    with session.tenant(Role.WORKER, workspace_id=place.workspace_id) as connection:
        assert accounts.refresh_account(connection, place.workspace_id, account_id, _soon()) is None
    assert len(place.server.refreshes) == 1, "who was late finds it done"


@pytest.mark.parametrize("given", [False, "", "  "])
def test_a_refresh_token_that_is_not_given_again_is_kept(place: Place, given: object) -> None:
    account_id = place.connect().account_id
    kept = place.access(account_id).refresh_token
    place.server.gives_refresh_token = given
    for later in (timedelta(0), timedelta(minutes=4)):
        assert [one.state for one in accounts.refresh_due(_soon() + later)] == ["connected"]
    assert place.access(account_id).refresh_token == kept
    assert [form["refresh_token"] for form in place.server.refreshes] == [kept, kept]


def test_threads_and_processes_at_once_renew_once(place: Place) -> None:
    account_id = place.connect().account_id
    place.server.delay = 1.5
    now = _soon()
    others = [
        subprocess.Popen([sys.executable, "-m", "tests.services.oauth_server", now.isoformat()],
                         env=os.environ.copy(), stdin=-1, stdout=-1, text=True)
        for _ in range(2)
    ]  # fmt: skip
    for process in others:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    start = threading.Barrier(3)

    def renew() -> int:
        start.wait()
        return len(accounts.refresh_due(now))

    with ThreadPoolExecutor(2) as pool:
        threads = [pool.submit(renew) for _ in range(2)]
        start.wait()
        answers = [process.communicate("go\n")[0] for process in others]
        done = [int(answer) for answer in answers] + [thread.result() for thread in threads]
    assert sorted(done) == [0, 0, 0, 1]
    assert len(place.server.refreshes) == 1
    assert place.access(account_id).refresh_token in place.server.refresh_tokens


def test_a_reconnect_during_a_renewal_wins(place: Place) -> None:
    account_id = place.connect().account_id
    state, code = place.server.agree(place.begin(account_id).url)
    place.server.delay = 0.7
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(accounts.refresh_due, _soon())
        accounts.finish_connection(state, code, caller=place.owner)
        renewing.result()
    place.server.delay = 0
    tokens = place.access(account_id)
    assert tokens.refresh_token in place.server.refresh_tokens
    assert tokens.access_token in place.server.access_tokens


@pytest.mark.parametrize("answer", [
    (500, b"<html>Internal error</html>"), (503, {"error": "temporarily_unavailable"}), (429, {}), (200, b"not json"),
    (200, {"token_type": "Bearer"}), (403, b"<html>Are you human?</html>"),
    (200, {"access_token": "good", "padding": "x" * 300_000}),
])  # fmt: skip
def test_a_passing_failure_is_shown_and_tried_again_later_each_time(place: Place, answer: tuple[int, object]) -> None:
    account_id = place.connect().account_id
    before = place.access(account_id)
    now = _soon()
    pauses = []
    for _ in range(3):
        place.server.failing.append(answer)
        (one,) = accounts.refresh_due(now)
        assert one.state == "expiring"
        (health,) = place.health()
        assert health.is_usable
        assert health.problem == one.problem
        assert "Mastodon" in (health.problem or "")
        assert health.advice
        assert accounts.refresh_due(now) == [], "not before its time"
        pauses.append(place.credential(account_id).due_at - now)
        now += pauses[-1]
    assert pauses == [renewal.FIRST_PAUSE * factor for factor in (1, 2, 4)]
    assert place.access(account_id) == before
    (one,) = accounts.refresh_due(now)
    assert (one.state, one.problem) == ("connected", None)
    assert place.credential(account_id).failures == 0


def test_the_network_may_ask_for_a_longer_pause(place: Place) -> None:
    account_id = place.connect().account_id
    place.server.failing.append((429, {"error": "too_many_requests"}))
    place.server.headers["Retry-After"] = "900"
    now = _soon()
    accounts.refresh_due(now)
    assert place.credential(account_id).due_at == now + timedelta(seconds=900)


@pytest.mark.parametrize("slow", [{"delay": 1.0}, {"drip": 0.02}])
def test_a_network_that_does_not_answer_in_time_is_given_up_for_now(place: Place, slow: dict[str, float]) -> None:
    """Not even one that says a little all the time: the row stays locked while it is asked."""
    place.connect()
    place.network.timeout = 0.3
    vars(place.server).update(slow)
    (one,) = accounts.refresh_due(_soon())
    assert (one.state, one.problem) == ("expiring", "Mastodon did not answer within 0.3 seconds.")


def test_a_grant_that_was_taken_back_needs_the_person_in_the_networks_words_without_the_token(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = io.StringIO()
    processors = [structlog.processors.JSONRenderer()]
    monkeypatch.setattr(renewal, "_log", structlog.wrap_logger(structlog.PrintLogger(file=logged), processors))
    account_id = place.connect().account_id
    token = place.access(account_id).refresh_token or ""
    place.server.take_back_all()
    (one,) = accounts.refresh_due(_soon())
    assert one.state == "needs_reconnect"
    assert one.problem == "Mastodon said: Token [redacted] has been revoked (invalid_grant)."
    (health,) = place.health()
    assert not health.is_usable
    assert "Connect the account again" in (health.advice or "")
    with pytest.raises(NotConnected, match="has been revoked"):
        place.access(account_id)
    assert accounts.refresh_due(_soon() + timedelta(days=1)) == [], "nobody asks again and again"
    with session.tenant(Role.MIGRATE) as connection:
        events = connection.execute(text("SELECT kind, payload FROM app.event WHERE subject_id = :id ORDER BY id"),
                                    {"id": account_id}).all()  # fmt: skip
    assert [row.kind for row in events] == ["account.connected", "account.needs_reconnect"]
    said = logged.getvalue() + json.dumps([row.payload for row in events])
    assert "account renewal" in said
    assert token not in said
    place.connect(account_id)
    assert place.access(account_id)


def test_a_wrong_app_or_a_missing_key_asks_nobody_to_reconnect(place: Place) -> None:
    account_id = place.connect().account_id
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(text("UPDATE app.network_app SET client_id = 'another' WHERE workspace_id = :id"),
                           {"id": place.workspace_id})  # fmt: skip
    (one,) = accounts.refresh_due(_soon())
    assert one.state == "expiring"
    assert "does not accept the app" in (one.problem or "")
    path = keyring.place()
    kept = path.read_text()
    path.unlink()
    keyring._known.clear()
    try:
        (one,) = accounts.refresh_due(_soon() + timedelta(minutes=1))
        assert one.state == "expiring"
        assert "which is not in" in (one.problem or "")
    finally:
        path.write_text(kept)
    assert place.access(account_id)


def test_what_nothing_renews_is_announced_a_week_ahead_and_ends(place: Place) -> None:
    place.network.renewal = Renewal.NEVER
    place.server.lifetime, place.server.gives_refresh_token = str(60 * 86_400), False
    account_id = place.connect().account_id
    end = place.access(account_id).expires_at
    assert end is not None
    assert accounts.refresh_due(end - timedelta(days=8)) == []
    (one,) = accounts.refresh_due(end - timedelta(days=6))
    assert one.state == "expiring"
    assert "cannot be renewed" in (one.problem or "")
    assert accounts.refresh_due(end - timedelta(days=1)) == []
    (one,) = accounts.refresh_due(end)
    assert one.state == "needs_reconnect"
    assert place.server.refreshes == []


def test_an_access_may_be_renewed_by_itself_or_never_end(place: Place) -> None:
    place.network.renewal = Renewal.BY_ITSELF
    place.server.gives_refresh_token = False
    account_id = place.connect().account_id
    token = place.access(account_id).access_token
    place.server.refresh_tokens[token] = ("ext-1", "Acme")
    assert [one.state for one in accounts.refresh_due(_soon())] == ["connected"]
    assert place.server.refreshes[0]["refresh_token"] == token
    place.server.lifetime = None
    place.connect(account_id)
    assert place.access(account_id).expires_at is None
    assert accounts.refresh_due(datetime.now(UTC) + timedelta(days=3650)) == []


def test_an_access_that_lives_shorter_than_the_notice_is_not_renewed_over_and_over(place: Place) -> None:
    place.server.lifetime = 60
    account_id = place.connect().account_id
    now = datetime.now(UTC)
    assert accounts.refresh_due(now) == []
    assert [one.state for one in accounts.refresh_due(now + timedelta(seconds=40))] == ["connected"]
    assert place.credential(account_id).due_at >= now + timedelta(seconds=49)


def test_a_mistake_with_one_account_holds_up_no_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.connect()
    place.server.signed_in = ("ext-2", "Second")
    second = place.connect().account_id
    refresh = place.network.refresh

    def mistaken(app: accounts.App, tokens: accounts.Tokens) -> accounts.Tokens:
        if place.server.access_tokens[tokens.access_token][0] == "ext-1":
            raise KeyError("a field that is not there")
        return refresh(app, tokens)

    monkeypatch.setattr(place.network, "refresh", mistaken)
    with pytest.raises(ExceptionGroup) as failed:
        accounts.refresh_due(_soon())
    assert [type(one) for one in failed.value.exceptions] == [KeyError]
    assert place.credential(second).last_refreshed_at is not None
