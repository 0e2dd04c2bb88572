"""Events reach who wants them, signed and once; failures are tried again, then kept, and can be replayed."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from clientnest import settings, webhooks
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import Conflict
from clientnest.events import Event
from clientnest.ids import new_id
from clientnest.webhooks.schedule import JITTER, MOST_ATTEMPTS, PAUSES
from clientnest.webhooks.tasks import forget
from tests.conftest import make_workspace
from tests.integration.webhooks.conftest import Place, verified
from tests.services.processes import drain


def test_an_event_arrives_once_signed_and_with_ids_only(place: Place) -> None:
    subject_id = new_id()
    place.tell("job.failed", subject_id=subject_id, kind="import", state="failed", attempt=1, step="reading cv.csv",
               error={"message": "Row 3 of cv.csv: Ada Lovelace"})  # fmt: skip
    drain()
    (request,) = place.receiver.received
    said = verified(request, place.secret)
    assert said is not None
    assert (request.method, request.path, said["type"]) == ("POST", "/hook", "job.failed")
    ((event_id, at),) = place.rows("SELECT sequence, created_at FROM app.event WHERE workspace_id = :w")
    assert said["data"] == {
        "workspace_id": str(place.workspace_id), "subject_id": str(subject_id), "event_id": event_id,
        "payload": {"kind": "import", "state": "failed", "attempt": 1},
    }  # fmt: skip
    assert datetime.fromisoformat(said["timestamp"]) == at
    (delivery,) = place.deliveries()
    assert (delivery.state, delivery.attempts, delivery.status, delivery.problem) == ("delivered", 1, 204, None)
    assert delivery.message == request.headers["webhook-id"]


def test_hearing_of_an_event_again_makes_no_other_delivery(place: Place) -> None:
    place.happen()
    place.hear_all()
    place.send()
    place.hear_all()
    place.send()
    assert len(place.receiver.received) == len(place.deliveries()) == 1


def test_an_endpoint_hears_what_it_asked_for_and_of_its_own_workspace_only(place: Place) -> None:
    chosen, _ = place.listen("account.*", "job.failed", path="/chosen")
    stranger = Place(make_workspace(), place.receiver)
    stranger.endpoint_id, _ = stranger.listen(path="/stranger")
    for kind in ("account.connected", "account.expiring", "job.done", "job.failed", "member.left", "unheard.of"):
        place.happen(kind)
    place.send(chosen)
    stranger.send()
    assert [json.loads(one.body)["type"] for one in place.receiver.received] == [
        "account.connected", "account.expiring", "job.failed",
    ]  # fmt: skip
    assert {one.path for one in place.receiver.received} == {"/chosen"}
    assert stranger.deliveries() == ()
    assert len(place.deliveries()) == 5, "all but the kind that the catalogue does not name"


def test_what_concerns_one_person_alone_is_sent_nowhere(place: Place) -> None:
    event = Event(7, "job.done", new_id(), {}, datetime.now(UTC), person_id=new_id())
    with session.tenant(Role.WORKER, workspace_id=place.workspace_id) as connection:
        webhooks.hear(connection, place.workspace_id, event)
    assert place.deliveries() == ()


def test_a_failure_is_tried_again_under_the_same_id_until_it_succeeds(place: Place) -> None:
    place.receiver.answers = [(500, {}, b"\x00 out of \xff order " + b"x" * 1000), None, 204]
    place.happen()
    for attempt in range(2):
        begun = datetime.now(UTC)
        place.send()
        (delivery,) = place.deliveries()
        assert delivery.state == "waiting"
        assert delivery.next_attempt_at is not None
        pause = (delivery.next_attempt_at - begun).total_seconds()
        assert PAUSES[attempt] * (1 - JITTER) <= pause <= PAUSES[attempt] * (1 + JITTER) + 3
        place.send()
        assert len(place.receiver.received) == attempt + 1, "before its time"
        place.later()
    place.send()
    (delivery,) = place.deliveries()
    assert (delivery.state, delivery.attempts, delivery.status, delivery.problem) == ("delivered", 3, 204, None)
    assert {one.headers["webhook-id"] for one in place.receiver.received} == {delivery.message}
    assert all(verified(one, place.secret) for one in place.receiver.received)
    first, second, third = place.attempts(delivery)
    assert (first.status, second.status, third.status) == (500, None, 204)
    assert first.answer is not None
    assert first.answer.startswith("  out of \ufffd order x")
    assert len(first.answer) == 500
    assert "status 500" in str(first.problem)
    assert "broke before there was an answer" in str(second.problem)
    assert third.problem is None
    assert place.endpoint().failing_since is None


def test_a_redirect_is_a_failure_that_says_so(place: Place) -> None:
    place.receiver.answers = [(302, {"location": "http://169.254.169.254/latest/meta-data/"}, b"")]
    place.happen()
    place.send()
    (delivery,) = place.deliveries()
    assert (delivery.state, delivery.status, len(place.receiver.received)) == ("waiting", 302, 1)
    assert "redirects are not followed" in str(delivery.problem)


def test_an_address_is_judged_again_at_each_sending(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.happen()
    monkeypatch.delenv("CLIENTNEST_OUTBOUND_ALLOWED")
    settings.forget()
    place.do(f"UPDATE app.webhook_endpoint SET url = 'https://127.0.0.1:{place.receiver.port}/' "
             "WHERE workspace_id = :w")  # fmt: skip
    place.send()
    (delivery,) = place.deliveries()
    assert "not on the public internet" in str(delivery.problem)
    assert not place.receiver.busy.is_set()


def test_a_receiver_that_asks_for_a_pause_gets_it_for_all_that_waits(place: Place) -> None:
    place.receiver.answers = [(429, {"retry-after": "120"}, b"")]
    place.happen()
    place.happen()
    begun = datetime.now(UTC)
    place.send()
    place.send()
    assert len(place.receiver.received) == 1
    held = place.rows("SELECT not_before FROM app.webhook_endpoint WHERE workspace_id = :w")[0][0]
    (refused,) = [one for one in place.deliveries() if one.attempts]
    for at in (held, refused.next_attempt_at):
        assert timedelta(seconds=118) < at - begun < timedelta(seconds=125)
    place.later()
    place.send()
    assert {one.state for one in place.deliveries()} == {"delivered"}


def test_a_receiver_that_is_gone_is_switched_off_and_the_workspace_told(place: Place) -> None:
    place.receiver.answers = [410]
    place.happen()
    place.happen()
    place.send()
    endpoint = place.endpoint()
    assert (endpoint.enabled, endpoint.disabled_reason, endpoint.revision) == (False, "gone", 2)
    assert [one.state for one in place.deliveries()] == ["dead", "dead"]
    place.happen()
    place.send()
    assert (len(place.receiver.received), len(place.deliveries())) == (1, 2)
    told = place.rows("SELECT kind, subject_id, payload FROM app.event WHERE workspace_id = :w ORDER BY id DESC")
    assert ("webhook.disabled", place.endpoint_id, {"reason": "gone"}) in [tuple(row) for row in told]
    logged = place.rows("SELECT action, actor_kind, object_id FROM app.audit_event WHERE workspace_id = :w")
    assert ("workspace.webhook.disabled", "system", str(place.endpoint_id)) in [tuple(row) for row in logged]


@pytest.mark.parametrize(("since", "on"), [("4 days 23 hours", True), ("5 days 1 hour", False)])
def test_a_receiver_that_failed_for_five_days_is_switched_off(place: Place, since: str, on: bool) -> None:
    place.do(f"UPDATE app.webhook_endpoint SET failures = 30, failing_since = now() - interval '{since}' "
             "WHERE workspace_id = :w")  # fmt: skip
    place.receiver.answers = [500]
    place.happen()
    place.send()
    assert place.endpoint().enabled is on
    assert place.endpoint().disabled_reason == (None if on else "failing")


def test_after_its_last_attempt_a_delivery_is_a_dead_letter_and_can_be_replayed(place: Place) -> None:
    place.receiver.answers = [503] * (MOST_ATTEMPTS + 5)
    place.happen()
    for _ in range(MOST_ATTEMPTS + 2):
        place.send()
        place.later()
    (delivery,) = place.deliveries()
    assert (delivery.state, delivery.attempts, delivery.next_attempt_at) == ("dead", MOST_ATTEMPTS, None)
    assert len(place.receiver.received) == MOST_ATTEMPTS
    replay(place, delivery.id)
    place.send()
    (delivery,) = place.deliveries()
    assert (delivery.state, delivery.attempts) == ("waiting", MOST_ATTEMPTS + 1), "its schedule is begun anew"
    place.receiver.answers = []
    place.later()
    place.send()
    (delivery,) = place.deliveries()
    assert (delivery.state, len(place.attempts(delivery))) == ("delivered", MOST_ATTEMPTS + 2)
    assert {one.headers["webhook-id"] for one in place.receiver.received} == {delivery.message}


def test_all_that_was_given_up_since_an_instant_is_replayed_at_once(place: Place) -> None:
    for _ in range(3):
        place.happen()
    with session.tenant(Role.API, workspace_id=place.workspace_id) as connection:
        webhooks.change(connection, place.workspace_id, place.endpoint_id, enabled=False)
        with pytest.raises(Conflict, match="switched off"):
            webhooks.replay_dead(connection, place.workspace_id, place.endpoint_id, datetime.now(UTC))
        webhooks.change(connection, place.workspace_id, place.endpoint_id, enabled=True)
    old = place.deliveries()[-1]
    place.do("UPDATE app.webhook_delivery SET finished_at = now() - interval '1 hour' "
             f"WHERE workspace_id = :w AND id = '{old.id}'")  # fmt: skip
    with session.tenant(Role.API, workspace_id=place.workspace_id) as connection:
        since = datetime.now(UTC) - timedelta(minutes=5)
        assert webhooks.replay_dead(connection, place.workspace_id, place.endpoint_id, since) == 2
    drain()
    assert sorted(one.state for one in place.deliveries()) == ["dead", "delivered", "delivered"]


def test_after_a_rotation_both_secrets_verify_for_a_day(place: Place) -> None:
    with session.tenant(Role.API, workspace_id=place.workspace_id) as connection:
        endpoint, second = webhooks.rotate_secret(connection, place.workspace_id, place.endpoint_id)
    assert endpoint.former_secret_until is not None
    assert timedelta(hours=23) < endpoint.former_secret_until - datetime.now(UTC) <= timedelta(hours=24)
    place.happen()
    place.send()
    assert verified(place.receiver.received[-1], place.secret)
    assert verified(place.receiver.received[-1], second)
    with session.tenant(Role.API, workspace_id=place.workspace_id) as connection:
        _, third = webhooks.rotate_secret(connection, place.workspace_id, place.endpoint_id)
    place.happen()
    place.send()
    assert [bool(verified(place.receiver.received[-1], one)) for one in (place.secret, second, third)] == [
        False, True, True,
    ]  # fmt: skip
    place.do("UPDATE app.webhook_secret SET ends_at = now() - interval '1 second' "
             "WHERE workspace_id = :w AND ends_at IS NOT NULL")  # fmt: skip
    place.happen()
    place.send()
    assert [bool(verified(place.receiver.received[-1], one)) for one in (second, third)] == [False, True]


def test_what_is_older_than_a_month_is_forgotten_unless_it_waits(place: Place) -> None:
    place.receiver.answers = [204, 204, 500]
    for _ in range(3):
        place.happen()
        place.send()
    newest, delivered, _ = (one.id for one in place.deliveries())
    for delivery_id in (newest, delivered):
        place.do("UPDATE app.webhook_message SET created_at = now() - interval '31 days' WHERE id = ("
                 f"SELECT message_id FROM app.webhook_delivery WHERE id = '{delivery_id}')")  # fmt: skip
    forget(0)
    kept = [one.id for one in place.deliveries()]
    assert newest in kept
    assert delivered not in kept
    assert len(kept) == 2


def replay(place: Place, delivery_id: UUID) -> None:
    with session.tenant(Role.API, workspace_id=place.workspace_id) as connection:
        webhooks.replay(connection, place.workspace_id, place.endpoint_id, delivery_id)
