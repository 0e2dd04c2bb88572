"""Labels and campaigns: each name once, counted as its reader sees posts, and gone without taking posts along."""

from typing import Any
from uuid import UUID

import pytest

from clientnest.content import naming
from clientnest.ids import new_id
from tests.integration.content.conftest import Desk, seen

KINDS = pytest.mark.parametrize("kind", ["labels", "campaigns"])


def make(desk: Desk, kind: str, name: str, **more: Any) -> dict[str, Any]:
    return seen(desk("POST", f"/{kind}", {"name": name, **more}))


@KINDS
def test_a_name_is_there_once_whatever_its_case(desk: Desk, kind: str) -> None:
    first = make(desk, kind, "  Märkte\u00a0\n 🌽 ")
    assert first["name"] == "Märkte 🌽"
    other = make(desk, kind, "Other")
    for same in ("märkte 🌽", "MÄRKTE 🌽", "Ma\u0308rkte 🌽"):
        assert desk("POST", f"/{kind}", {"name": same}).status_code == 409
        answer = desk("PATCH", f"/{kind}/{other['id']}", {"name": same})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "body.name")
    assert seen(desk("PATCH", f"/{kind}/{first['id']}", {"name": "MÄRKTE 🌽"}))["name"] == "MÄRKTE 🌽"
    assert [one["name"] for one in desk("GET", f"/{kind}").json()["items"]] == ["MÄRKTE 🌽", "Other"]
    # The last one becomes twice as long when it is composed.
    longest = {"labels": 60, "campaigns": 120}[kind]
    for unusable in ("", " \n ", "x" * (longest + 1), "gpj.\u202eexe", "\u0958" * longest):
        assert desk("POST", f"/{kind}", {"name": unusable}).status_code == 422


@KINDS
def test_of_two_who_rename_at_once_the_second_is_told(desk: Desk, kind: str) -> None:
    made = make(desk, kind, "Spring")
    here = f"/{kind}/{made['id']}"
    changed = seen(desk("PATCH", here, {"name": "Summer"}, If_Match=made["etag"]))
    assert desk("PATCH", here, {"name": "Autumn"}, If_Match=made["etag"]).status_code == 412
    assert seen(desk("GET", here))["etag"] == changed["etag"]


def test_labels_are_counted_as_their_reader_sees_posts_and_leave_them_alone(desk: Desk) -> None:
    label, unused = make(desk, "labels", "Spring", colour="#16A34A"), make(desk, "labels", "Unused")
    assert (label["colour"], label["posts"]) == ("#16a34a", 0)
    posts = [desk.write() for _ in range(3)]
    for post in posts:
        seen(desk("PATCH", f"/posts/{post['id']}", {"labels": [label["id"]]}, If_Match="*"))
    desk("DELETE", f"/posts/{posts[2]['id']}")
    desk.sql("UPDATE app.post_variant SET state = 'in_review' WHERE post_id = :id", id=UUID(posts[0]["id"]))
    for by, count in (("editor", 2), ("client", 1)):
        found = {one["id"]: one["posts"] for one in desk("GET", "/labels", by=by).json()["items"]}
        assert found == {label["id"]: count, unused["id"]: 0}
        assert seen(desk("GET", f"/labels/{label['id']}", by=by))["posts"] == count
    assert desk("DELETE", f"/labels/{label['id']}").status_code == 204
    assert desk("GET", f"/labels/{label['id']}").status_code == 404
    kept = seen(desk("GET", f"/posts/{posts[0]['id']}"))
    assert (kept["labels"], kept["variants"][0]["content"]["text"]) == ([], "Market day")


def test_campaigns_have_days_and_leave_their_posts_alone(desk: Desk) -> None:
    made = make(desk, "campaigns", "Harvest", starts_on="2026-09-01", ends_on="2026-10-31")
    here = f"/campaigns/{made['id']}"
    for body in ({"ends_on": "2026-08-31"}, {"starts_on": "2026-11-01"}, {"starts_on": "2026-02-30"}):
        assert desk("PATCH", here, body).status_code == 422
    assert desk("POST", "/campaigns", {"name": "x", "starts_on": "2026-09-02", "ends_on": "2026-09-01"}).is_client_error
    changed = seen(desk("PATCH", here, {"starts_on": None}))
    assert (changed["starts_on"], changed["ends_on"]) == (None, "2026-10-31")
    seen(desk("PATCH", here, {"ends_on": "2026-08-31"}))
    post = desk.write()
    seen(desk("PATCH", f"/posts/{post['id']}", {"campaign_id": made["id"]}, If_Match="*"))
    assert seen(desk("GET", here))["posts"] == 1
    assert desk("GET", "/campaigns", by="client").json()["items"][0]["posts"] == 0
    make(desk, "campaigns", "Later", starts_on="2027-01-01")
    make(desk, "campaigns", "Sooner", starts_on="2026-12-01")
    assert [one["name"] for one in desk("GET", "/campaigns").json()["items"]] == ["Harvest", "Later", "Sooner"]
    assert desk("DELETE", here).status_code == 204
    assert seen(desk("GET", f"/posts/{post['id']}"))["campaign_id"] is None


@pytest.mark.parametrize("table", ["label", "campaign", "template"])
def test_there_is_an_end_to_them(desk: Desk, table: str) -> None:
    more = {"label": "colour", "campaign": "starts_on", "template": "text"}[table]
    value = {"label": "#000000", "campaign": None, "template": ""}[table]
    for number in range(naming.MOST):
        desk.sql(f"INSERT INTO app.{table} (workspace_id, id, name, {more}) VALUES (:w, :id, :name, :value)",
                 id=new_id(), name=f"{number}", value=value)  # fmt: skip
    answer = desk("POST", f"/{table}s", {"name": "One more"})
    assert (answer.status_code, "at most 500" in answer.json()["detail"]) == (409, True)


def test_the_audit_log_tells_what_became_of_them(desk: Desk) -> None:
    made = make(desk, "labels", "Spring")
    desk("PATCH", f"/labels/{made['id']}", {"name": "Summer"})
    desk("DELETE", f"/labels/{made['id']}")
    told = desk("GET", "/audit-events", by="admin").json()["items"]
    assert [one["action"] for one in told if one["object_id"] == made["id"]] == [
        "workspace.label.deleted", "workspace.label.changed", "workspace.label.created",
    ]  # fmt: skip
