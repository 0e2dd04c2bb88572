"""Comments: who reads them, who may change them, who is told; nobody speaks with another's voice."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from clientnest import tasks
from clientnest.audit import Actor, ActorKind
from clientnest.content import commenting, comments
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from clientnest.workspaces import Membership, Workspace, WorkspaceRole
from tests.integration.api.operations import headers_of
from tests.integration.content.conftest import Desk, seen

HARD = "กำลัง 👨‍👩‍👧‍👦🇪🇺 بِسْمِ क्षि e\u0301\u200d\u202e @[Ada](person:x) \r\n "


@pytest.fixture
def post(desk: Desk) -> dict[str, Any]:
    """A post that clients see on X, and not on Bluesky."""
    made = desk.write("x", "bluesky")
    for role in ("editor", "admin", "approver", "analyst", "client"):
        desk("GET", "", by=role)  # everybody is there
    desk.sql("UPDATE app.post_variant SET state = 'in_review' WHERE post_id = :id AND account_id = :a",
             id=UUID(made["id"]), a=desk.accounts["x"])  # fmt: skip
    return {**made, "comments": f"/posts/{made['id']}/comments"}


def say(desk: Desk, post: dict[str, Any], words: str = "Well?", *, by: str = "editor", **more: Any) -> dict[str, Any]:
    return seen(desk("POST", post["comments"], {"text": words, **more}, by=by))


def read(desk: Desk, post: dict[str, Any], by: str = "editor") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk("GET", post["comments"], by=by).json()["items"]
    return found


def told(desk: Desk, by: str) -> list[tuple[str, str]]:
    """What somebody was notified of, after the worker had its turn."""
    tasks.run_worker(wait=False)
    answer = desk.client.get("/v1/me/notifications", headers=headers_of(desk.people[by]))
    return [(one["kind"], one["title"]) for one in answer.json()["items"]]


def test_a_comment_is_kept_to_the_letter_in_the_order_of_talk(desk: Desk, post: dict[str, Any]) -> None:
    first = say(desk, post, HARD, account_id=str(desk.accounts["x"]))
    answer = say(desk, post, "So?", by="admin", parent_id=first["id"])
    third = say(desk, post, "And?", parent_id=answer["id"])
    assert third["parent_id"] == answer["parent_id"] == first["id"], "an answer to an answer joins its thread"
    assert third["account_id"] == first["account_id"] == str(desk.accounts["x"])
    assert [one["text"] for one in read(desk, post)] == [HARD, "So?", "And?"]
    assert (first["internal"], first["author_kind"], first["author_name"]) == (True, "person", "editor")
    page = desk("GET", f"{post['comments']}?limit=2").json()
    rest = desk("GET", f"{post['comments']}?limit=2&cursor={page['next_cursor']}").json()
    assert [one["id"] for one in page["items"] + rest["items"]] == [first["id"], answer["id"], third["id"]]
    assert rest["next_cursor"] is None
    other = desk.write()["id"]
    assert desk("GET", f"/posts/{other}/comments?cursor={page['next_cursor']}").status_code == 422
    assert desk("GET", f"/posts/{other}/comments/{first['id']}").status_code == 404


def test_what_cannot_be_said_is_refused(desk: Desk, post: dict[str, Any]) -> None:
    first, other = say(desk, post), desk.write("linkedin")
    for body, status in (
        ({"text": " \n"}, 422), ({"text": "x" * 10_001}, 422),
        ({"text": "x", "account_id": str(desk.accounts["linkedin"])}, 404),
        ({"text": "x", "parent_id": str(new_id())}, 404),
        ({"text": "x", "parent_id": first["id"], "account_id": str(desk.accounts["x"])}, 422),
        ({"text": "x", "parent_id": first["id"], "internal": False}, 422),
        ({"text": "x", "mentions": [str(new_id())]}, 404),
    ):  # fmt: skip
        assert desk("POST", post["comments"], body).status_code == status, body
    assert desk("POST", f"/posts/{other['id']}/comments", {"text": "x", "parent_id": first["id"]}).status_code == 404
    desk("DELETE", f"/posts/{other['id']}")
    assert desk("POST", f"/posts/{other['id']}/comments", {"text": "x"}).status_code == 409
    assert len(read(desk, post)) == 1


def test_clients_read_what_is_for_them_and_nothing_they_say_is_hidden(desk: Desk, post: dict[str, Any]) -> None:
    say(desk, post, "Between us")
    shown = say(desk, post, "For you", internal=False)
    say(desk, post, "What you do not see yet", internal=False, account_id=str(desk.accounts["bluesky"]))
    say(desk, post, "About the client", parent_id=shown["id"])
    on_x = say(desk, post, "On what you see", internal=False, account_id=str(desk.accounts["x"]))
    mine = say(desk, post, "Nice", by="client", parent_id=shown["id"])
    assert mine["internal"] is False
    assert [one["text"] for one in read(desk, post, by="client")] == ["For you", "On what you see", "Nice"]
    assert len(read(desk, post)) == 6
    for hidden in [one for one in read(desk, post) if one["id"] not in {shown["id"], on_x["id"], mine["id"]}]:
        for method, path, body in (
            ("GET", f"/{hidden['id']}", None), ("PATCH", f"/{hidden['id']}", {"text": "x"}),
            ("DELETE", f"/{hidden['id']}", None), ("POST", f"/{hidden['id']}/resolve", None),
            ("POST", "", {"text": "x", "parent_id": hidden["id"]}),
        ):  # fmt: skip
            answer = desk(method, post["comments"] + path, body, by="client", If_Match="*")
            assert answer.status_code == 404, (method, path)
    assert desk("POST", post["comments"], {"text": "x", "internal": True}, by="client").status_code == 422
    desk.sql("UPDATE app.post_variant SET state = 'draft' WHERE post_id = :id", id=UUID(post["id"]))
    assert desk("GET", post["comments"], by="client").status_code == 404


def test_a_comment_is_changed_by_its_author_alone(desk: Desk, post: dict[str, Any]) -> None:
    made = say(desk, post, by="approver")
    here = f"{post['comments']}/{made['id']}"
    for by in ("editor", "admin"):
        assert desk("PATCH", here, {"text": "Mine"}, by=by, If_Match="*").status_code == 403
    assert desk("PATCH", here, {"text": "x"}, by="approver").status_code == 428
    assert seen(desk("PATCH", here, {"text": made["text"]}, by="approver", If_Match="*"))["edited_at"] is None
    changed = seen(desk("PATCH", here, {"text": "Better"}, by="approver", If_Match=made["etag"]))
    assert (changed["text"], changed["edited_at"] is not None) == ("Better", True)
    assert desk("PATCH", here, {"text": "Late"}, by="approver", If_Match=made["etag"]).status_code == 412


def test_a_deleted_comment_keeps_its_place_and_nothing_else(desk: Desk, post: dict[str, Any]) -> None:
    first = say(desk, post, "Secret", mentions=[str(desk.people["admin"])])
    answer = say(desk, post, "Oh", by="approver", parent_id=first["id"])
    here = f"{post['comments']}/{first['id']}"
    assert desk("DELETE", here, by="approver").status_code == 403
    assert desk("DELETE", here).status_code == 204
    assert desk("DELETE", here).status_code == 204
    gone, kept = read(desk, post)
    assert (gone["text"], gone["mentions"], gone["deleted_at"] is not None) == ("", [], True)
    assert (kept["text"], kept["parent_id"]) == ("Oh", first["id"])
    assert desk("PATCH", here, {"text": "Back"}, If_Match="*").status_code == 409
    assert desk("DELETE", f"{post['comments']}/{answer['id']}", by="admin").status_code == 204
    assert [one["text"] for one in read(desk, post)] == ["", ""]
    actions = [one["action"] for one in desk("GET", "/audit-events", by="admin").json()["items"]]
    assert actions.count("workspace.comment.deleted") == 2


def test_a_thread_is_resolved_as_a_whole_and_opened_again(desk: Desk, post: dict[str, Any]) -> None:
    first = say(desk, post)
    answer = say(desk, post, parent_id=first["id"])
    refused = desk("POST", f"{post['comments']}/{answer['id']}/resolve")
    assert (refused.status_code, refused.json()["thread_id"]) == (409, first["id"])
    here = f"{post['comments']}/{first['id']}"
    done = seen(desk("POST", f"{here}/resolve", by="approver"))
    assert (done["resolved_by"], done["resolved_at"] is not None) == (str(desk.people["approver"]), True)
    assert seen(desk("POST", f"{here}/resolve"))["etag"] == done["etag"], "twice is as once"
    assert seen(desk("POST", f"{here}/reopen"))["resolved_at"] is None
    events = desk.sql("SELECT kind FROM app.event WHERE workspace_id = :w AND kind LIKE 'comment.%' ORDER BY sequence")
    assert [row.kind.removeprefix("comment.") for row in events] == ["written", "written", "resolved", "reopened"]


def test_who_is_mentioned_and_who_wrote_before_is_told_once(desk: Desk, post: dict[str, Any]) -> None:
    people = {role: str(person) for role, person in desk.people.items()}
    first = say(desk, post, by="approver")
    say(desk, post, by="analyst", parent_id=first["id"])
    say(desk, post, by="admin")  # another thread
    mentions = [people["analyst"], people["admin"], people["editor"]]
    last = say(desk, post, parent_id=first["id"], mentions=mentions)
    mentioned, answered = ("comment.mentioned", "comment.answered")
    here = "a post in"
    assert [kind for kind, _ in told(desk, "analyst")] == [mentioned]
    assert [kind for kind, _ in told(desk, "approver")] == [answered, answered]
    ((kind, title),) = told(desk, "admin")
    assert (kind, title.startswith(f"editor mentioned you on {here}")) == (mentioned, True)
    assert told(desk, "editor") == [], "nobody is told of what they say themselves"
    path = f"{post['comments']}/{last['id']}"
    seen(desk("PATCH", path, {"mentions": [*mentions, people["approver"]]}, If_Match="*"))
    seen(desk("PATCH", path, {"text": "Again"}, If_Match="*"))
    assert [kind for kind, _ in told(desk, "approver")] == [mentioned, answered, answered]
    assert [kind for kind, _ in told(desk, "admin")] == [mentioned], "who was mentioned before hears nothing anew"
    subject = desk.client.get("/v1/me/notifications", headers=headers_of(desk.people["admin"])).json()["items"][0]
    assert subject["subject"] == {"type": "post", "id": post["id"]}


def test_clients_are_told_of_what_they_may_read_only(desk: Desk, post: dict[str, Any]) -> None:
    client = str(desk.people["client"])
    for body in (
        {"mentions": [client]}, {"mentions": [client], "internal": False, "account_id": str(desk.accounts["bluesky"])},
    ):  # fmt: skip
        answer = desk("POST", post["comments"], {"text": "x", **body})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.mentions")
    first = say(desk, post, "Nice", by="client")
    say(desk, post, "Not for them", parent_id=first["id"])
    assert told(desk, "client") == []
    say(desk, post, "For them", parent_id=first["id"], internal=False)
    assert [kind for kind, _ in told(desk, "client")] == ["comment.answered"]
    say(desk, post, "And you?", internal=False, mentions=[client])
    desk.sql("UPDATE app.post_variant SET state = 'draft' WHERE post_id = :id", id=UUID(post["id"]))
    assert [kind for kind, _ in told(desk, "client")] == ["comment.answered"], "the post is theirs to see no more"


def test_who_left_and_who_chose_not_to_is_not_told(desk: Desk, post: dict[str, Any]) -> None:
    channels = {"comments": {"in_app": False, "email": "never"}}
    answer = desk.client.put(
        "/v1/me/notification-preferences", headers=headers_of(desk.people["admin"]),
        json={"workspaces": [{"workspace_id": str(desk.workspace_id), "categories": channels}]},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    gone = say(desk, post, mentions=[str(desk.people[role]) for role in ("admin", "analyst", "approver")])
    desk("DELETE", f"{post['comments']}/{gone['id']}")
    assert told(desk, "approver") == [], "it was deleted before anybody heard of it"
    say(desk, post, mentions=[str(desk.people[role]) for role in ("admin", "analyst")])
    desk.sql("DELETE FROM app.membership WHERE workspace_id = :w AND person_id = :p", p=desk.people["analyst"])
    assert told(desk, "admin") == []
    rows = desk.sql("SELECT 1 FROM app.notification WHERE workspace_id = :w")
    assert rows == []


def test_no_event_or_letter_of_ours_holds_what_was_said(desk: Desk, post: dict[str, Any]) -> None:
    say(desk, post, "Confidential", mentions=[str(desk.people["admin"])])
    tasks.run_worker(wait=False)
    for table in ("event", "notification", "audit_event"):
        rows = desk.sql(f"SELECT found::text AS said FROM app.{table} AS found WHERE workspace_id = :w")
        assert rows
        assert not [row for row in rows if "Confidential" in row.said]
    (may_read,) = desk.sql("SELECT has_column_privilege('clientnest_worker', 'app.comment', 'text', 'SELECT') AS text")
    assert may_read.text is False


def test_programs_speak_for_themselves_and_links_as_clients(desk: Desk, post: dict[str, Any]) -> None:
    scopes = ["content.read", "content.comment"]
    keys = [seen(desk("POST", "/api-keys", {"name": name, "scopes": scopes}, by="admin")) for name in ("Bot", "Other")]
    first, other = ({"Authorization": f"Bearer {key['key']}"} for key in keys)
    here = f"/v1/workspaces/{desk.workspace_id}{post['comments']}"
    made = seen(desk.client.post(here, json={"text": "Built", "mentions": [str(desk.people["editor"])]}, headers=first))
    assert (made["author_kind"], made["author_name"], made["internal"]) == ("api_key", None, True)
    assert told(desk, "editor")[0][1].startswith("Somebody mentioned you")
    for headers, status in ((other, 403), (headers_of(desk.people["editor"]), 403), (first, 200)):
        answer = desk.client.patch(f"{here}/{made['id']}", json={"text": "x"}, headers={**headers, "If-Match": "*"})
        assert answer.status_code == status
    assert desk.client.delete(f"{here}/{made['id']}", headers=other).status_code == 403

    link = Actor(ActorKind.CLIENT_LINK, new_id())
    visitor = Membership(Workspace(desk.workspace_id, "", "", "UTC", False), None, WorkspaceRole.CLIENT)
    with session.tenant(Role.API, workspace_id=desk.workspace_id) as connection:
        said = commenting.write(connection, visitor, link, UUID(post["id"]), "Nice")
        assert comments.comments(connection, visitor, UUID(post["id"])).items == (said,)
    assert (said.author_kind, said.author_id, said.internal) == (ActorKind.CLIENT_LINK, link.id, False)


def speak(desk: Desk, statement: str, person: UUID, **given: Any) -> None:
    """A statement of the API's role, as somebody."""
    with session.tenant(Role.API, workspace_id=desk.workspace_id, person_id=person) as connection:
        connection.execute(text(statement), {"w": desk.workspace_id, **given})


FORGE = "UPDATE app.comment SET text = 'Approved!' WHERE id = :id"
SIGN = (
    "INSERT INTO app.comment (workspace_id, id, post_id, parent_id, text, internal, author_kind, author_id) "
    "VALUES (:w, :id, :post, :parent, 'x', false, 'person', :author)"
)


def test_no_statement_puts_words_into_somebody_elses_mouth(desk: Desk, post: dict[str, Any]) -> None:
    made = say(desk, post)
    comment, editor, admin = UUID(made["id"]), desk.people["editor"], desk.people["admin"]
    for column, value in (("author_id", f"'{admin}'"), ("internal", "false"), ("created_at", "now()"),
                          ("post_id", f"'{post['id']}'"), ("parent_id", "NULL")):  # fmt: skip
        with pytest.raises(ProgrammingError, match="permission denied"):
            speak(desk, f"UPDATE app.comment SET {column} = {value} WHERE id = :id", editor, id=comment)
    with pytest.raises(ProgrammingError, match="permission denied"):
        speak(desk, "DELETE FROM app.comment", editor)
    with pytest.raises(IntegrityError, match="words of its author"):
        speak(desk, FORGE, admin, id=comment)
    forged = {"id": new_id(), "post": UUID(post["id"]), "parent": None, "author": editor}
    with pytest.raises(IntegrityError, match="words of its author"):
        speak(desk, SIGN, admin, **forged)
    with pytest.raises(IntegrityError, match="for no more readers"):
        speak(desk, SIGN, editor, **{**forged, "parent": comment})
    desk("DELETE", f"{post['comments']}/{made['id']}")
    with pytest.raises(IntegrityError, match="stays deleted"):
        speak(desk, "UPDATE app.comment SET deleted_at = NULL WHERE id = :id", editor, id=comment)
    assert [one["text"] for one in read(desk, post)] == [""]


def test_the_test_above_notices_when_the_guard_is_gone(desk: Desk, post: dict[str, Any]) -> None:
    made = say(desk, post)
    desk.sql("ALTER TABLE app.comment DISABLE TRIGGER guard")
    try:
        speak(desk, FORGE, desk.people["admin"], id=UUID(made["id"]))
    finally:
        desk.sql("ALTER TABLE app.comment ENABLE TRIGGER guard")
    assert [one["text"] for one in read(desk, post)] == ["Approved!"]
