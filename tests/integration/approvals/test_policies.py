"""Which policy holds for which variant, and policies that nobody could approve by."""

from typing import Any

import pytest
from sqlalchemy import text

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from clientnest.workspaces import WorkspaceRole
from tests.integration.approvals.conftest import LATER, Office, by
from tests.integration.content.conftest import seen

ANY = by(client_by_link=True)


def label(office: Office, name: str) -> str:
    label_id = new_id()
    office.desk.sql("INSERT INTO app.label (workspace_id, id, name, colour) VALUES (:w, :id, :name, '#16a34a')",
                    id=label_id, name=name)  # fmt: skip
    return str(label_id)


def holds(office: Office, post: dict[str, Any]) -> list[tuple[str | None, int]]:
    """The mode and the number of levels that the database finds for each variant."""
    found = []
    with session.tenant(Role.API, workspace_id=office.desk.workspace_id) as connection:
        for variant in post["variants"]:
            row = connection.execute(
                text("SELECT mode, jsonb_array_length(levels) AS levels FROM app.approval_policy_of(:w, :v)"),
                {"w": office.desk.workspace_id, "v": variant["id"]},
            ).one_or_none()
            found.append((row.mode, row.levels) if row else (None, 0))
    return found


def test_an_accounts_policy_comes_before_a_labels_and_that_before_the_workspaces(office: Office) -> None:
    lax, strict, stricter = (label(office, name) for name in ("Lax", "Strict", "Stricter"))
    post = office.desk.write("bluesky", "x")
    assert holds(office, post) == [(None, 0), (None, 0)]
    office.policy("optional", ANY)
    assert holds(office, post) == [("optional", 1), ("optional", 1)]
    office.policy("none", label_id=lax)
    office.policy("required", ANY, label_id=strict)
    office.policy("required", ANY, ANY, label_id=stricter)
    office.policy("optional", ANY, ANY, ANY, account_id=str(office.desk.accounts["x"]))
    for labels, expected in (([lax], "none"), ([lax, strict], "required")):
        seen(office.desk("PATCH", f"/posts/{post['id']}", {"labels": labels}, If_Match="*"))
        assert holds(office, post)[0][0] == expected
    seen(office.desk("PATCH", f"/posts/{post['id']}", {"labels": [strict, stricter, lax]}, If_Match="*"))
    assert holds(office, post) == [("required", 2), ("optional", 3)]


def test_a_label_that_asks_for_approval_stops_what_was_scheduled_without(office: Office) -> None:
    strict = label(office, "Strict")
    office.policy("required", by(office.hire("Ada")), label_id=strict)
    post = office.desk.write()
    seen(office.desk("POST", f"/posts/{post['id']}/schedule", {"at": LATER}, If_Match="*"))
    labelled = seen(office.desk("PATCH", f"/posts/{post['id']}", {"labels": [strict]}, If_Match="*"))
    assert labelled["state"] == "in_review"
    assert seen(office.decide(post, "Ada"))["post"]["state"] == "scheduled"
    bare = seen(office.desk("PATCH", f"/posts/{post['id']}", {"labels": []}, If_Match="*"))
    assert bare["state"] == "scheduled"


def test_what_was_scheduled_before_a_policy_came_stays_until_it_is_touched(office: Office) -> None:
    kept, taken_off = office.desk.write(), office.desk.write()
    for post in (kept, taken_off):
        seen(office.desk("POST", f"/posts/{post['id']}/schedule", {"at": LATER}, If_Match="*"))
    office.policy("required", by(office.hire("Ada")))
    assert seen(office.desk("PATCH", f"/posts/{kept['id']}", {"title": "Other"}, If_Match="*"))["state"] == "scheduled"
    assert seen(office.desk("POST", f"/posts/{taken_off['id']}/unschedule", {}, If_Match="*"))["state"] == "draft"
    assert office.desk("POST", f"/posts/{taken_off['id']}/schedule", {"at": LATER}, If_Match="*").status_code == 409
    assert office.edit(kept, "Other words")["state"] == "in_review"


def test_what_nobody_could_approve_by_is_refused(office: Office) -> None:
    editor = office.hire("Eve", WorkspaceRole.EDITOR)
    for levels, status, place in (
        ([by()], 422, "body.levels.0"),
        ([ANY, by(roles=["client"])], 422, "body.levels.1"),  # nobody is a client
        ([by(editor)], 422, "body.levels.0.people"),
        ([by(new_id())], 404, "body.levels.0.people"),
        ([], 422, "body.levels"),
        ([by(roles=["analyst"])], 422, None),
    ):
        refused = office.desk("POST", "/approval-policies", {"mode": "required", "levels": levels}, by="admin")
        assert refused.status_code == status, refused.text
        assert place is None or refused.json()["errors"][0]["field"] == place
    told = office.desk("POST", "/approval-policies", {"mode": "none", "levels": [ANY]}, by="admin")
    assert told.status_code == 422
    office.hire("Client", WorkspaceRole.CLIENT)
    office.policy("required", ANY, by(roles=["client"]))


def test_policies_change_by_what_was_seen_of_them(office: Office) -> None:
    made = office.policy("required", ANY)
    here = f"/approval-policies/{made['id']}"
    twice = office.desk("POST", "/approval-policies", {"mode": "none"}, by="admin")
    assert twice.status_code == 409
    seen(office.desk("PATCH", here, {"mode": "optional"}, by="admin", If_Match=made["etag"]))
    stale = office.desk("PATCH", here, {"mode": "none", "levels": []}, by="admin", If_Match=made["etag"])
    assert stale.status_code == 412
    assert seen(office.desk("GET", here, by="admin"))["mode"] == "optional"
    assert office.desk("DELETE", here, by="admin").status_code == 204
    assert seen(office.desk("GET", "/approval-policies", by="admin"))["items"] == []


def test_open_rounds_go_on_as_they_began(office: Office) -> None:
    ada = office.hire("Ada")
    made = office.policy("required", by(ada))
    post = office.desk.write()
    office.submit(post)
    seen(office.desk("PATCH", f"/approval-policies/{made['id']}", {"levels": [by(ada), ANY]}, by="admin"))
    assert seen(office.decide(post, "Ada"))["decisions"][0]["outcome"] == "approved"


@pytest.mark.parametrize("role", ["editor", "approver", "client"])
def test_only_admins_say_who_approves(office: Office, role: str) -> None:
    assert office.desk("POST", "/approval-policies", {"mode": "none"}, by=role).status_code == 403
