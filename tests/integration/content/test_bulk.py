"""Many posts from one file: every row is told what is wrong with it, and all are made, or none."""

import csv
import io
from typing import Any

import httpx
import openpyxl
import pytest

from clientnest.ids import new_id
from tests.integration.api.operations import headers_of
from tests.integration.content.conftest import Desk, seen

COLUMNS = ("date", "time", "timezone", "text", "account", "network", "link", "labels", "media", "campaign",
           "first_comment")  # fmt: skip


def written(*rows: dict[str, str]) -> bytes:
    out = io.StringIO()
    made = csv.DictWriter(out, COLUMNS)
    made.writeheader()
    made.writerows(
        {"date": "2027-03-28", "time": "09:00", "network": "bluesky", "text": "Market", **row} for row in rows
    )
    return out.getvalue().encode()


def send(desk: Desk, file: bytes, name: str = "posts.csv", by: str = "editor", **fields: str) -> httpx.Response:
    desk("GET", "/posts?limit=1", by=by)  # makes the person
    return desk.client.post(
        f"/v1/workspaces/{desk.workspace_id}/posts/bulk", files={"file": (name, file)}, data=fields,
        headers={**headers_of(desk.people[by]), **({"Idempotency-Key": fields.pop("key")} if "key" in fields else {})},
    )  # fmt: skip


def rows_of(desk: Desk, *tables: str) -> list[int]:
    return [desk.sql(f"SELECT count(*) AS n FROM app.{table} WHERE workspace_id = :w")[0].n for table in tables]


def test_a_dry_run_tells_what_would_be_and_makes_nothing(desk: Desk) -> None:
    answer = send(
        desk,
        written({"time": "02:30", "timezone": "Europe/Paris", "text": "ก" * 250}, {"account": "@ACME", "network": "x"}),
    )
    assert answer.status_code == 200, answer.text
    first, second = answer.json()["rows"]
    assert (first["row"], first["network"], first["account_id"]) == (2, "bluesky", str(desk.accounts["bluesky"]))
    assert first["instant"] == "2027-03-28T01:30:00Z"
    assert "pass over 02:30" in first["note"]
    assert first["excerpt"] == "ก" * 200
    assert (second["network"], second["timezone"]) == ("x", "UTC")
    assert answer.json()["problems"] == []
    assert rows_of(desk, "post", "audit_event") == [0, 0]


def test_every_row_is_told_all_that_is_wrong_with_it(desk: Desk) -> None:
    stranger = str(new_id())
    file = written(
        {}, {"account": "nobody"}, {"account": "acme", "network": ""}, {"network": ""},
        {"network": "linkedin", "account": "acme"}, {"labels": "Spring", "campaign": "Harvest"}, {"media": stranger},
        {"media": "https://example.com/a.jpg"},
        {"network": "x", "text": "x" * 300}, {"date": "2020-01-01"}, {"timezone": "Mars/Olympus"},
    )  # fmt: skip
    told = send(desk, file).json()
    assert [one["row"] for one in told["rows"]] == [2, 6]
    problems: dict[int, list[dict[str, Any]]] = {}
    for one in told["problems"]:
        problems.setdefault(one["row"], []).append(one)
    assert {row: [one["column"] for one in found] for row, found in problems.items()} == {
        3: ["account"], 4: ["account"], 5: ["account"], 7: ["labels", "campaign"], 8: ["media"], 9: ["media"],
        10: ["text"], 11: ["date"], 12: ["timezone"],
    }  # fmt: skip
    assert "4 accounts" in problems[4][0]["message"]
    assert "280" in problems[10][0]["message"]
    assert all(one["advice"] for found in problems.values() for one in found)


def test_with_one_bad_row_nothing_is_made(desk: Desk) -> None:
    answer = send(desk, written({}, {"account": "nobody"}), dry_run="false")
    assert answer.status_code == 422
    assert "1 row cannot be used" in answer.json()["detail"]
    assert [one["row"] for one in answer.json()["problems"]] == [3]
    assert rows_of(desk, "post", "audit_event", "post_revision") == [0, 0, 0]


def test_all_rows_become_posts_as_if_each_had_been_written_and_scheduled(desk: Desk) -> None:
    label, campaign, media = new_id(), new_id(), new_id()
    desk.sql("INSERT INTO app.label (workspace_id, id, name, colour) VALUES (:w, :id, 'Spring', '#00ff00')", id=label)
    desk.sql("INSERT INTO app.campaign (workspace_id, id, name) VALUES (:w, :id, 'Harvest')", id=campaign)
    desk.sql("INSERT INTO app.media (workspace_id, id, state, filename, alt_text, size_bytes, kind, mime_type, width, "
             "height, sha256, stored) VALUES (:w, :id, 'ready', 'a.jpg', 'A gourd', 9, 'image', 'image/jpeg', 40, 30, "
             "sha256('x'), :id)", id=media)  # fmt: skip
    full = {"time": "02:30", "timezone": "Europe/Paris", "text": "Zwei\nZeilen", "labels": "SPRING, spring",
            "campaign": "harvest", "media": str(media), "first_comment": "More"}  # fmt: skip
    answer = send(desk, written(full, {"network": "linkedin", "link": "https://example.com/a"}), dry_run="false")
    assert answer.status_code == 201, answer.text
    done = answer.json()
    assert (done["created"], done["scheduled"], done["waiting_for_approval"]) == (2, 2, 0)
    post = seen(desk("GET", f"/posts/{done['posts'][0]}"))
    (variant,) = post["variants"]
    assert (post["state"], post["labels"], post["campaign_id"]) == ("scheduled", [str(label)], str(campaign))
    assert variant["content"]["text"] == "Zwei\nZeilen"
    assert variant["content"]["media"][0]["media_id"] == str(media)
    assert variant["content"]["first_comment"] == "More"
    second = seen(desk("GET", f"/posts/{done['posts'][1]}"))["variants"][0]
    assert (second["network"], second["content"]["link"]) == ("linkedin", "https://example.com/a")
    assert (variant["schedule"]["local_time"], variant["schedule"]["instant"]) == (
        "2027-03-28T02:30:00", "2027-03-28T01:30:00Z",
    )  # fmt: skip
    history = desk("GET", f"/posts/{post['id']}/history").json()["items"]
    assert [(one["to_state"], one["actor_id"], one["reason"]) for one in history] == [
        (state, str(desk.people["editor"]), "bulk") for state in ("draft", "scheduled")
    ]
    (revision,) = desk("GET", f"/posts/{post['id']}/revisions").json()["items"]
    assert f"variants.{desk.accounts['bluesky']}" in revision["changed"]
    events = desk.sql("SELECT kind, payload FROM app.event WHERE workspace_id = :w")
    assert [(one.kind, one.payload) for one in events] == [("post.bulk_created", {"posts": 2, "scheduled": 2})]
    assert rows_of(desk, "audit_event", "variant_media", "post_search") == [1, 1, 2]
    changed = seen(desk("PATCH", f"/posts/{post['id']}", {"title": "Edited"}, If_Match=post["etag"]))
    assert changed["revision"] == 2
    assert [one["id"] for one in desk("GET", "/posts?q=zeilen").json()["items"]] == [post["id"]]


def test_what_has_to_be_approved_gets_its_time_and_waits(desk: Desk) -> None:
    policy, marked = new_id(), new_id()
    desk.sql("INSERT INTO app.label (workspace_id, id, name, colour) VALUES (:w, :id, 'Legal', '#00ff00')", id=marked)
    desk.sql("INSERT INTO app.approval_policy (workspace_id, id, label_id, mode) VALUES (:w, :id, :label, 'required')",
             id=policy, label=marked)  # fmt: skip
    done = send(desk, written({"labels": "legal"}, {"network": "x"}), dry_run="false").json()
    assert (done["created"], done["scheduled"], done["waiting_for_approval"]) == (2, 1, 1)
    states = [seen(desk("GET", f"/posts/{one}"))["variants"][0] for one in done["posts"]]
    assert [(one["state"], one["schedule"] is not None) for one in states] == [("draft", True), ("scheduled", True)]


def test_dates_in_two_orders_are_asked_about(desk: Desk) -> None:
    file = written({"date": "03/04/2027"})
    told = send(desk, file).json()
    assert (told["rows"], told["question"]["mdy"], told["question"]["dmy"]) == ([], "2027-03-04", "2027-04-03")
    refused = send(desk, file, dry_run="false")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.date_order")
    assert send(desk, file, date_order="dmy").json()["rows"][0]["local_time"] == "2027-04-03T09:00:00"


def test_what_is_there_already_is_told(desk: Desk) -> None:
    file = written({}, {}, {"time": "10:00"})
    twice = send(desk, file).json()["warnings"]
    assert [(one["row"], "Row 2" in one["message"]) for one in twice] == [(3, True)]
    assert send(desk, file, dry_run="false").status_code == 201
    again = send(desk, file).json()["warnings"]
    assert [one["row"] for one in again if "already" in one["message"]] == [2, 3, 4]


def test_the_same_request_again_makes_nothing_more(desk: Desk) -> None:
    file, key = written({}), new_id().hex
    first, second = (send(desk, file, dry_run="false", key=key) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert rows_of(desk, "post") == [1]


def test_a_spreadsheet_is_read_as_well(desk: Desk) -> None:
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in (("Date", "Time", "Text", "Network"), ("2027-03-28", "09:00", "市场", "bluesky")):
        sheet.append(row)
    book.save(out)
    assert send(desk, out.getvalue(), "posts.xlsx").json()["rows"][0]["excerpt"] == "市场"


@pytest.mark.parametrize(
    ("file", "fields"),
    [
        (b"", {}), (b"a,b\n1,2\n", {}), (b"\x89PNG\r\n\x1a\n" + b"x" * 100, {}), (written({}), {"timezone": "Nowhere"}),
        (written({}), {"date_order": "ymd"}), (written({}), {"unknown": "x"}), (written({}), {"dry_run": "perhaps"}),
        (written(), {"dry_run": "false"}),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(desk: Desk, file: bytes, fields: dict[str, str]) -> None:
    answer = send(desk, file, **fields)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    assert rows_of(desk, "post") == [0]


def test_who_may_not_write_posts_sends_nothing(desk: Desk) -> None:
    assert send(desk, written({}), by="approver").status_code == 403
    template = desk("GET", "/posts/bulk/template", by="approver")
    assert template.status_code == 200
    assert template.headers["content-type"].startswith("text/csv")
    told = send(desk, template.content).json()
    assert {one["column"] for one in told["problems"]} == {"labels", "campaign", "account", "media"}


@pytest.mark.timeout(120)
def test_five_thousand_rows_are_one_transaction(desk: Desk) -> None:
    file = written(
        *({"text": f"Number {number}", "time": f"{number % 24:02}:{number % 60:02}"} for number in range(5_000))
    )
    done = send(desk, file, dry_run="false")
    assert done.json()["scheduled"] == 5_000
    assert len(done.content) < 256 * 1024, "small enough to be kept for the same request again"
    assert rows_of(desk, "post", "variant_transition", "post_revision", "event", "audit_event") == [
        5_000, 10_000, 5_000, 1, 1,
    ]  # fmt: skip
    assert len(desk("GET", "/posts?limit=200&q=number").json()["items"]) == 200
