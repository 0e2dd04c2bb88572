"""Posts change without anybody's work being lost: two people at once, earlier forms, the trash."""

from uuid import UUID

from clientnest.ids import new_id
from tests.integration.content.conftest import Desk, seen

HARD = "กำลัง 👨‍👩‍👧‍👦🇪🇺 بِسْمِ क्षि e\u0301\u200d\u202e  \r\n "


def text_of(post: dict[str, object], place: int = 0) -> str:
    return post["variants"][place]["content"]["text"]  # type: ignore[index, no-any-return]


def test_texts_of_all_the_world_are_kept_to_the_letter(desk: Desk) -> None:
    thread = [{"text": HARD * 2, "media": []}]
    made = desk.write("bluesky", text=HARD, first_comment=HARD, thread=thread, options={"tags": [HARD]})
    again = seen(desk("GET", f"/posts/{made['id']}"))
    content = again["variants"][0]["content"]
    assert (content["text"], content["first_comment"]) == (HARD, HARD)
    assert content["thread"] == thread
    assert content["options"] == {"tags": [HARD]}
    assert again["state"] == "draft"


def test_half_of_a_pair_is_refused_with_its_place(desk: Desk) -> None:
    body = b'{"variants": [{"account_id": "%s", "text": "fine \\ud83d"}]}' % str(desk.accounts["x"]).encode()
    desk.write()
    answer = desk.client.post(
        f"/v1/workspaces/{desk.workspace_id}/posts", content=body,
        headers={**_headers(desk), "Content-Type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "character 6" in answer.json()["errors"][0]["message"]


def _headers(desk: Desk) -> dict[str, str]:
    from tests.integration.api.operations import headers_of

    return headers_of(desk.people["editor"])


def test_of_two_who_save_at_once_the_second_learns_what_the_first_changed(desk: Desk) -> None:
    post = desk.write("bluesky", "x")
    here, account = f"/posts/{post['id']}", str(desk.accounts["x"])
    first = seen(desk("PATCH", here, {"variants": [{"account_id": account, "text": "Theirs"}]}, by="admin",
                      If_Match=post["etag"]))  # fmt: skip
    refused = desk("PATCH", here, {"title": "Mine"}, If_Match=post["etag"])
    assert refused.status_code == 412
    details = refused.json()
    assert details["code"] == "stale"
    assert details["changed"] == [f"variants.{account}.text"]
    assert details["changed_by"] == str(desk.people["admin"])
    assert (details["decided_on"], details["revision"]) == (1, 2)
    merged = seen(desk("PATCH", here, {"title": "Mine"}, If_Match=first["etag"]))
    assert (merged["title"], text_of(merged, 1)) == ("Mine", "Theirs")


def test_a_change_says_what_it_was_decided_on(desk: Desk) -> None:
    post = desk.write()
    for answer in (
        desk("PATCH", f"/posts/{post['id']}", {"title": "x"}),
        desk("POST", f"/posts/{post['id']}/schedule", {"at": "2027-01-01T09:00"}),
    ):
        assert answer.status_code == 428
        assert answer.json()["code"] == "precondition-required"
    assert seen(desk("PATCH", f"/posts/{post['id']}", {"title": "Knowingly"}, If_Match="*"))["title"] == "Knowingly"


def test_what_changes_nothing_makes_no_revision(desk: Desk) -> None:
    post = desk.write()
    same = seen(desk("PATCH", f"/posts/{post['id']}", {"title": post["title"]}, If_Match=post["etag"]))
    assert same["etag"] == post["etag"]


def test_any_earlier_form_can_be_taken_again(desk: Desk) -> None:
    post = desk.write("bluesky", "x", text="First")
    here = f"/posts/{post['id']}"
    bluesky, x, linkedin = (str(desk.accounts[one]) for one in ("bluesky", "x", "linkedin"))
    changed = seen(desk("PATCH", here, {
        "title": "Second", "removed_accounts": [x],
        "variants": [{"account_id": bluesky, "text": "Second"}, {"account_id": linkedin, "text": "New"}],
    }, If_Match=post["etag"]))  # fmt: skip
    listed = desk("GET", f"{here}/revisions").json()["items"]
    assert [one["number"] for one in listed] == [2, 1]
    assert listed[0]["changed"] == sorted(
        ["title", f"variants.{bluesky}.text", f"variants.{x}", f"variants.{linkedin}"]
    )
    assert listed[0]["actor_id"] == str(desk.people["editor"])
    old = desk("GET", f"{here}/revisions/1").json()
    assert old["contents"][x]["text"] == "First"
    back = seen(desk("POST", f"{here}/revisions/1/restore", If_Match=changed["etag"]))
    assert {one["account_id"]: one["content"]["text"] for one in back["variants"]} == {bluesky: "First", x: "First"}
    assert back["title"] == "Of tests"
    assert desk("GET", f"{here}/revisions").json()["items"][0]["restored_from"] == 1
    assert desk("GET", f"{here}/revisions/9").status_code == 404


def test_the_trash_gives_back_what_it_was_given(desk: Desk) -> None:
    post = desk.write()
    here = f"/posts/{post['id']}"
    desk("POST", f"{here}/schedule", {"at": "2027-03-01T09:00", "timezone": "Europe/Paris"}, If_Match="*")
    gone = seen(desk("DELETE", here))
    assert gone["trashed_at"] is not None
    assert gone["variants"][0]["state"] == "cancelled", "something scheduled must not go out from the trash"
    assert desk("GET", "/posts").json()["items"] == []
    assert [one["id"] for one in desk("GET", "/posts?trashed=true").json()["items"]] == [post["id"]]
    assert desk("PATCH", here, {"title": "x"}, If_Match="*").status_code == 409
    back = seen(desk("POST", f"{here}/restore"))
    assert back["trashed_at"] is None
    assert text_of(back) == "Market day"


def test_what_lay_in_the_trash_for_a_month_is_gone_but_never_what_a_network_has(desk: Desk) -> None:
    from clientnest.content.tasks import empty_trash

    old, published, fresh = (desk.write()["id"] for _ in range(3))
    desk("POST", f"/posts/{published}/schedule", {"at": "2027-03-01T09:00"}, If_Match="*")
    for state in ("publishing", "published"):
        desk.sql("UPDATE app.post_variant SET state = :state WHERE post_id = :id", state=state, id=UUID(published))
    for post_id in (old, published, fresh):
        seen(desk("DELETE", f"/posts/{post_id}"))
    desk.sql("UPDATE app.post SET trashed_at = now() - interval '31 days' WHERE id IN (:a, :b)", a=UUID(old),
             b=UUID(published))  # fmt: skip
    empty_trash(0)
    left = {str(row.id) for row in desk.sql("SELECT id FROM app.post WHERE workspace_id = :w")}
    assert left == {published, fresh}


def test_what_is_not_the_workspaces_is_named(desk: Desk) -> None:
    def refused(body: dict[str, object]) -> str:
        answer = desk("POST", "/posts", body)
        assert answer.status_code == 404
        return str(answer.json()["detail"])

    account = str(desk.accounts["x"])
    stranger = str(new_id())
    assert stranger in refused({"variants": [{"account_id": stranger}]})
    assert "label" in refused({"labels": [stranger]})
    assert "campaign" in refused({"campaign_id": stranger})
    assert "media" in refused({"variants": [{"account_id": account, "media": [{"media_id": stranger}]}]})


def test_clients_see_what_was_sent_to_be_reviewed_and_nothing_before(desk: Desk) -> None:
    post = desk.write("bluesky", "x")
    here = f"/posts/{post['id']}"
    assert desk("GET", here, by="client").status_code == 404
    assert desk("GET", "/posts", by="client").json()["items"] == []
    desk.sql("UPDATE app.post_variant SET state = 'in_review' WHERE post_id = :id AND account_id = :a",
             id=UUID(post["id"]), a=desk.accounts["x"])  # fmt: skip
    seen_by_client = seen(desk("GET", here, by="client"))
    assert [one["network"] for one in seen_by_client["variants"]] == ["x"]
    assert seen_by_client["state"] == "in_review"
    assert seen(desk("GET", here))["state"] == "draft"


def test_posts_are_found_by_what_they_are_for(desk: Desk) -> None:
    both, one = desk.write("bluesky", "x"), desk.write("x")
    desk("POST", f"/posts/{one['id']}/schedule", {"at": "2027-03-01T09:00"}, If_Match="*")

    def found(query: str) -> list[str]:
        return [post["id"] for post in desk("GET", f"/posts?{query}").json()["items"]]

    assert found("") == [one["id"], both["id"]]
    assert found("network=bluesky") == [both["id"]]
    assert found(f"account_id={desk.accounts['x']}") == [one["id"], both["id"]]
    assert found("state=scheduled") == [one["id"]]
    first = desk("GET", "/posts?limit=1").json()
    assert [post["id"] for post in first["items"]] == [one["id"]]
    assert found(f"limit=1&cursor={first['next_cursor']}") == [both["id"]]
    assert desk("GET", f"/posts?state=draft&cursor={first['next_cursor']}").status_code == 422
