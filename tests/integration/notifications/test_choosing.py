"""What people choose: in the app, by letter, or with one click in a letter."""

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from clientnest import mail
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from clientnest.notifications.clock import next_digest
from clientnest.notifications.digests import send_due
from clientnest.workspaces import WorkspaceRole
from tests.integration.notifications.conftest import Somebody, Team, make_team, sql, work
from tests.services import smtp

PREFERENCES = "/v1/me/notification-preferences"


def chosen(somebody: Somebody, workspace_id: UUID) -> dict[str, str]:
    found = somebody("GET", PREFERENCES).json()["workspaces"]
    (one,) = [choice for choice in found if choice["workspace_id"] == str(workspace_id)]
    return {name: channels["email"] for name, channels in one["categories"].items()}


def test_until_they_choose_problems_come_at_once_and_the_rest_in_a_digest(team: Team) -> None:
    editor = team.add(WorkspaceRole.EDITOR)
    assert chosen(editor, team.workspace_id) == {
        "accounts": "at_once", "imports": "daily", "team": "daily", "webhooks": "daily", "reviews": "at_once",
        "comments": "daily",
    }  # fmt: skip


def test_preferences_are_replaced_as_they_were_read(team: Team) -> None:
    editor = team.add(WorkspaceRole.EDITOR)
    read = editor("GET", PREFERENCES)
    wanted = read.json()
    assert editor("PUT", PREFERENCES, wanted).json() == wanted
    wanted["timezone"] = "Europe/Paris"
    wanted["workspaces"][0]["categories"] = {"imports": {"in_app": False, "email": "weekly"}}
    stale = editor("PUT", PREFERENCES, wanted, **{"If-Match": read.headers["etag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    tag = editor("GET", PREFERENCES).headers["etag"]
    kept = editor("PUT", PREFERENCES, wanted, **{"If-Match": tag})
    assert kept.status_code == 200
    assert kept.json() == editor("GET", PREFERENCES).json()
    assert chosen(editor, team.workspace_id)["imports"] == "weekly"
    assert chosen(editor, team.workspace_id)["accounts"] == "at_once"


def test_what_cannot_be_chosen_is_refused(team: Team) -> None:
    editor, other = team.add(WorkspaceRole.EDITOR), make_team(team.client)
    choice = {"workspace_id": str(other.workspace_id), "categories": {"imports": {"in_app": True, "email": "daily"}}}
    assert editor("PUT", PREFERENCES, {"workspaces": [choice]}).status_code == 422
    assert editor("PUT", PREFERENCES, {"workspaces": [], "timezone": "Mars/Olympus"}).status_code == 422
    assert editor("GET", PREFERENCES).headers["etag"] == '"1"'


def test_who_leaves_takes_what_they_chose_along(team: Team) -> None:
    editor = team.add(WorkspaceRole.EDITOR)
    editor.prefer(team.workspace_id, imports=(True, "never"))
    sql("DELETE FROM app.membership WHERE person_id = :p", p=editor.id)
    team.add(WorkspaceRole.EDITOR, somebody=editor)
    assert chosen(editor, team.workspace_id)["imports"] == "daily"


def path_to_unsubscribe(letter: EmailMessage) -> str:
    """What mail programs find in a letter; a person finds the same in its text."""
    found = re.fullmatch(r"<(https://social\.example\.org/v1/unsubscribe\?token=[\w-]+)>", letter["List-Unsubscribe"])
    assert found is not None, letter["List-Unsubscribe"]
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert found[1] in letter.get_content()
    parts = urlsplit(found[1])
    return f"{parts.path}?{parts.query}"


def test_one_click_ends_letters_of_a_kind_and_no_others(team: Team, post_office: smtp.MailServer) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    team.happens("account.needs_reconnect", team.account())
    path = path_to_unsubscribe(post_office.to(admin.email)[0])
    asked = team.client.get(path)  # as programs do that look for dangerous links
    assert (asked.status_code, "No more letters about connected accounts?" in asked.text) == (200, True)
    assert chosen(admin, team.workspace_id)["accounts"] == "at_once"
    tag = admin("GET", PREFERENCES).headers["etag"]
    for _ in range(2):
        done = team.client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200, done.text
    assert chosen(admin, team.workspace_id) == {
        "accounts": "never", "imports": "daily", "team": "daily", "webhooks": "daily", "reviews": "at_once",
        "comments": "daily",
    }  # fmt: skip
    assert admin("PUT", PREFERENCES, {"workspaces": []}, **{"If-Match": tag}).status_code == 412
    team.happens("account.needs_reconnect", team.account())
    assert len(admin.notifications()) == 2
    assert len(post_office.to(admin.email)) == 1
    with session.tenant(Role.IDENTITY) as connection:
        mail.send(connection, mail.Letter.PASSWORD_CHANGED, admin.email)
    work()
    newest = post_office.to(admin.email)[0]
    assert newest["Subject"].startswith("Your password was changed")
    assert newest["List-Unsubscribe"] is None


def test_one_click_in_a_digest_ends_digests(team: Team, post_office: smtp.MailServer) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    morning = next_digest(ZoneInfo("UTC"), datetime.now(UTC))
    team.happens("webhook.disabled", new_id())
    assert send_due(morning) == 1
    team.happens("webhook.disabled", new_id())  # waits already when they unsubscribe
    path = path_to_unsubscribe(post_office.to(admin.email)[0])
    assert team.client.post(path).status_code == 200
    assert chosen(admin, team.workspace_id) == {
        "accounts": "at_once", "imports": "never", "team": "never", "webhooks": "never", "reviews": "at_once",
        "comments": "never",
    }  # fmt: skip
    assert send_due(morning + timedelta(days=1)) == 0


def test_an_address_that_was_not_made_here_ends_nothing(team: Team, post_office: smtp.MailServer) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    team.happens("account.needs_reconnect", team.account())
    path = path_to_unsubscribe(post_office.to(admin.email)[0])
    token = path[path.index("=") + 1 :]
    changed = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in (0, 30, 60)]
    for given in (*changed, token[:-4], "A", "%00", "Ä"):
        answer = team.client.post("/v1/unsubscribe", params={"token": given})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad-input")
    assert chosen(admin, team.workspace_id)["accounts"] == "at_once"


@pytest.mark.parametrize("gone", ["membership", "person"])
def test_the_address_stays_good_when_there_is_nobody_to_write_to(
    team: Team, post_office: smtp.MailServer, gone: str
) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    team.happens("account.needs_reconnect", team.account())
    path = path_to_unsubscribe(post_office.to(admin.email)[0])
    sql(f"DELETE FROM app.{gone} WHERE {'id' if gone == 'person' else 'person_id'} = :p", p=admin.id)
    assert team.client.post(path).status_code == 200
