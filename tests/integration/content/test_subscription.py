"""A calendar program reads what the feed's person may see, at the right instants, until the feed ends."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import icalendar
import pytest
from sqlalchemy import text

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from tests.integration.content.conftest import Desk, seen
from tests.integration.content.test_calendar import plan


def made(desk: Desk, by: str = "editor", **filters: Any) -> tuple[str, str]:
    """The address and the id of a new feed."""
    shown = seen(desk("POST", "/calendar-feeds", {"name": "Phone", "filters": filters}, by=by))
    return urlsplit(shown["address"]).path, shown["id"]


def events(desk: Desk, address: str) -> list[icalendar.Event]:
    answer = desk.client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


def test_nights_when_clocks_jump_stand_at_their_instants(desk: Desk) -> None:
    gap = plan(desk, "2027-03-28T02:30", "bluesky", text="Spring, ahead\nof all; 🌽")
    seen(desk("POST", f"/posts/{gap}/schedule", {"at": "2027-10-31T02:30", "timezone": "Europe/Paris", "fold": 1},
              If_Match="*"))  # fmt: skip
    plan(desk, "2027-03-28T02:30", "x", only=True)
    spring, autumn = sorted(events(desk, made(desk)[0]), key=lambda one: one["DTSTART"].dt)
    assert spring["DTSTART"].dt == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert autumn["DTSTART"].dt == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    assert (spring["STATUS"], autumn["STATUS"]) == ("TENTATIVE", "CONFIRMED")
    assert str(autumn["SUMMARY"]) == "Bluesky: Of tests"
    assert "Spring, ahead\nof all; 🌽" in str(autumn["DESCRIPTION"])
    assert str(autumn["UID"]).endswith("@clientnest")


def test_a_program_that_has_it_is_told_so(desk: Desk) -> None:
    plan(desk, "2027-03-28T09:00")
    address, _ = made(desk)
    first = desk.client.get(address)
    assert first.headers["cache-control"] == "private, max-age=300"
    assert first.headers["last-modified"].endswith("GMT")
    known = {"If-None-Match": first.headers["etag"]}
    same = desk.client.get(address, headers=known)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    plan(desk, "2027-03-29T09:00")
    assert desk.client.get(address, headers=known).status_code == 200


def test_it_shows_a_month_back_a_year_ahead_and_the_accounts_chosen(desk: Desk) -> None:
    now = datetime.now(UTC)
    near = plan(desk, f"{now + timedelta(days=300):%Y-%m-%dT%H:%M}", "bluesky", "x")
    plan(desk, f"{now + timedelta(days=400):%Y-%m-%dT%H:%M}")
    for days in (20, 40):
        old = plan(desk, f"{now + timedelta(days=1):%Y-%m-%dT%H:%M}", only=True)
        desk.sql("UPDATE app.post_variant SET scheduled_at = :at WHERE post_id = :id", at=now - timedelta(days=days),
                 id=UUID(old))  # fmt: skip
    assert len(events(desk, made(desk)[0])) == 3
    only_x = events(desk, made(desk, accounts=[str(desk.accounts["x"])])[0])
    variant = desk.sql("SELECT id FROM app.post_variant WHERE post_id = :id AND account_id = :a", id=UUID(near),
                       a=desk.accounts["x"])  # fmt: skip
    assert [str(one["UID"]) for one in only_x] == [f"{variant[0].id}@clientnest"]


def test_a_clients_feed_shows_what_clients_see(desk: Desk) -> None:
    post = plan(desk, "2027-03-28T09:00", "bluesky", "x", only=True)
    address, _ = made(desk, by="client")
    assert events(desk, address) == []
    desk.sql("UPDATE app.post_variant SET state = 'in_review' WHERE post_id = :id AND account_id = :a", id=UUID(post),
             a=desk.accounts["x"])  # fmt: skip
    assert [str(one["SUMMARY"]) for one in events(desk, address)] == ["X: Of tests"]


def test_it_opens_where_the_workspace_asks_for_a_second_factor(desk: Desk) -> None:
    address, _ = made(desk)
    desk.sql("UPDATE app.workspace SET require_second_factor = true WHERE id = :w")
    assert events(desk, address) == []


def _said(answer: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    return {name: value for name, value in body.items() if name not in ("request_id", "instance")}


def test_unknown_revoked_and_left_are_the_same(desk: Desk) -> None:
    revoked, feed_id = made(desk)
    assert desk("DELETE", f"/calendar-feeds/{feed_id}").status_code == 204
    left, _ = made(desk, by="approver")
    assert events(desk, left) == []
    desk.sql("DELETE FROM app.membership WHERE person_id = :p", p=desk.people["approver"])
    answers = [desk.client.get(one) for one in (revoked, left, "/v1/calendar-feeds/cnf_nothing.ics",
                                                "/v1/calendar-feeds/%F0%9F%8C%BD%00.ics")]  # fmt: skip
    assert [one.status_code for one in answers] == [404] * 4
    assert all(_said(one) == _said(answers[0]) for one in answers)


@pytest.mark.parametrize("owed", [True, False])
def test_who_guesses_is_slowed_down_and_who_knows_is_not(desk: Desk, owed: bool) -> None:
    address, _ = made(desk)
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(text("DELETE FROM app.rate_counter"))
    asked = address if owed else f"/v1/calendar-feeds/cnf_{new_id().hex}.ics"
    told = {desk.client.get(asked).status_code for _ in range(55)}
    assert told == ({200} if owed else {404, 429})
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(text("DELETE FROM app.rate_counter"))
