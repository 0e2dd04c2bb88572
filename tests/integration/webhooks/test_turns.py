"""One process sends to an endpoint at a time; what a dead one had begun is sent once more, and nothing is lost."""

import os
import subprocess
import threading
import time

import pytest
from sqlalchemy import text

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from clientnest.webhooks.schedule import MOST_ATTEMPTS
from clientnest.webhooks.sending import Outcome
from clientnest.webhooks.settling import settle
from clientnest.webhooks.tasks import wake_overdue
from clientnest.webhooks.turns import INTERRUPTED, next_errand
from tests.integration.webhooks.conftest import Place
from tests.services.processes import PROGRAM, drain


def test_what_a_killed_worker_was_sending_is_sent_once_more_under_the_same_id(place: Place) -> None:
    place.receiver.hold.clear()
    place.tell()
    worker = subprocess.Popen([PROGRAM, "worker"], env=os.environ.copy())
    assert place.receiver.busy.wait(60), "the worker never came to the receiver"
    worker.kill()
    worker.wait()
    place.receiver.hold.set()
    (delivery,) = place.deliveries()
    assert (delivery.state, delivery.attempts) == ("waiting", 1)

    place.send()
    assert len(place.receiver.received) == 1, "its turn is not over yet"
    _lease_runs_out(place)
    wake_overdue(0)
    drain()
    (delivery,) = place.deliveries()
    assert (delivery.state, delivery.attempts) == ("delivered", 2)
    first, second = place.attempts(delivery)
    assert (first.problem, first.status, second.status) == (INTERRUPTED, None, 204)
    assert [one.headers["webhook-id"] for one in place.receiver.received] == [delivery.message] * 2
    assert place.endpoint().failing_since is None, "it was no fault of the receiver's"


def test_two_workers_never_send_to_an_endpoint_at_once_and_what_comes_meanwhile_is_not_lost(place: Place) -> None:
    place.receiver.hold.clear()
    place.happen()
    first = threading.Thread(target=place.send)
    first.start()
    assert place.receiver.busy.wait(30)
    place.happen()
    begun = time.monotonic()
    place.send()
    assert time.monotonic() - begun < 5, "who finds the turn taken does not wait for it"
    assert len(place.receiver.received) == 1
    place.receiver.hold.set()
    first.join(30)
    assert [one.state for one in place.deliveries()] == ["delivered", "delivered"]
    assert (len(place.receiver.received), place.receiver.at_once) == (2, 1)


def test_who_was_taken_for_dead_and_comes_back_changes_nothing(place: Place) -> None:
    place.happen()
    late, next_one = new_id(), new_id()
    with session.tenant(Role.WORKER, workspace_id=place.workspace_id) as connection:
        errand = next_errand(connection, place.workspace_id, place.endpoint_id, late)
    assert errand is not None
    _lease_runs_out(place)
    with session.tenant(Role.WORKER, workspace_id=place.workspace_id) as connection:
        again = next_errand(connection, place.workspace_id, place.endpoint_id, next_one)
    assert again is not None
    assert (again.delivery_id, again.message_id, again.number) == (errand.delivery_id, errand.message_id, 2)
    with session.tenant(Role.WORKER, workspace_id=place.workspace_id) as connection:
        assert not settle(connection, errand, Outcome(10, 410, "gone"))
        assert settle(connection, again, Outcome(10, 204))
    assert place.endpoint().enabled
    assert [one.state for one in place.deliveries()] == ["delivered"]


def test_an_interrupted_last_attempt_is_not_made_again(place: Place) -> None:
    place.happen()
    place.do(f"UPDATE app.webhook_delivery SET tries = {MOST_ATTEMPTS - 1} WHERE workspace_id = :w")
    with session.tenant(Role.WORKER, workspace_id=place.workspace_id) as connection:
        assert next_errand(connection, place.workspace_id, place.endpoint_id, new_id())
    _lease_runs_out(place)
    place.send()
    assert [(one.state, one.problem) for one in place.deliveries()] == [("dead", INTERRUPTED)]
    assert place.receiver.received == []


def test_a_turn_that_has_lasted_long_enough_leaves_the_rest_to_another(place: Place) -> None:
    place.happen()
    with session.tenant(Role.WORKER) as connection:
        connection.execute(text("DELETE FROM queue.procrastinate_jobs WHERE task_name = 'webhooks.send_due'"))
    with session.tenant(Role.WORKER, workspace_id=place.workspace_id) as connection:
        assert next_errand(connection, place.workspace_id, place.endpoint_id, new_id(), goes_on=False) is None
    assert place.receiver.received == []
    drain()
    assert [one.state for one in place.deliveries()] == ["delivered"]


def test_a_wake_up_call_that_was_lost_costs_a_minute_and_no_delivery(place: Place) -> None:
    place.happen()
    with session.tenant(Role.WORKER) as connection:
        connection.execute(text("DELETE FROM queue.procrastinate_jobs WHERE task_name = 'webhooks.send_due'"))
    wake_overdue(0)
    drain()
    assert place.receiver.received == [], "it is not overdue yet"
    place.later()
    wake_overdue(0)
    drain()
    assert [one.state for one in place.deliveries()] == ["delivered"]


def test_a_receiver_that_does_not_answer_is_asked_now_and_then_only(place: Place) -> None:
    place.receiver.answers = [500] * 20
    for _ in range(12):
        place.happen()
    place.send()
    assert len(place.receiver.received) == 5
    place.send()
    assert len(place.receiver.received) == 5
    place.do("UPDATE app.webhook_endpoint SET not_before = now() WHERE workspace_id = :w")
    place.receiver.answers = []
    place.send()
    assert len(place.receiver.received) == 12, "once it answers, all that is due follows"


@pytest.mark.parametrize("role", [Role.API, Role.DASHBOARDS, Role.ETL])
def test_nobody_but_the_worker_reads_a_signing_secret(place: Place, role: Role) -> None:
    with (
        session.tenant(role, workspace_id=place.workspace_id) as connection,
        pytest.raises(Exception, match="permission denied"),
    ):
        connection.execute(text("SELECT sealed_secret FROM app.webhook_secret"))


def test_a_secret_is_not_stored_as_it_is_shown(place: Place) -> None:
    ((sealed,),) = place.rows("SELECT sealed_secret FROM app.webhook_secret WHERE workspace_id = :w")
    assert place.secret.encode() not in bytes(sealed)


def _lease_runs_out(place: Place) -> None:
    place.do("UPDATE app.webhook_endpoint SET turn_until = now() - interval '1 second' WHERE workspace_id = :w")
    place.do("UPDATE app.webhook_delivery SET next_attempt_at = now() - interval '1 minute' "
             "WHERE workspace_id = :w AND state = 'waiting'")  # fmt: skip
