"""Posts that come again: at their wall-clock time all year, once each, and what somebody did to one stays."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from clientnest.audit import SYSTEM
from clientnest.content import recurring
from clientnest.content.tasks import come_again
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.workspaces.access import nobody_in
from tests.integration.content.conftest import Desk, seen
from tests.integration.content.test_scheduling import PARIS

WEEKLY = {"rule": "FREQ=WEEKLY", "timezone": PARIS}


def _starts() -> str:
    return f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}T09:00"


def _weekly(desk: Desk, post: dict[str, Any]) -> dict[str, Any]:
    return seen(desk("POST", f"/posts/{post['id']}/recurrence", {**WEEKLY, "starts": _starts()}))


def _copies(desk: Desk, made: dict[str, Any]) -> list[dict[str, Any]]:
    """The posts that were made, in the order of time."""
    return [seen(desk("GET", f"/posts/{one['post_id']}")) for one in reversed(made["made"])]


def test_its_posts_keep_their_wall_clock_time_over_both_changes_of_clocks(desk: Desk) -> None:
    post = desk.write("linkedin", text="Every week")
    made = _weekly(desk, post)
    assert made["description"].endswith("at 09:00, Europe/Paris")
    until, now = datetime.now(UTC) + timedelta(days=370), datetime.now(UTC)
    while now < until:
        with session.tenant(Role.API, workspace_id=desk.workspace_id) as connection:
            membership = nobody_in(connection, desk.workspace_id)
            recurring.make(connection, membership, UUID(made["id"]), SYSTEM, now)
        now += timedelta(days=20)
    rows = desk.sql("SELECT v.local_time, v.scheduled_at, v.state FROM app.recurrence_post r JOIN app.post_variant v "
                    "ON v.post_id = r.post_id WHERE r.workspace_id = :w ORDER BY 1")  # fmt: skip
    assert len(rows) >= 54
    assert {(f"{row.local_time:%H:%M}", row.state) for row in rows} == {("09:00", "scheduled")}
    assert {row.scheduled_at.astimezone(UTC).hour for row in rows} == {7, 8}, "summer and winter"
    apart = [later.local_time - earlier.local_time for earlier, later in pairwise(rows)]
    assert set(apart) == {timedelta(days=7)}


def test_each_is_made_once_whoever_looks_how_often(desk: Desk) -> None:
    made = _weekly(desk, desk.write("linkedin"))
    assert len(made["made"]) == 5
    desk.sql("UPDATE app.recurrence SET made_until = now() WHERE workspace_id = :w")
    come_again(0)
    come_again(0)
    again = seen(desk("GET", f"/posts/{made['post_id']}/recurrence"))
    assert again["made"] == made["made"]


def test_an_edit_reaches_what_nobody_touched_and_nothing_else(desk: Desk) -> None:
    post = desk.write("linkedin", text="Old words")
    made = _weekly(desk, post)
    first, second, *_ = _copies(desk, made)
    account = str(desk.accounts["linkedin"])
    seen(desk("PATCH", f"/posts/{first['id']}", {"title": "Mine"}, If_Match=first["etag"]))
    seen(desk("DELETE", f"/posts/{second['id']}"))
    seen(desk("PATCH", f"/posts/{post['id']}", {"variants": [{"account_id": account, "text": "New words"}]},
              If_Match=post["etag"]))  # fmt: skip
    after = _copies(desk, seen(desk("GET", f"/posts/{post['id']}/recurrence")))
    assert [one["variants"][0]["content"]["text"] for one in after] == ["Old words", "Old words", *["New words"] * 3]
    assert (after[0]["title"], after[1]["trashed_at"] is not None) == ("Mine", True)


def test_another_rule_and_an_end(desk: Desk) -> None:
    post = desk.write("linkedin")
    made = _weekly(desk, post)
    here = f"/posts/{post['id']}/recurrence"
    daily = {"rule": "FREQ=DAILY;INTERVAL=10", "starts": _starts(), "timezone": PARIS}
    assert desk("PUT", here, daily, If_Match='"7"').status_code == 412
    changed = seen(desk("PUT", here, daily, If_Match=made["etag"]))
    assert len(changed["made"]) == 4
    assert len([one for one in desk("GET", "/posts").json()["items"] if one["state"] == "scheduled"]) == 4
    ended = seen(desk("DELETE", here))
    assert (ended["made"], ended["ended_at"] is not None) == ([], True)
    assert [one["id"] for one in desk("GET", "/posts").json()["items"]] == [post["id"]]


def test_what_a_network_would_refuse_is_a_plan_and_says_why(desk: Desk) -> None:
    made = _weekly(desk, desk.write("x", "linkedin", text="long " * 100))
    assert "X allows 280" in made["problem"]
    states = {one["network"]: one["state"] for one in _copies(desk, made)[0]["variants"]}
    assert states == {"x": "draft", "linkedin": "scheduled"}


def test_what_has_to_be_approved_is_sent_to_be(desk: Desk) -> None:
    seen(desk("GET", "/posts", by="approver"))
    seen(desk("POST", "/approval-policies", {"mode": "required", "levels": [{"roles": ["approver"]}]}, by="admin"))
    first = _copies(desk, _weekly(desk, desk.write("linkedin")))[0]
    assert first["state"] == "in_review"
    seen(desk("POST", f"/posts/{first['id']}/approve", {}, by="approver", If_Match=first["etag"]))
    assert seen(desk("GET", f"/posts/{first['id']}"))["state"] == "scheduled"


def test_rules_that_are_none_are_refused_and_a_preview_keeps_nothing(desk: Desk) -> None:
    post = desk.write()
    for rule in ("FREQ=SECONDLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "nonsense"):
        answer = desk("POST", f"/posts/{post['id']}/recurrence", {**WEEKLY, "rule": rule, "starts": _starts()})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.rule")
    shown = seen(desk("POST", "/recurrences/preview", {**WEEKLY, "starts": _starts()}))
    assert len(shown["next"]) == 10
    assert desk("GET", f"/posts/{post['id']}/recurrence").status_code == 404
