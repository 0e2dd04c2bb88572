"""Nothing is kept for ever: read notifications, old ones, and events; who was away for too long is told so."""

from typing import Any

import pytest

from clientnest.events import tasks as of_events
from clientnest.ids import new_id
from clientnest.notifications import tasks as of_notifications
from clientnest.workspaces import WorkspaceRole
from tests.integration.notifications.conftest import Team, listening, sql


def test_what_was_read_goes_after_three_months_and_all_after_a_year(team: Team) -> None:
    admin = team.add(WorkspaceRole.ADMIN)
    team.happens("webhook.disabled", *(new_id() for _ in range(4)))
    ids = [one["id"] for one in admin.notifications()]
    for one, created, read in zip(ids, (366, 364, 100, 100), (None, None, 91, 89), strict=True):
        sql("UPDATE app.notification SET created_at = now() - make_interval(days => :created), "
            "read_at = now() - make_interval(days => CAST(:read AS integer)) WHERE id = :id",
            id=one, created=created, read=read)  # fmt: skip
    of_notifications.forget(timestamp=0)
    assert {one["id"] for one in admin.notifications()} == {ids[1], ids[3]}


@pytest.mark.parametrize("at_once", [2, 1_000])
def test_events_go_after_thirty_days_and_who_missed_any_reads_anew(
    live: str, team: Team, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(of_events, "AT_ONCE", at_once)
    owner = team.add(WorkspaceRole.OWNER)
    team.happens("account.disconnected", *(new_id() for _ in range(6)))
    of_workspace = "SELECT sequence FROM app.event WHERE workspace_id = :w ORDER BY sequence"
    order = [row.sequence for row in sql(of_workspace, w=team.workspace_id)]
    sql("UPDATE app.event SET created_at = now() - interval '31 days' WHERE workspace_id = :w AND sequence <= :s",
        w=team.workspace_id, s=order[4])  # fmt: skip

    def coming_back(seen: int) -> dict[str, Any]:
        with listening(live, owner, team.workspace_id, seen) as ear:
            return ear.ready

    assert coming_back(order[2])["type"] == "ready"
    of_events.expire(timestamp=0)
    assert [row.sequence for row in sql(of_workspace, w=team.workspace_id)] == [order[5]]
    assert [coming_back(seen)["type"] for seen in (0, order[2], order[3])] == ["reset"] * 3
    assert coming_back(order[3])["last_event_id"] == order[5]
    assert [coming_back(seen)["type"] for seen in (order[4], order[5])] == ["ready"] * 2
    sql("UPDATE app.event SET created_at = now() - interval '31 days' WHERE workspace_id = :w", w=team.workspace_id)
    of_events.expire(timestamp=0)
    assert coming_back(order[5]) == {"type": "ready", "last_event_id": order[5]}, "nothing was missed"
