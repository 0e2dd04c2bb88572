"""Digests: what waits unread, in the morning, in one letter a day at most, whoever works and whoever dies meanwhile."""

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from clientnest import settings, tasks
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from clientnest.notifications.clock import next_digest
from clientnest.notifications.digests import send_due
from clientnest.notifications.tasks import send_digests
from clientnest.workspaces import WorkspaceRole
from tests.integration.notifications.conftest import Somebody, Team, make_team, sql, work
from tests.services import smtp
from tests.services.processes import PROGRAM


@pytest.fixture(autouse=True)
def _nobody_else_waits(database: str) -> Iterator[None]:
    yield
    sql("UPDATE app.notification_schedule SET digest_due_at = NULL")


def morning(days: int = 0, zone: str = "UTC") -> datetime:
    """The moment after the next time it is eight in the morning, or so many days later."""
    return next_digest(ZoneInfo(zone), datetime.now(UTC)) + timedelta(days=days, seconds=30)


def letters(post_office: smtp.MailServer, somebody: Somebody) -> list[str]:
    """What was written to somebody, oldest first."""
    work()
    return [str(letter.get_content()) for letter in reversed(post_office.to(somebody.email))]


def test_what_waits_unread_comes_once_by_workspace(team: Team, post_office: smtp.MailServer) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    elsewhere = make_team(team.client, name="Zebra")
    elsewhere.add(WorkspaceRole.ADMIN, somebody=admin)
    team.happens("webhook.disabled", new_id())
    elsewhere.happens("member.role_changed", admin.id, role="admin")
    team.happens("member.joined", new_id(), role="editor")
    assert admin("POST", f"/v1/me/notifications/{admin.notifications()[0]['id']}/read").status_code == 204
    assert send_due(morning() - timedelta(minutes=1)) == 0, "it is not eight"
    assert send_due(morning()) == 1
    assert send_due(morning()) == send_due(morning(1)) == 0
    (letter,) = letters(post_office, admin)
    said = [line for line in letter.splitlines() if line.startswith(("- ", "Acme", "Zebra"))]
    assert [line.split(". ")[0] for line in said] == [
        "Acme Europe", "- A webhook of Acme Europe was switched off", "Zebra", "- You are admin in Zebra now",
    ]  # fmt: skip
    assert post_office.to(admin.email)[0]["Subject"] == "2 things you have not seen · ClientNest"


def test_with_nothing_to_say_there_is_none(team: Team, post_office: smtp.MailServer) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    team.happens("webhook.disabled", new_id())
    admin("POST", "/v1/me/notifications/read-all", {"up_to": admin.notifications()[0]["id"]})
    assert send_due(morning()) == 0
    assert letters(post_office, admin) == []
    assert sql("SELECT digest_due_at FROM app.notification_schedule WHERE person_id = :p", p=admin.id) == [(None,)]


def test_nothing_of_a_workspace_that_somebody_left(team: Team, post_office: smtp.MailServer) -> None:
    owner, admin = team.add(WorkspaceRole.OWNER), team.add(WorkspaceRole.ADMIN)
    team.happens("webhook.disabled", new_id())
    assert owner("DELETE", f"/v1/workspaces/{team.workspace_id}/members/{admin.id}").status_code == 204
    work()
    assert send_due(morning()) == 2
    (letter,) = letters(post_office, admin)
    assert "You do not belong to Acme Europe any more" in letter
    assert "webhook" not in letter


def test_a_day_has_one_whatever_comes_later_that_day(team: Team, post_office: smtp.MailServer) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    team.happens("webhook.disabled", new_id())
    assert send_due(morning()) == 1
    team.happens("webhook.disabled", new_id())
    sql("UPDATE app.notification_schedule SET digest_due_at = now() WHERE person_id = :p", p=admin.id)
    assert send_due(morning() + timedelta(hours=3)) == 0
    assert send_due(morning(1)) == 1
    assert len(letters(post_office, admin)) == 2


def test_a_weekly_one_comes_on_mondays(team: Team, post_office: smtp.MailServer) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    admin.prefer(team.workspace_id, webhooks=(True, "weekly"))
    team.happens("webhook.disabled", new_id())
    monday = next_digest(ZoneInfo("UTC"), datetime.now(UTC), weekly=True)
    days = [monday - timedelta(days=n) for n in range(6, 0, -1)]
    assert [send_due(day) for day in days if day > datetime.now(UTC)] == [0] * sum(d > datetime.now(UTC) for d in days)
    assert send_due(monday) == 1
    assert len(letters(post_office, admin)) == 1


def test_eight_is_that_of_the_person_or_of_their_first_workspace(client: TestClient) -> None:
    team = make_team(client, timezone="Asia/Tokyo")
    admin = team.add(WorkspaceRole.ADMIN)
    team.happens("webhook.disabled", new_id())
    due = "SELECT digest_due_at FROM app.notification_schedule WHERE person_id = :p"
    ((at,),) = sql(due, p=admin.id)
    assert (at.astimezone(ZoneInfo("Asia/Tokyo")).hour, at.minute) == (8, 0)
    admin.prefer(team.workspace_id, timezone="America/New_York")
    ((at,),) = sql(due, p=admin.id)
    assert (at.astimezone(ZoneInfo("America/New_York")).hour, at.minute) == (8, 0)
    assert send_due(morning(zone="America/New_York")) == 1


def test_what_comes_at_once_waits_for_a_digest_where_no_letter_could_go(
    team: Team, post_office: smtp.MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    with monkeypatch.context() as patch:
        patch.delenv("CLIENTNEST_SMTP_URL")
        settings.forget()
        team.happens("account.needs_reconnect", team.account())
        assert send_due(morning()) == 0
    settings.forget()
    assert send_due(morning(1)) == 1
    (letter,) = letters(post_office, admin)
    assert "Acme on X has to be connected again" in letter


def test_two_workers_write_each_one_once(team: Team, post_office: smtp.MailServer) -> None:
    everybody = [team.add(WorkspaceRole.ADMIN) for _ in range(20)]
    team.happens("webhook.disabled", new_id())
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(send_due, [morning()] * 4))
    assert sum(written) == 20
    work()
    assert [len(post_office.to(one.email)) for one in everybody] == [1] * 20


def wait_until(question: str) -> None:
    until = time.monotonic() + 60
    while sql(question) != [(True,)]:
        assert time.monotonic() < until, question
        time.sleep(0.1)


def test_a_worker_that_dies_in_between_has_written_nothing(team: Team, post_office: smtp.MailServer) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    team.happens("webhook.disabled", new_id())
    sql("UPDATE app.notification SET created_at = now() - interval '2 days' WHERE person_id = :p", p=admin.id)
    sql("UPDATE app.notification_schedule SET digest_due_at = now() WHERE person_id = :p", p=admin.id)
    before = len(post_office.to(admin.email))
    with session.tenant(Role.WORKER) as connection:
        tasks.defer(connection, send_digests, timestamp=0)
    with session.engine(Role.MIGRATE).connect() as holding:
        holding.execute(text("LOCK TABLE app.mail IN EXCLUSIVE MODE"))  # what is due is marked, and no letter written
        first = subprocess.Popen([PROGRAM, "worker"])
        wait_until("SELECT count(*) = 1 FROM pg_locks WHERE relation = 'app.mail'::regclass AND NOT granted")
        first.kill()
        first.wait()
        holding.rollback()
    wait_until("SELECT count(*) = 0 FROM pg_locks WHERE relation = 'app.mail'::regclass")
    assert sql("SELECT digest_sent_on, digest_due_at <= now() FROM app.notification_schedule WHERE person_id = :p",
               p=admin.id) == [(None, True)]  # fmt: skip
    assert send_due(datetime.now(UTC)) == 1
    assert send_due(datetime.now(UTC)) == 0
    assert len(letters(post_office, admin)) == before + 1
