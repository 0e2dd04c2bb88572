"""Somebody's own notifications: paged, counted, read, and closed to everybody else, live too."""

from typing import Any

import pytest
from sqlalchemy import text

from api.events.hearing import Hearing
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.events import tell
from clientnest.ids import new_id
from clientnest.workspaces import WorkspaceRole
from tests.integration.notifications.conftest import Somebody, Team, listening, make_team, sql


def count(somebody: Somebody) -> int:
    found: int = somebody("GET", "/v1/me/notifications/unread-count").json()["unread"]
    return found


def test_they_are_paged_filtered_and_marked(team: Team) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    elsewhere = make_team(team.client, name="Other")
    elsewhere.add(WorkspaceRole.ADMIN, somebody=admin)
    team.happens("webhook.disabled", *(new_id() for _ in range(4)))
    elsewhere.happens("webhook.disabled", new_id())
    seen: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = admin.client.get("/v1/me/notifications", params=query, headers=admin.headers).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert len({one["id"] for one in seen}) == 5
    assert [one["id"] for one in seen] == sorted((one["id"] for one in seen), reverse=True)
    assert [one["workspace"]["name"] for one in seen] == ["Other"] + ["Acme Europe"] * 4
    assert len(admin.notifications(workspace_id=str(team.workspace_id))) == 4
    wrong = admin.client.get("/v1/me/notifications", params={**query, "unread": True, "cursor": query["cursor"]},
                             headers=admin.headers)  # fmt: skip
    assert wrong.status_code == 422

    assert admin("POST", f"/v1/me/notifications/{seen[1]['id']}/read").status_code == 204
    assert admin("POST", f"/v1/me/notifications/{seen[1]['id']}/read").status_code == 204
    assert (count(admin), len(admin.notifications(unread=True))) == (4, 4)
    body = {"up_to": seen[3]["id"], "workspace_id": str(team.workspace_id)}
    assert admin("POST", "/v1/me/notifications/read-all", body).json() == {"unread": 2}
    assert {one["id"] for one in admin.notifications(unread=True)} == {seen[0]["id"], seen[2]["id"]}
    assert admin("POST", "/v1/me/notifications/read-all", {"up_to": seen[0]["id"]}).json() == {"unread": 0}


def test_nobody_sees_or_marks_anothers(team: Team) -> None:
    admin, colleague = team.add(WorkspaceRole.ADMIN), team.add(WorkspaceRole.EDITOR)
    team.happens("webhook.disabled", new_id())
    (mine,) = admin.notifications()
    assert colleague.notifications() == []
    assert colleague("POST", f"/v1/me/notifications/{mine['id']}/read").status_code == 404
    assert colleague("POST", "/v1/me/notifications/read-all", {"up_to": mine["id"]}).status_code == 200
    assert count(admin) == 1


def test_who_has_left_sees_nothing_of_the_workspace_any_more(team: Team) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    team.happens("webhook.disabled", new_id())
    (kept,) = admin.notifications()
    sql("DELETE FROM app.membership WHERE person_id = :p", p=admin.id)
    assert (admin.notifications(), count(admin)) == ([], 0)
    assert admin("POST", f"/v1/me/notifications/{kept['id']}/read").status_code == 404
    # Without the rule of the database they would, so it is the rule that this rests on.
    ((rule,),) = sql("SELECT qual FROM pg_policies WHERE tablename = 'notification' AND policyname = 'own'")
    sql("ALTER POLICY own ON app.notification USING (person_id = app.current_person())")
    try:
        assert count(admin) == 1
    finally:
        sql(f"ALTER POLICY own ON app.notification USING {rule}")
    assert count(admin) == 0


def test_a_workspace_that_asks_for_a_second_factor_says_nothing_without(team: Team) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    team.happens("webhook.disabled", new_id())
    sql("UPDATE app.workspace SET require_second_factor = true WHERE id = :w", w=team.workspace_id)
    assert (admin.notifications(), count(admin)) == ([], 0)
    proved = Somebody(admin.client, admin.id, admin.email, second_factor=True)
    assert (len(proved.notifications()), count(proved)) == (1, 1)


@pytest.mark.parametrize("role", [Role.API, Role.WORKER])
def test_the_database_itself_shows_nobody_but_the_person(team: Team, role: Role) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    team.happens("webhook.disabled", new_id())
    for person_id, expected in ((admin.id, 1), (None, 0), (new_id(), 0)):
        with session.tenant(role, workspace_id=team.workspace_id, person_id=person_id) as connection:
            assert connection.execute(text("SELECT count(*) FROM app.notification")).scalar_one() == expected


def heard(live: str, somebody: Somebody, team: Team) -> list[str]:
    """What somebody is told who comes back and has missed all."""
    with listening(live, somebody, team.workspace_id, 0) as ear:
        told = [ear.hear()["kind"]]
        while told[-1] != "account.disconnected":
            told.append(ear.hear()["kind"])
    return told


def test_a_new_one_is_heard_by_its_person_alone(live: str, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    admin, owner = team.add(WorkspaceRole.ADMIN), team.add(WorkspaceRole.OWNER)
    with listening(live, admin, team.workspace_id) as mine, listening(live, owner, team.workspace_id) as theirs:
        team.happens("member.role_changed", admin.id, role="admin")
        team.happens("account.disconnected", new_id())
        told = [mine.hear() for _ in range(3)]
        assert [event["kind"] for event in told] == [
            "member.role_changed", "notification.created", "account.disconnected",
        ]  # fmt: skip
        assert told[1]["payload"] == {"kind": "member.role_changed", "category": "team"}
        assert told[1]["subject_id"] == admin.notifications()[0]["id"]
        assert [theirs.hear()["kind"] for _ in range(2)] == ["member.role_changed", "account.disconnected"]
    assert heard(live, admin, team) == ["member.role_changed", "notification.created", "account.disconnected"]
    assert heard(live, owner, team) == ["member.role_changed", "account.disconnected"]
    monkeypatch.setattr(Hearing, "may", lambda *_: True)
    assert "notification.created" in heard(live, owner, team), "these tests would notice"


@pytest.mark.parametrize(("personal", "passed_on"), [(False, 1), (True, 0)])
def test_what_concerns_one_person_is_passed_on_to_no_program(team: Team, personal: bool, passed_on: int) -> None:
    person_id = new_id() if personal else None
    with session.tenant(Role.WORKER, workspace_id=team.workspace_id) as connection:
        tell(connection, team.workspace_id, "webhook.disabled", new_id(), {}, person_id=person_id)
        waiting = text("SELECT count(*) FROM queue.procrastinate_jobs WHERE task_name = 'events.pass_on'")
        assert connection.execute(waiting).scalar_one() == passed_on
        connection.rollback()
