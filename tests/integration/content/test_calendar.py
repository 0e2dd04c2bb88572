"""The calendar shows what is planned where people look for it, what is still free, and the days with nothing."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter
from sqlalchemy import event

from api.calendar.schemas import CalendarOut
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from tests.integration.content.conftest import Desk, seen

MARCH = "from=2027-03-01&to=2027-03-31&timezone=Europe/Paris"


def shown(desk: Desk, query: str = MARCH, by: str = "editor") -> dict[str, Any]:
    return seen(desk("GET", f"/calendar?{query}", by=by))


def plan(desk: Desk, at: str, *networks: str, timezone: str = "Europe/Paris", only: bool = False, **more: Any) -> str:
    post = desk.write(*networks, **more)
    body = {"at": at, "timezone": timezone, "plan_only": only}
    seen(desk("POST", f"/posts/{post['id']}/schedule", body, If_Match="*"))
    return str(post["id"])


def test_a_month_shows_what_is_planned_in_the_order_of_time(desk: Desk) -> None:
    late = plan(desk, "2027-03-31T23:59", "linkedin", text="ก" * 300)
    night = plan(desk, "2027-03-28T02:30", "bluesky", "x", only=True)
    early = plan(desk, "2027-03-01T00:00", "linkedin")
    plan(desk, "2027-04-01T00:00")
    plan(desk, "2027-03-01T00:00", timezone="Asia/Tokyo")  # the day before, in Paris
    desk.write(text="No time yet")
    found = shown(desk)
    assert [post["id"] for post in found["posts"]] == [early, night, late]
    assert [post["state"] for post in found["posts"]] == ["scheduled", "draft", "scheduled"]
    bluesky, x = found["posts"][1]["variants"]
    assert (bluesky["network"], x["network"]) == ("bluesky", "x")
    assert (bluesky["local_time"], bluesky["shown"]) == ("2027-03-28T02:30:00", "2027-03-28T03:30:00")
    assert (bluesky["instant"], bluesky["timezone"]) == ("2027-03-28T01:30:00Z", "Europe/Paris")
    (cut,) = found["posts"][2]["variants"]
    assert (cut["excerpt"], cut["text_length"], cut["parts"]) == ("ก" * 200, 300, 1)
    assert (found["starts_at"], found["ends_at"]) == ("2027-02-28T23:00:00Z", "2027-03-31T22:00:00Z")
    one_hour = shown(desk, "from=2027-03-28T01:00:00Z&to=2027-03-28T02:00:00Z")
    assert [post["id"] for post in one_hour["posts"]] == [night]


def test_filters_narrow_what_is_shown(desk: Desk) -> None:
    label, campaign = new_id(), new_id()
    desk.sql("INSERT INTO app.label (workspace_id, id, name, colour) VALUES (:w, :id, 'Spring', '#00ff00')", id=label)
    desk.sql("INSERT INTO app.campaign (workspace_id, id, name) VALUES (:w, :id, 'Harvest')", id=campaign)
    both = plan(desk, "2027-03-02T09:00", "bluesky", "x")
    marked = plan(desk, "2027-03-03T09:00", "x", only=True)
    seen(desk("PATCH", f"/posts/{marked}", {"labels": [str(label)], "campaign_id": str(campaign)}, If_Match="*"))

    def of(query: str) -> list[tuple[str, int]]:
        return [(post["id"], len(post["variants"])) for post in shown(desk, f"{MARCH}&{query}")["posts"]]

    assert of("network=bluesky") == [(both, 1)]
    assert of(f"account_id={desk.accounts['x']}") == [(both, 1), (marked, 1)]
    assert of("state=draft") == [(marked, 1)]
    assert of(f"label_id={label}") == of(f"campaign_id={campaign}") == [(marked, 1)]
    assert of("network=mastodon") == []


def test_media_shows_by_its_first_picture(desk: Desk) -> None:
    media = new_id()
    desk.sql("INSERT INTO app.media (workspace_id, id, state, filename, alt_text, size_bytes, kind, mime_type, width, "
             "height, sha256, stored) VALUES (:w, :id, 'ready', 'a.jpg', 'A gourd', 9, 'image', 'image/jpeg', 4, 3, "
             "sha256('x'), :id)", id=media)  # fmt: skip
    plan(desk, "2027-03-02T09:00", "x", media=[{"media_id": str(media)}])
    plan(desk, "2027-03-03T09:00", "x", media=[{"media_id": str(media), "alt_text": "A lantern"}])
    first, second = (post["variants"][0] for post in shown(desk)["posts"])
    assert (first["media_id"], first["media_alt"], second["media_alt"]) == (str(media), "A gourd", "A lantern")


def test_slots_are_free_until_something_takes_them(desk: Desk) -> None:
    slots = f"/accounts/{desk.accounts['x']}/slots"
    for at in ("02:30", "12:00"):
        seen(desk("POST", slots, {"weekday": 6, "local_time": at, "timezone": "Europe/Paris"}, by="admin"))
    taken = plan(desk, "2027-03-21T12:00", "x")
    free = shown(desk)["free_slots"]
    assert [one["local_time"] for one in free] == [
        f"2027-03-{day:02}T{at}:00" for day in (7, 14, 21, 28) for at in (("03:30" if day == 28 else "02:30"), "12:00")
        if (day, at) != (21, "12:00")
    ]  # fmt: skip
    seen(desk("POST", f"/posts/{taken}/cancel", {}, If_Match="*"))
    assert len(shown(desk)["free_slots"]) == len(free) + 1
    assert shown(desk, f"{MARCH}&network=bluesky")["free_slots"] == []
    assert shown(desk, "from=2025-03-01&to=2025-03-31")["free_slots"] == [], "what has passed is not free"


def test_days_with_nothing_are_gaps(desk: Desk) -> None:
    plan(desk, "2027-03-10T23:30", "x", timezone="UTC")  # the 11th, in Paris
    cancelled = plan(desk, "2027-03-20T09:00", "x")
    seen(desk("POST", f"/posts/{cancelled}/cancel", {}, If_Match="*"))
    gaps = shown(desk)["gaps"]
    assert {one["account_id"] for one in gaps} == {str(one) for one in desk.accounts.values()}
    of_x = [(one["first"], one["last"], one["days"]) for one in gaps if one["account_id"] == str(desk.accounts["x"])]
    assert of_x == [("2027-03-01", "2027-03-10", 10), ("2027-03-12", "2027-03-31", 20)]
    elsewhere = shown(desk, "from=2027-03-10&to=2027-03-11&network=x")
    assert [(one["first"], one["last"]) for one in elsewhere["gaps"]] == [("2027-03-11", "2027-03-11")]


def test_clients_see_what_was_sent_to_them_and_no_plans(desk: Desk) -> None:
    post = plan(desk, "2027-03-02T09:00", "bluesky", "x", only=True)
    seen(desk("POST", f"/accounts/{desk.accounts['x']}/slots", {"weekday": 6, "local_time": "09:00"}, by="admin"))
    assert shown(desk, by="client")["posts"] == []
    desk.sql("UPDATE app.post_variant SET state = 'in_review' WHERE post_id = :id AND account_id = :a", id=UUID(post),
             a=desk.accounts["x"])  # fmt: skip
    found = shown(desk, by="client")
    assert [(one["state"], [v["network"] for v in one["variants"]]) for one in found["posts"]] == [("in_review", ["x"])]
    assert (found["free_slots"], found["gaps"]) == ([], [])
    seen(desk("DELETE", f"/posts/{post}"))
    assert shown(desk)["posts"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2027-01-01&to=2027-06-01", "query.to"),
        ("from=2027-03-02&to=2027-03-01", "query.to"),
        ("from=2027-03-01&timezone=Mars/Olympus", "query.timezone"),
        ("from=yesterday", "query.from"),
        ("from=1700000000", "query.from"),
        ("from=2027-03-01T09:00:00", "query.from"),
        ("from=9999-12-31", "query.from"),
        ("from=2027-02-30", "query.from"),
        ("state=lost", "query.state"),
    ],
)
def test_what_is_no_period_is_refused_with_its_field(desk: Desk, query: str, field: str) -> None:
    answer = desk("GET", f"/calendar?{query}")
    assert answer.status_code == 422, answer.text
    assert any(one["field"].startswith(field) for one in answer.json()["errors"]) or answer.json()["field"] == field


def test_more_than_anybody_could_look_through_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in (1, 2):
        plan(desk, f"2027-03-0{day}T09:00")
    monkeypatch.setattr("clientnest.content.calendar.MOST_SHOWN", 1)
    assert desk("GET", f"/calendar?{MARCH}").status_code == 422


def test_a_calendar_takes_as_many_queries_for_much_as_for_little(desk: Desk) -> None:
    def queries() -> int:
        asked: list[str] = []
        listener = lambda *given: asked.append(given[2])  # noqa: E731
        event.listen(session.engine(Role.API), "before_cursor_execute", listener)
        shown(desk)
        event.remove(session.engine(Role.API), "before_cursor_execute", listener)
        return len(asked)

    plan(desk, "2027-03-01T09:00")
    shown(desk)
    few = queries()
    for day in range(2, 12):
        plan(desk, f"2027-03-{day:02}T09:00", "bluesky", "x", "linkedin")
    assert queries() == few


def test_the_answer_is_what_its_schema_says(desk: Desk) -> None:
    plan(desk, "2027-03-28T02:30", "bluesky", "x")
    seen(desk("POST", f"/accounts/{desk.accounts['x']}/slots", {"weekday": 6, "local_time": "09:00"}, by="admin"))
    written = desk("GET", f"/calendar?{MARCH}").content
    adapter = TypeAdapter(CalendarOut)
    assert adapter.dump_json(adapter.validate_json(written)) == written
