"""What has to be approved goes out in no other form than the one that was, and the record says by whom."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from clientnest.workspaces import WorkspaceRole
from tests.integration.approvals.conftest import LATER, Office, by
from tests.integration.content.conftest import seen


def test_two_levels_in_order_and_then_it_is_scheduled(office: Office) -> None:
    ada, ben = office.hire("Ada"), office.hire("Ben")
    office.policy("required", by(ada), by(ben))
    post = office.desk.write()
    here = f"/posts/{post['id']}"
    refused = office.desk("POST", f"{here}/schedule", {"at": LATER}, If_Match="*")
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal-step")
    assert "submit" in refused.json()["advice"]
    seen(office.desk("POST", f"{here}/schedule", {"at": LATER, "plan_only": True}, If_Match="*"))
    assert office.submit(post, then_schedule=True)["state"] == "in_review"

    assert office.decide(post, "Ben").status_code == 403, "it is not his turn yet"
    first = seen(office.decide(post, "Ada"))
    assert [(one["level"], one["capacity"], one["outcome"]) for one in first["decisions"]] == [(1, "approver", None)]
    assert office.states(post) == ["in_review"]
    assert office.decide(post, "Ada").status_code == 403, "hers is over"
    last = seen(office.decide(post, "Ben", comment="Lovely."))
    assert last["decisions"][0]["outcome"] == "approved"
    assert last["post"]["state"] == "scheduled"

    (found,) = office.rounds(post)
    assert [(one["level"], one["person_id"], one["comment"]) for one in found["decisions"]] == [
        (1, str(ada), ""), (2, str(ben), "Lovely."),
    ]  # fmt: skip
    moves = office.desk("GET", f"{here}/history").json()["items"]
    assert [(one["to_state"], one["actor_id"]) for one in moves[2:]] == [
        ("approved", str(ben)),
        ("scheduled", str(ben)),
    ]
    said = seen(office.desk("GET", "/audit-events", by="admin"))["items"]
    assert [one["action"] for one in said[:3]] == [
        "workspace.post.approved", "workspace.post.approved", "workspace.post.submitted",
    ]  # fmt: skip


def test_an_edit_after_approval_asks_again_and_shows_what_changed(office: Office) -> None:
    ada = office.hire("Ada")
    office.policy("required", by(ada))
    post = office.desk.write(text="Market day")
    seen(office.desk("POST", f"/posts/{post['id']}/schedule", {"at": LATER, "plan_only": True}, If_Match="*"))
    office.submit(post, then_schedule=True)
    seen(office.decide(post, "Ada"))
    edited = office.edit(post, "Market night")
    assert edited["state"] == "in_review"
    assert edited["variants"][0]["schedule"]["local_time"].startswith(LATER), "its time stays as a plan"
    latest, former = office.rounds(post)
    assert (former["outcome"], latest["outcome"], latest["level"]) == ("approved", None, 1)
    assert latest["changes"] == [{"field": "text", "before": "Market day", "after": "Market night"}]
    assert former["changes"] is None
    office.edit(post, "Market morning")  # while it waits
    assert [one["outcome"] for one in office.rounds(post)] == [None, "superseded", "approved"]
    stale = office.decide(post, "Ada", seen=[{"account_id": latest["account_id"], "digest": latest["digest"]}])
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    now = office.rounds(post)[0]
    assert now["changes"] == [{"field": "text", "before": "Market day", "after": "Market morning"}]
    done = seen(office.decide(post, "Ada", seen=[{"account_id": now["account_id"], "digest": now["digest"]}]))
    assert done["post"]["state"] == "scheduled", "as it was before the edit"


def test_another_time_needs_no_approval(office: Office) -> None:
    office.policy("required", by(office.hire("Ada")))
    post = office.desk.write()
    seen(office.desk("POST", f"/posts/{post['id']}/schedule", {"at": LATER, "plan_only": True}, If_Match="*"))
    office.submit(post, then_schedule=True)
    seen(office.decide(post, "Ada"))
    moved = seen(office.desk("POST", f"/posts/{post['id']}/schedule", {"at": "2027-03-02T09:00"}, If_Match="*"))
    assert moved["post"]["state"] == "scheduled"
    assert office.desk("POST", f"/posts/{post['id']}/unschedule", {}, If_Match="*").json()["state"] == "approved"


def test_changes_are_asked_for_in_words_and_the_writer_sends_it_in_again(office: Office) -> None:
    office.policy("required", by(office.hire("Ada")))
    post = office.desk.write()
    office.submit(post)
    silent = office("POST", f"/posts/{post['id']}/request-changes", {"comment": " "}, by="Ada", If_Match="*")
    assert silent.status_code == 422
    seen(office.decide(post, "Ada", changes="Name the place."))
    assert office.states(post) == ["changes_requested"]
    assert office.rounds(post)[0]["decisions"][0]["comment"] == "Name the place."
    office.edit(post, "Market day in Lyon")
    assert office.states(post) == ["changes_requested"]
    office.submit(post)
    assert [one["outcome"] for one in office.rounds(post)] == [None, "changes_requested"]


def test_optional_approval_can_be_asked_for_and_left_alone(office: Office) -> None:
    office.policy("optional", by(office.hire("Ada")))
    post, other = office.desk.write(), office.desk.write()
    assert office.desk("POST", f"/posts/{other['id']}/schedule", {"at": LATER}, If_Match="*").status_code == 200
    office.edit(other, "Other words")
    assert office.states(other) == ["scheduled"]
    office.submit(post)
    seen(office.decide(post, "Ada"))
    office.edit(post, "Other words")
    assert office.states(post) == ["draft"]


def test_where_no_policy_is_nothing_is_sent_in(office: Office) -> None:
    post = office.desk.write()
    refused = office.desk("POST", f"/posts/{post['id']}/submit", {}, If_Match="*")
    assert (refused.status_code, "needs no approval" in refused.json()["detail"]) == (409, True)


def test_what_is_taken_back_waits_for_nobody(office: Office) -> None:
    office.policy("required", by(office.hire("Ada")))
    post = office.desk.write()
    office.submit(post)
    assert len(seen(office("GET", "/reviews", by="Ada"))["items"]) == 1
    assert seen(office.desk("POST", f"/posts/{post['id']}/withdraw", {}, If_Match="*"))["state"] == "draft"
    assert office.rounds(post)[0]["outcome"] == "withdrawn"
    assert seen(office("GET", "/reviews", by="Ada"))["items"] == []
    office.submit(post)
    seen(office.desk("POST", f"/posts/{post['id']}/cancel", {}, If_Match="*"))
    assert office.rounds(post)[0]["outcome"] == "withdrawn", "however it leaves"


def test_nobody_approves_their_own_but_an_owner_may_step_in_and_the_record_says_so(office: Office) -> None:
    boss = office.hire("Boss", WorkspaceRole.ADMIN)
    office.policy("required", by(boss, roles=["approver"]))
    post = seen(office("POST", "/posts", {"variants": [{"account_id": str(office.desk.accounts["x"]), "text": "x"}]},
                       by="Boss"))  # fmt: skip
    office.submit(post)
    office.hire("Ada")
    assert office.rounds(post)[0]["waiting"]["people"] == [str(office.named["Ada"])]
    assert seen(office("GET", "/reviews", by="Boss"))["items"] == []
    assert [one["capacity"] for one in seen(office("GET", "/reviews?in_place=true", by="Boss"))["items"]] == [
        "in_place"
    ]
    made = seen(office.decide(post, "Boss"))["decisions"][0]
    assert made["capacity"] == "in_place"
    assert "in place of" in made["note"]
    assert (
        office.desk("GET", f"/posts/{post['id']}/history")
        .json()["items"][-1]["reason"]
        .startswith("approved in place of")
    )


@pytest.mark.parametrize("gone", ["DELETE FROM app.membership WHERE person_id = :p",
                                  "UPDATE app.membership SET role = 'editor' WHERE person_id = :p"])  # fmt: skip
def test_who_was_just_removed_or_is_something_else_now_approves_nothing(office: Office, gone: str) -> None:
    ada = office.hire("Ada")
    office.policy("required", by(ada))
    post = office.desk.write()
    office.submit(post)
    office.desk.sql(gone, p=ada)
    assert office.decide(post, "Ada").status_code in {403, 404}
    with pytest.raises(Exception, match="for others to decide"):
        office.desk.sql("INSERT INTO app.review_decision (workspace_id, review_id, level, verdict, person_id) "
                        "VALUES (:w, :r, 1, 'approve', :p)", r=UUID(office.rounds(post)[0]["id"]), p=ada)  # fmt: skip
    assert office.rounds(post)[0]["waiting"] == {"people": [], "client_by_link": False, "vacant": True}
    office.hire("Boss", WorkspaceRole.OWNER)
    made = seen(office.decide(post, "Boss"))["decisions"][0]
    assert made["capacity"] == "vacant"
    assert "nobody any more" in made["note"]


def test_of_two_who_decide_at_once_one_counts_and_the_other_is_told(office: Office) -> None:
    names = [f"Reviewer {number}" for number in range(4)]
    for name in names:
        office.hire(name)
    office.policy("required", by(roles=["approver"]), by(roles=["approver"]))
    post = office.desk.write()
    office.submit(post)
    (found,) = office.rounds(post)
    seen_by_all = [{"account_id": found["account_id"], "digest": found["digest"], "level": 1}]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda name: office.decide(post, name, seen=seen_by_all), names))
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    assert "somebody else meanwhile" in next(one for one in answers if one.status_code == 409).json()["detail"]
    assert len(office.rounds(post)[0]["decisions"]) == 1
    seen(office.decide(post, names[0]))
    late = office.decide(post, names[1])
    assert (late.status_code, late.json()["verdict"]) == (409, "approve")


def test_what_waits_comes_page_by_page(office: Office) -> None:
    office.policy("required", by(office.hire("Ada")))
    posts = [office.desk.write() for _ in range(3)]
    for post in posts:
        office.submit(post)
    office.desk("DELETE", f"/posts/{posts[1]['id']}")
    first = seen(office("GET", "/reviews?limit=1", by="Ada"))
    rest = seen(office("GET", f"/reviews?limit=1&cursor={first['next_cursor']}", by="Ada"))
    assert [one["round"]["post_id"] for one in (*first["items"], *rest["items"])] == [posts[0]["id"], posts[2]["id"]]
    assert rest["next_cursor"] is None


def test_a_delegate_decides_for_who_is_away(office: Office) -> None:
    ada, ben = office.hire("Ada"), office.hire("Ben")
    office.hire("Eve", WorkspaceRole.EDITOR)
    office.policy("required", by(ada))
    post = office.desk.write()
    office.submit(post)
    assert office.decide(post, "Ben").status_code == 403
    refused = office("PUT", "/delegations", {"delegate_id": str(office.named["Eve"])}, by="Ada")
    assert (refused.status_code, "may not approve" in refused.json()["detail"]) == (422, True)
    seen(office("PUT", "/delegations", {"delegate_id": str(ben), "ends_at": "2027-01-01T00:00:00Z"}, by="Ada"))
    assert office.rounds(post)[0]["waiting"]["people"] == [str(ben)]
    made = seen(office.decide(post, "Ben"))["decisions"][0]
    assert (made["capacity"], made["behalf_of"]) == ("delegate", str(ada))
    assert office("DELETE", "/delegations", by="Ada").status_code == 204
    office.edit(post, "Again")
    assert office.decide(post, "Ben").status_code == 403
