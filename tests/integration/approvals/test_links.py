"""Clients look at a post by a link, without signing in: they see what waits of it, decide, and see nothing else."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.testclient import TestClient

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.mail import outbox
from tests.integration.approvals.conftest import LATER, Office, by
from tests.integration.content.conftest import seen


def link(office: Office, post: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A new link to a post, for Clara."""
    return seen(office.desk("POST", f"/posts/{post['id']}/review-links", {"name": "Clara", **more}))


def ask(office: Office, secret: str, what: str = "", body: Any = None, *, at: str = "testclient") -> httpx.Response:
    """What somebody without a login asks, from an address."""
    method = "GET" if body is None else "POST"
    client = TestClient(office.desk.client.app, client=(at, 50000))
    return client.request(method, f"/v1/review-links/{secret}{what}", json=body)


def what_is_seen(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [{name: one[name] for name in ("account_id", "digest", "level")} for one in page["variants"]]


def test_a_client_asks_for_a_change_by_a_link_and_then_approves(office: Office) -> None:
    office.policy("required", by(office.hire("Ada")), by(client_by_link=True))
    post = office.desk.write("bluesky", "x", text="Market day", options={"secret": "of the team"})
    seen(office.desk("POST", f"/posts/{post['id']}/schedule", {"at": LATER, "plan_only": True}, If_Match="*"))
    made = link(office, post)
    assert made["address"].endswith(f"/review#token={made['secret']}")
    assert seen(ask(office, made["secret"]))["variants"] == [], "nothing was sent in yet"
    office.submit(post, accounts=[str(office.desk.accounts["x"])], then_schedule=True)

    early = seen(ask(office, made["secret"]))
    assert [(one["network"], one["yours"]) for one in early["variants"]] == [("x", False)]
    refused = ask(office, made["secret"], "/approve", {"seen": what_is_seen(early)})
    assert (refused.status_code, "Others" in refused.json()["detail"]) == (409, True)
    seen(office.decide(post, "Ada", comment="Not for the client."))

    shown = ask(office, made["secret"])
    assert shown.headers["cache-control"] == "no-store"
    assert "of the team" not in shown.text
    assert "Not for the client" not in shown.text
    assert "Of tests" not in shown.text, "the title is the team's"
    page = shown.json()
    assert (page["name"], page["variants"][0]["parts"][0]["text"]) == ("Clara", "Market day")
    assert page["variants"][0]["schedule"]["local_time"].startswith(LATER)
    changes = {"seen": what_is_seen(page), "comment": "Name the place."}
    done = seen(ask(office, made["secret"], "/request-changes", changes))
    assert done["outcomes"] == {str(office.desk.accounts["x"]): "changes_requested"}
    again = seen(ask(office, made["secret"]))
    assert (again["variants"], again["said"][0]["comment"]) == ([], "Name the place.")
    assert ask(office, made["secret"], "/approve", {"seen": what_is_seen(page)}).status_code == 409

    office.edit(post, "Market day in Lyon", "x")
    office.submit(post, accounts=[str(office.desk.accounts["x"])], then_schedule=True)
    seen(office.decide(post, "Ada"))
    now = what_is_seen(seen(ask(office, made["secret"])))
    assert ask(office, made["secret"], "/approve", {"seen": what_is_seen(page)}).status_code == 412, "an old form"
    assert seen(ask(office, made["secret"], "/approve", {"seen": now}))["outcomes"]
    assert office.states(post) == ["draft", "scheduled"]
    decisions = office.rounds(post)[0]["decisions"]
    assert [(one["capacity"], one["link_name"]) for one in decisions] == [("approver", None), ("client_link", "Clara")]
    last = office.desk("GET", f"/posts/{post['id']}/history").json()["items"][-1]
    assert (last["actor_kind"], last["actor_id"]) == ("client_link", made["id"])
    told = seen(office.desk("GET", "/audit-events", by="admin"))["items"][0]
    assert (told["action"], told["actor_kind"], told["actor_id"]) == (
        "workspace.post.approved", "client_link", made["id"],
    )  # fmt: skip


def test_links_that_open_nothing_are_answered_alike(office: Office) -> None:
    office.policy("required", by(client_by_link=True))
    post, trashed = office.desk.write(), office.desk.write()
    office.submit(post)
    kinds = {kind: link(office, post) for kind in ("good", "revoked", "expired")} | {"trashed": link(office, trashed)}
    page = seen(ask(office, kinds["good"]["secret"]))
    here = f"/posts/{post['id']}/review-links"
    for _ in range(2):
        assert office.desk("DELETE", f"{here}/{kinds['revoked']['id']}").status_code == 204
    office.desk.sql("UPDATE app.review_link SET expires_at = now() - interval '1 second' WHERE id = :id",
                    id=UUID(kinds["expired"]["id"]))  # fmt: skip
    office.desk("DELETE", f"/posts/{trashed['id']}")
    secrets = [kinds[kind]["secret"] for kind in ("revoked", "expired", "trashed")] + ["cnr_unknown", "x" * 200]
    body = {"seen": what_is_seen(page)}
    answers = [ask(office, secret) for secret in secrets]
    answers += [ask(office, secret, "/approve", body) for secret in secrets]
    assert {one.status_code for one in answers} == {404}
    assert len({one.json()["detail"] for one in answers}) == 1
    listed = seen(office.desk("GET", here))["items"]
    assert [one["revoked_at"] is not None for one in listed] == [False, True, False]
    assert all("secret" not in one and "address" not in one for one in listed)
    assert listed[2]["last_used_at"] is not None


def test_a_link_decides_about_its_own_post_only(office: Office) -> None:
    office.policy("required", by(client_by_link=True))
    post, other = office.desk.write(), office.desk.write("x")
    for one in (post, other):
        office.submit(one)
    mine, theirs = link(office, post), seen(ask(office, link(office, other)["secret"]))
    assert ask(office, mine["secret"], "/approve", {"seen": what_is_seen(theirs)}).status_code == 409
    with pytest.raises(Exception, match="for others to decide"):
        office.desk.sql(
            "INSERT INTO app.review_decision (workspace_id, review_id, level, verdict, link_id) VALUES "
            "(:w, :r, 1, 'approve', :l)", r=UUID(office.rounds(other)[0]["id"]), l=UUID(mine["id"]),
        )  # fmt: skip
    assert office.states(other) == ["in_review"]


def test_who_tries_many_secrets_is_slowed_down_and_nobody_else_is(office: Office) -> None:
    office.desk.sql("DELETE FROM app.rate_counter")
    made = link(office, office.desk.write())
    told = [ask(office, f"cnr_{number}", at="198.51.100.7").status_code for number in range(52)]
    assert told == [404] * 50 + [429] * 2
    assert ask(office, made["secret"], at="198.51.100.7").status_code == 429, "not even the right one"
    assert [ask(office, made["secret"], at="203.0.113.9").status_code for _ in range(60)] == [200] * 60


def test_a_link_goes_by_letter_to_whom_it_is_for(office: Office) -> None:
    made = link(office, office.desk.write(), email="Clara@Acme.example", expires_in_days=3)
    assert made["email"] == "clara@acme.example"
    with session.tenant(Role.IDENTITY) as connection:
        letter = outbox(connection, limit=1)[0]
    assert (letter.kind, letter.recipient) == ("review_link", "clara@acme.example")
    assert made["address"] in letter.text
    assert "3 days" in letter.text
    told = office.desk("POST", f"/posts/{made['post_id']}/review-links", {"name": "x", "email": "not an address"})
    assert told.status_code == 422
