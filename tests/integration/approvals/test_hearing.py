"""Who is asked hears of it, who wrote hears what was decided, and who forgets is reminded, never at night."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from clientnest import tasks
from clientnest.approvals.reminding import remind
from clientnest.approvals.tasks import remind_everywhere
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.workspaces import WorkspaceRole
from tests.integration.api.operations import headers_of
from tests.integration.approvals.conftest import Office, by

NOON = datetime.now(UTC).replace(hour=12, minute=0)


def heard(office: Office, person: UUID) -> list[str]:
    """The kinds of what somebody was told, by name: what comes at once comes in any order."""
    tasks.run_worker(wait=False)
    answer = office.desk.client.get("/v1/me/notifications", headers=headers_of(person))
    return sorted(one["kind"] for one in answer.json()["items"])


def wait(office: Office, post: dict[str, Any], hours: float) -> None:
    """Let it be so long ago that the post was sent in, and that anybody was reminded."""
    office.desk.sql("UPDATE app.review SET level_since = level_since - make_interval(secs => :s) WHERE post_id = :p",
                    s=hours * 3600, p=UUID(post["id"]))  # fmt: skip
    office.desk.sql("UPDATE app.review_reminder SET last_at = last_at - make_interval(secs => :s) "
                    "WHERE workspace_id = :w", s=hours * 3600)  # fmt: skip


def reminded(office: Office, now: datetime = NOON) -> int:
    with session.tenant(Role.WORKER, workspace_id=office.desk.workspace_id) as connection:
        return remind(connection, office.desk.workspace_id, now)


@pytest.fixture
def waiting(office: Office) -> dict[str, Any]:
    """A post with two variants that waits for Ada, and then for Ben."""
    office.policy("required", by(office.hire("Ada")), by(office.hire("Ben")))
    post = office.desk.write("bluesky", "x")
    office.submit(post)
    return post


def test_those_who_are_asked_hear_of_it_once_and_the_writer_of_what_was_decided(
    office: Office, waiting: dict[str, Any]
) -> None:
    ada, ben, editor = office.named["Ada"], office.named["Ben"], office.desk.people["editor"]
    assert (heard(office, ada), heard(office, ben)) == (["post.review_asked"], []), "once for both variants"
    office.decide(waiting, "Ada")
    assert (heard(office, ben), heard(office, editor)) == (["post.review_asked"], [])
    office.decide(waiting, "Ben", changes="Other words.")
    assert heard(office, editor) == ["post.changes_requested"]
    office.edit(waiting, "Other words")
    office.submit(waiting)
    assert heard(office, ada) == ["post.review_asked"] * 2
    office.decide(waiting, "Ada")
    office.decide(waiting, "Ben")
    assert heard(office, editor) == ["post.approved", "post.changes_requested"]
    assert heard(office, ben) == ["post.review_asked"], "he had decided before anybody could tell him"
    told = office.desk.sql("SELECT kind FROM app.event WHERE workspace_id = :w AND kind LIKE 'review.%' ORDER BY id")
    assert [row.kind for row in told].count("review.decided") == 8


def test_of_what_waits_for_a_day_they_are_reminded_each_day_and_five_times_at_most(
    office: Office, waiting: dict[str, Any]
) -> None:
    ada = office.named["Ada"]
    wait(office, waiting, 23.9)
    assert reminded(office, datetime.now(UTC)) == 0
    told = []
    for _ in range(7):
        wait(office, waiting, 36)
        told += [reminded(office), reminded(office)]
    assert told == [1, 0] * 5 + [0] * 4
    assert heard(office, ada) == ["post.review_asked"] + ["post.review_reminded"] * 5
    assert heard(office, office.named["Ben"]) == []
    office.decide(waiting, "Ada")
    wait(office, waiting, 36)
    assert reminded(office) == 1, "another level begins anew"
    assert heard(office, office.named["Ben"]) == ["post.review_asked", "post.review_reminded"]


@pytest.mark.parametrize(
    ("zone", "hour", "expected"),
    [("UTC", 8, 1), ("UTC", 19, 1), ("UTC", 7, 0), ("UTC", 20, 0), ("Asia/Tokyo", 12, 0), ("America/New_York", 14, 1)],
)
def test_nobody_is_reminded_at_night(
    office: Office, waiting: dict[str, Any], zone: str, hour: int, expected: int
) -> None:
    office.desk.sql("INSERT INTO app.notification_schedule (person_id, timezone) VALUES (:p, :zone)",
                    p=office.named["Ada"], zone=zone)  # fmt: skip
    wait(office, waiting, 72)
    assert reminded(office, NOON.replace(hour=hour)) == expected


def test_who_is_away_is_left_in_peace_and_the_delegate_is_told(office: Office, waiting: dict[str, Any]) -> None:
    ada, dora = office.named["Ada"], office.hire("Dora")
    office("PUT", "/delegations", {"delegate_id": str(dora)}, by="Ada")
    wait(office, waiting, 36)
    assert reminded(office) == 1
    assert heard(office, dora)[-1] == "post.review_reminded"
    assert "post.review_reminded" not in heard(office, ada)


def test_what_lies_in_the_trash_reminds_nobody_and_what_was_left_reminds_admins(
    office: Office, waiting: dict[str, Any]
) -> None:
    wait(office, waiting, 36)
    office.desk("DELETE", f"/posts/{waiting['id']}")
    assert reminded(office) == 0
    office.desk("POST", f"/posts/{waiting['id']}/restore")
    office.desk.sql("DELETE FROM app.membership WHERE person_id = :p", p=office.named["Ada"])
    assert reminded(office) == 1
    assert heard(office, office.desk.people["admin"])[-1] == "post.review_reminded", "who can decide instead"


def test_the_task_goes_through_all_workspaces(office: Office, waiting: dict[str, Any]) -> None:
    zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"  # where it is noon: their sign is the other way round
    office.desk.sql("INSERT INTO app.notification_schedule (person_id, timezone) VALUES (:p, :zone)",
                    p=office.named["Ada"], zone=zone)  # fmt: skip
    wait(office, waiting, 36)
    remind_everywhere(0)
    assert heard(office, office.named["Ada"])[-1] == "post.review_reminded"


def test_editors_who_asked_by_a_key_are_not_asked_themselves(office: Office) -> None:
    boss = office.hire("Boss", WorkspaceRole.ADMIN)
    office.policy("required", by(boss))
    post = office.desk.write()
    key = office("POST", "/api-keys", {"name": "Program", "scopes": ["content.write"]}, by="Boss").json()["key"]
    answer = office.desk.client.post(
        f"/v1/workspaces/{office.desk.workspace_id}/posts/{post['id']}/submit", json={},
        headers={"Authorization": f"Bearer {key}", "If-Match": "*"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert office.rounds(post)[0]["waiting"] == {"people": [], "client_by_link": False, "vacant": True}
