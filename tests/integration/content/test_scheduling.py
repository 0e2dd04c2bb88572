"""When posts go out: wall-clock times through every night of the year, slots, and moves that are seen."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from clientnest.content.replanning import follow_zones
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.zones import VERSION
from tests.integration.content.conftest import Desk, seen

PARIS = "Europe/Paris"


def nights() -> tuple[str, str]:
    """The next nights on which clocks in Paris pass over 02:30, and show it twice."""
    year = datetime.now(UTC).year + 1
    last_sundays = []
    for month in (3, 10):
        day = datetime(year, month, 31, tzinfo=UTC)
        last_sundays.append(f"{day - timedelta(days=(day.weekday() + 1) % 7):%Y-%m-%d}")
    return last_sundays[0], last_sundays[1]


def schedule(desk: Desk, post: dict[str, Any], **body: Any) -> dict[str, Any]:
    return seen(desk("POST", f"/posts/{post['id']}/schedule", body, If_Match="*"))


def test_a_time_that_clocks_pass_over_comes_later_and_says_so(desk: Desk) -> None:
    spring, _ = nights()
    done = schedule(desk, desk.write(), at=f"{spring}T02:30", timezone=PARIS)
    plan = done["post"]["variants"][0]["schedule"]
    assert plan["local_time"] == f"{spring}T02:30:00"
    assert plan["shown"] == f"{spring}T03:30:00"
    assert plan["instant"] == f"{spring}T01:30:00Z"
    assert "pass over 02:30" in done["notes"][0]


def test_of_a_time_that_comes_twice_either_can_be_meant(desk: Desk) -> None:
    _, autumn = nights()
    first = schedule(desk, desk.write(), at=f"{autumn}T02:30", timezone=PARIS)
    second = schedule(desk, desk.write(), at=f"{autumn}T02:30", timezone=PARIS, fold=1)
    instants = [one["post"]["variants"][0]["schedule"]["instant"] for one in (first, second)]
    assert instants == [f"{autumn}T00:30:00Z", f"{autumn}T01:30:00Z"]
    assert "twice" in first["notes"][0]


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"at": "2020-01-01T09:00"}, "body.at", "is past"),
        ({"at": "2200-01-01T09:00"}, "body.at", "days ahead"),
        ({"at": "2027-03-01T09:00", "timezone": "Mars/Olympus"}, "body.timezone", "Unknown time zone"),
        ({"at": "2027-03-01T09:00+01:00"}, "body.at", "no offset"),
        ({"at": "2027-02-29T09:00"}, "body.at", ""),
        ({"at": "2027-03-01T09:00", "next_slot": True}, "body", "either"),
        ({}, "body", "either"),
    ],
)
def test_times_that_cannot_be_are_refused_by_name(desk: Desk, body: Any, field: str, said: str) -> None:
    post = desk.write()
    answer = desk("POST", f"/posts/{post['id']}/schedule", body, If_Match="*")
    assert answer.status_code == 422
    problem = answer.json()
    fields = [one["field"] for one in problem["errors"]] or [problem.get("field")]
    assert fields[0] is not None
    assert fields[0].startswith(field), problem
    assert said in str(problem)
    assert seen(desk("GET", f"/posts/{post['id']}"))["variants"][0]["schedule"] is None


def test_a_second_editor_who_moves_a_post_is_seen_by_the_first(desk: Desk) -> None:
    post = desk.write("x")
    schedule(desk, post, at="2027-03-01T09:00", timezone=PARIS)
    opened = seen(desk("GET", f"/posts/{post['id']}"))
    here = f"/posts/{post['id']}"
    seen(desk("POST", f"{here}/schedule", {"at": "2027-03-02T10:00", "timezone": PARIS}, by="admin",
              If_Match=opened["etag"]))  # fmt: skip
    refused = desk("PATCH", here, {"title": "Mine"}, If_Match=opened["etag"])
    assert refused.status_code == 412
    assert refused.json()["changed"] == [f"variants.{desk.accounts['x']}.schedule"]


def test_two_who_take_the_next_slot_at_once_are_given_two(desk: Desk) -> None:
    account = desk.accounts["bluesky"]
    for weekday in range(7):
        seen(desk("POST", f"/accounts/{account}/slots", {"weekday": weekday, "local_time": "09:00"}, by="admin"))
    posts = [desk.write() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda post: schedule(desk, post, next_slot=True), posts))
    instants = {one["post"]["variants"][0]["schedule"]["instant"] for one in taken}
    assert len(instants) == 6
    assert all(one["post"]["variants"][0]["schedule"]["in_slot"] for one in taken)
    seen(desk("POST", f"/posts/{posts[0]['id']}/cancel", {}, If_Match="*"))
    again = schedule(desk, desk.write(), next_slot=True)["post"]["variants"][0]["schedule"]["instant"]
    assert again == taken[0]["post"]["variants"][0]["schedule"]["instant"], "what was given up is free again"


def test_without_slots_there_is_none_to_take(desk: Desk) -> None:
    answer = desk("POST", f"/posts/{desk.write()['id']}/schedule", {"next_slot": True}, If_Match="*")
    assert answer.status_code == 409
    assert "no queue slots" in answer.json()["detail"]


def test_what_is_taken_off_the_calendar_is_what_it_was(desk: Desk) -> None:
    draft, approved = desk.write(), desk.write()
    desk.sql("UPDATE app.post_variant SET state = 'approved' WHERE post_id = :id", id=UUID(approved["id"]))
    for post, state in ((draft, "draft"), (approved, "approved")):
        schedule(desk, post, at="2027-03-01T09:00")
        back = seen(desk("POST", f"/posts/{post['id']}/unschedule", {}, If_Match="*"))["variants"][0]
        assert (back["state"], back["schedule"]) == (state, None)


def test_a_plan_has_its_place_and_does_not_go_out(desk: Desk) -> None:
    planned = schedule(desk, desk.write(), at="2027-03-01T09:00", plan_only=True)["post"]["variants"][0]
    assert (planned["state"], planned["schedule"]["local_time"]) == ("draft", "2027-03-01T09:00:00")


def test_what_a_network_would_refuse_is_not_scheduled_and_not_cut(desk: Desk) -> None:
    long = "long " * 100
    post = desk.write("x", "linkedin", text=long)
    answer = desk("POST", f"/posts/{post['id']}/schedule", {"at": "2027-03-01T09:00"}, If_Match="*")
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "unpublishable"
    assert [(one["network"], one["rule"], one["limit"]) for one in problem["violations"]] == [
        ("x", "text-too-long", 280)
    ]
    now = seen(desk("GET", f"/posts/{post['id']}"))
    assert {one["state"] for one in now["variants"]} == {"draft"}, "all of them or none"
    assert {one["content"]["text"] for one in now["variants"]} == {long}
    schedule(desk, post, at="2027-03-01T09:00", accounts=[str(desk.accounts["linkedin"])])


def test_schedules_follow_the_rules_of_their_zones(desk: Desk) -> None:
    moved, same = desk.write(), desk.write()
    for post in (moved, same):
        schedule(desk, post, at="2027-07-01T09:00", timezone=PARIS)
    desk.sql("UPDATE app.post_variant SET tz_version = '2020a', scheduled_at = scheduled_at - interval '1 hour' "
             "WHERE post_id = :id", id=UUID(moved["id"]))  # fmt: skip
    desk.sql("UPDATE app.post_variant SET tz_version = '2020a' WHERE post_id = :id", id=UUID(same["id"]))
    found = desk.sql("SELECT app.planned_with_other_zones(:version) AS id", version=VERSION)
    assert desk.workspace_id in {row.id for row in found}
    with session.tenant(Role.WORKER, workspace_id=desk.workspace_id) as connection:
        assert follow_zones(connection, desk.workspace_id, datetime.now(UTC)) == 1
    plan = seen(desk("GET", f"/posts/{moved['id']}"))["variants"][0]["schedule"]
    assert (plan["local_time"], plan["instant"]) == ("2027-07-01T09:00:00", "2027-07-01T07:00:00Z")
    assert desk.workspace_id not in {
        row.id for row in desk.sql("SELECT app.planned_with_other_zones(:version) AS id", version=VERSION)
    }
    logged = desk("GET", "/audit-events?action=workspace.post.moved_with_zone", by="admin").json()["items"]
    assert len(logged) == 1
