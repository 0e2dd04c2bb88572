"""What happens reaches whom it concerns, once, in words; through the API and the worker as they run."""

import re
from uuid import UUID

import pytest

from clientnest import jobs, tasks
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import ClientNestError
from clientnest.tasks.passing_on import pass_on
from clientnest.workspaces import WorkspaceRole
from tests.integration.notifications.conftest import Somebody, Team, make_team, sql, work
from tests.services import smtp


def kinds(somebody: Somebody) -> list[str]:
    return [one["kind"] for one in somebody.notifications()]


def test_a_team_hears_who_comes_what_they_become_and_that_they_go(team: Team, post_office: smtp.MailServer) -> None:
    owner, admin = team.add(WorkspaceRole.OWNER), team.add(WorkspaceRole.ADMIN)
    editor = team.add(WorkspaceRole.EDITOR)
    grace = make_team(team.client).add(WorkspaceRole.OWNER, "Grace")
    here = f"/v1/workspaces/{team.workspace_id}"
    assert owner("POST", f"{here}/invitations", {"email": grace.email, "role": "analyst"}).status_code == 201
    work()
    token = re.search(r"#token=([\w-]+)", post_office.to(grace.email)[0].get_content())
    assert token is not None
    assert grace("POST", "/v1/invitations/accept", {"token": token[1]}).status_code == 200
    work()
    for who in (owner, admin):
        (told,) = who.notifications()
        assert (told["kind"], told["title"]) == ("member.joined", "Grace joined Acme Europe")
        assert told["body"].startswith("They are analyst there.")
        assert told["subject"] == {"type": "person", "id": str(grace.id)}
        assert told["workspace"] == {"id": str(team.workspace_id), "name": "Acme Europe"}
    assert kinds(editor) == kinds(grace) == []

    assert owner("PATCH", f"{here}/members/{grace.id}", {"role": "admin"}).status_code == 200
    assert owner("PATCH", f"{here}/members/{grace.id}", {"role": "admin"}).status_code == 200, "nothing changed"
    work()
    (told,) = grace.notifications()
    assert told["title"] == "You are admin in Acme Europe now"
    assert kinds(owner) == ["member.joined"]

    sql("UPDATE app.workspace SET name = 'Acme World' WHERE id = :w", w=team.workspace_id)
    assert owner("DELETE", f"{here}/members/{grace.id}").status_code == 204
    work()
    (told,) = grace.notifications()  # nothing of the workspace is left to see, but this
    assert (told["kind"], told["title"]) == ("member.removed", "You do not belong to Acme World any more")
    assert editor("POST", f"{here}/leave").status_code == 204
    work()
    assert kinds(editor) == [], "they know that they left"
    events = sql("SELECT kind FROM app.event WHERE workspace_id = :w AND person_id IS NULL ORDER BY sequence",
                 w=team.workspace_id)  # fmt: skip
    assert [row.kind for row in events] == [
        "member.invited", "member.joined", "member.role_changed", "member.removed", "member.left",
    ]  # fmt: skip


def test_a_workspace_that_is_handed_over_tells_both(team: Team) -> None:
    owner, heir = team.add(WorkspaceRole.OWNER), team.add(WorkspaceRole.EDITOR)
    answer = owner("POST", f"/v1/workspaces/{team.workspace_id}/transfer", {"person_id": str(heir.id)})
    assert answer.status_code == 204
    work()
    assert [one["title"] for one in heir.notifications()] == ["You are owner in Acme Europe now"]
    assert [one["title"] for one in owner.notifications()] == ["You are admin in Acme Europe now"]


def test_an_account_that_has_to_be_connected_again_is_told_at_once_to_who_can(
    team: Team, post_office: smtp.MailServer
) -> None:
    admin, editor = team.add(WorkspaceRole.ADMIN), team.add(WorkspaceRole.EDITOR)
    account_id = team.account("Acme\r\nBcc: all@example.org")
    team.happens("account.needs_reconnect", account_id, state="needs_reconnect")
    (told,) = admin.notifications()
    assert (told["kind"], told["category"]) == ("account.needs_reconnect", "accounts")
    (letter,) = post_office.to(admin.email)
    assert letter["Subject"].startswith("Acme  Bcc: all@example.org on X has to be connected again")
    assert letter["Bcc"] is None
    assert "https://social.example.org/notifications" in letter.get_content()
    assert kinds(editor) == post_office.to(editor.email) == []


def test_hearing_twice_makes_one_notification_and_one_letter(team: Team, post_office: smtp.MailServer) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    team.happens("account.needs_reconnect", team.account())
    ((event_id,),) = sql("SELECT id FROM app.event WHERE workspace_id = :w AND person_id IS NULL", w=team.workspace_id)
    with session.tenant(Role.WORKER) as connection:
        tasks.defer(connection, pass_on, workspace_id=str(team.workspace_id), event_id=event_id)
    work()
    assert len(admin.notifications()) == len(post_office.to(admin.email)) == 1
    told = sql("SELECT count(*) FROM app.event WHERE workspace_id = :w AND person_id = :p",
               w=team.workspace_id, p=admin.id)  # fmt: skip
    assert [tuple(row) for row in told] == [(1,)]


def credential(team: Team, account_id: UUID, state: str, failures: int) -> None:
    sql("INSERT INTO app.credential (workspace_id, account_id, state, problem, advice, sealed_access_token, failures) "
        "VALUES (:w, :a, :state, :problem, :problem, 'x', :failures) ON CONFLICT (workspace_id, account_id) "
        "DO UPDATE SET state = :state, problem = :problem, advice = :problem, failures = :failures",
        w=team.workspace_id, a=account_id, state=state, failures=failures,
        problem=None if state == "connected" else "The network does not answer.")  # fmt: skip


@pytest.mark.parametrize(("then", "told"), [("connected", []), ("expiring", ["account.expiring"])])
def test_a_renewal_that_fails_is_told_where_trying_again_did_not_help(team: Team, then: str, told: list[str]) -> None:
    admin, account_id = team.add(WorkspaceRole.ADMIN), team.account()
    credential(team, account_id, "expiring", 1)
    team.happens("account.expiring", account_id, state="expiring")
    assert kinds(admin) == []
    credential(team, account_id, then, 0 if then == "connected" else 7)
    sql("UPDATE queue.procrastinate_jobs SET scheduled_at = NULL WHERE task_name = 'notifications.hear_again'")
    work()
    assert kinds(admin) == told


def test_an_access_that_nothing_renews_is_told_at_once(team: Team) -> None:
    admin, account_id = team.add(WorkspaceRole.ADMIN), team.account()
    credential(team, account_id, "expiring", 0)
    team.happens("account.expiring", account_id, state="expiring")
    assert kinds(admin) == ["account.expiring"]


def test_an_import_is_told_to_who_asked_for_it(team: Team) -> None:
    analyst, owner = team.add(WorkspaceRole.ANALYST), team.add(WorkspaceRole.OWNER)
    with session.tenant(Role.ETL) as connection:
        outcome = {"imported": 3, "refused": 1, "changed": 2, "rejected_rows": 12, "snapshots": 9}
        jobs.enqueue(connection, team.workspace_id, "import", {}, requested_by=analyst.id, result=outcome)
        jobs.enqueue(connection, team.workspace_id, "import", {}, requested_by=analyst.id)
        jobs.enqueue(connection, team.workspace_id, "rebuild", {}, requested_by=analyst.id, result={})
        jobs.enqueue(connection, team.workspace_id, "import", {}, result=outcome)  # a program's
        (job,) = jobs.claim(connection)
        jobs.fail(connection, job.lease, ClientNestError("It broke."))
    work()
    assert {(one["kind"], one["body"].split(". ")[0]) for one in analyst.notifications()} == {
        ("import.finished", "Files taken in: 3"), ("import.failed", "Nothing is half-written"),
    }  # fmt: skip
    assert kinds(owner) == []


def test_a_webhook_that_was_switched_off_is_told_to_who_may_mend_it(team: Team) -> None:
    admin, editor = team.add(WorkspaceRole.ADMIN), team.add(WorkspaceRole.EDITOR)
    team.happens("webhook.disabled", team.workspace_id)
    assert kinds(admin) == ["webhook.disabled"]
    assert kinds(editor) == []


def test_what_somebody_does_not_want_to_hear_is_not_made(team: Team, post_office: smtp.MailServer) -> None:
    silent, mailed = team.add(WorkspaceRole.ADMIN), team.add(WorkspaceRole.ADMIN)
    silent.prefer(team.workspace_id, accounts=(False, "never"))
    mailed.prefer(team.workspace_id, accounts=(False, "at_once"))
    team.happens("account.needs_reconnect", team.account())
    assert kinds(silent) == kinds(mailed) == []
    assert [len(post_office.to(who.email)) for who in (silent, mailed)] == [0, 1]


def test_nothing_is_written_to_an_address_that_nobody_confirmed(team: Team, post_office: smtp.MailServer) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    sql("UPDATE app.person SET email_verified_at = NULL WHERE id = :p", p=admin.id)
    team.happens("account.needs_reconnect", team.account())
    assert kinds(admin) == ["account.needs_reconnect"]
    assert post_office.to(admin.email) == []
