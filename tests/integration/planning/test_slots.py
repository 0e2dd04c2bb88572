"""Queue slots over the API and in the database: made, changed, listed, and the next free one."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import BadInput, Conflict, NotFound
from clientnest.ids import new_id
from clientnest.planning import queueing, slots
from clientnest.workspaces import WorkspaceRole
from tests.integration.planning.conftest import Brand, make_brand

MONDAY, SUNDAY = 0, 6
SINCE = datetime(2026, 3, 16, tzinfo=UTC)


def _add(brand: Brand, weekday: int, at: str, zone: str | None = None, **where: Any) -> slots.Slot:
    with session.tenant(Role.API, workspace_id=brand.workspace_id) as connection:
        account_id = where.get("account_id", brand.account_id)
        return slots.create(connection, brand.workspace_id, account_id, weekday, time.fromisoformat(at), zone,
                            created_by=None)  # fmt: skip


def _next(brand: Brand, after: datetime, *taken: datetime, **where: Any) -> queueing.SlotTime:
    with session.tenant(Role.API, workspace_id=brand.workspace_id) as connection:
        distance = timedelta(minutes=where.get("minutes", 0))
        account_id = where.get("account_id", brand.account_id)
        return queueing.next_free(connection, brand.workspace_id, account_id, after, taken, distance=distance)


def test_a_slot_is_made_listed_changed_by_its_revision_and_removed(brand: Brand) -> None:
    admin, path = brand.member(), f"accounts/{brand.account_id}/slots"
    made = admin.ask("POST", path, {"weekday": 1, "local_time": "09:00"})
    assert made.status_code == 201, made.text
    assert (made.json()["local_time"], made.json()["timezone"], made.json()["zone"]) == ("09:00", None, "Europe/Paris")
    location, tag = made.headers["location"], made.headers["etag"]
    shown = admin.ask("GET", location)
    assert (shown.json(), shown.headers["etag"]) == (made.json(), tag)
    assert admin.ask("GET", path).json()["items"] == [made.json()]

    changed = admin.ask("PATCH", location, {"timezone": "Asia/Tokyo", "weekday": 0}, **{"if-match": tag})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["weekday"], changed.json()["zone"]) == (0, "Asia/Tokyo")
    late = admin.ask("PATCH", location, {"weekday": 2}, **{"if-match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "stale")
    kept = admin.ask("PATCH", location, {"local_time": "10:30"}).json()
    assert (kept["timezone"], kept["local_time"]) == ("Asia/Tokyo", "10:30"), "what is not named stays"
    assert admin.ask("PATCH", location, {"timezone": None}).json()["zone"] == "Europe/Paris"

    assert admin.ask("DELETE", location).status_code == 204
    assert admin.ask("GET", location).status_code == 404
    told = admin.ask("GET", "audit-events").json()["items"]
    assert [one["action"] for one in told] == [
        "workspace.slot.deleted", "workspace.slot.changed", "workspace.slot.changed", "workspace.slot.changed",
        "workspace.slot.created",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"weekday": 7, "local_time": "09:00"}, 422), ({"weekday": 0, "local_time": "24:00"}, 422),
        ({"weekday": 0, "local_time": "09:00:30"}, 422), ({"weekday": 0, "local_time": "09:00Z"}, 422),
        ({"weekday": 0, "local_time": "09:00", "timezone": "Europe/Atlantis"}, 422),
        ({"weekday": 3, "local_time": "12:00"}, 409),
    ],
)  # fmt: skip
def test_what_is_no_time_of_the_week_or_is_there_already_is_refused(
    brand: Brand, body: dict[str, Any], status: int
) -> None:
    _add(brand, 3, "12:00", "Asia/Tokyo")
    answer = brand.member().ask("POST", f"accounts/{brand.account_id}/slots", body)
    assert answer.status_code == status, answer.text
    other = _add(brand, 3, "12:01")
    with session.tenant(Role.API, workspace_id=brand.workspace_id) as connection:
        with pytest.raises(Conflict, match="Thursday at 12:00"):
            slots.change(connection, brand.workspace_id, brand.account_id, other.id, local_time=time(12))
        assert len(slots.slots(connection, brand.workspace_id, brand.account_id)) == 2, "the transaction goes on"


def test_who_writes_reads_slots_and_does_not_change_them(brand: Brand) -> None:
    slot = _add(brand, 0, "09:00")
    editor, path = brand.member(WorkspaceRole.EDITOR), f"accounts/{brand.account_id}/slots"
    assert [one["id"] for one in editor.ask("GET", path).json()["items"]] == [str(slot.id)]
    assert editor.ask("DELETE", f"{path}/{slot.id}").status_code == 403


def test_an_account_of_another_workspace_has_no_slots_here(brand: Brand) -> None:
    theirs = make_brand()
    _add(theirs, 0, "09:00")
    admin = brand.member()
    for method, path, body in (
        ("GET", f"accounts/{theirs.account_id}/slots", None),
        ("GET", f"accounts/{theirs.account_id}/slots/upcoming", None),
        ("POST", f"accounts/{theirs.account_id}/slots", {"weekday": 0, "local_time": "09:00"}),
    ):
        assert admin.ask(method, path, body).status_code == 404
    with session.tenant(Role.API, workspace_id=brand.workspace_id) as connection:
        assert slots.slots(connection, theirs.workspace_id) == [], "the database itself says so"
        with pytest.raises(NotFound):
            queueing.next_free(connection, brand.workspace_id, theirs.account_id, SINCE, ())


def test_the_zone_is_its_own_else_the_accounts_else_the_workspaces(brand: Brand) -> None:
    zones = {
        _add(brand, 0, "09:00").zone, _add(brand, 0, "09:00", account_id=brand.in_new_york).zone,
        _add(brand, 1, "09:00", "Asia/Tokyo", account_id=brand.in_new_york).zone,
    }  # fmt: skip
    assert zones == {"Europe/Paris", "America/New_York", "Asia/Tokyo"}


def test_upcoming_slots_say_what_clocks_make_of_them(brand: Brand) -> None:
    _add(brand, SUNDAY, "02:30")
    path = f"accounts/{brand.account_id}/slots/upcoming?from=2026-03-22T00:00:00Z&to=2026-04-06T00:00:00Z"
    found = brand.member(WorkspaceRole.EDITOR).ask("GET", path).json()["items"]
    assert [(one["at"], one["wall_clock"], one["kind"]) for one in found] == [
        ("2026-03-22T01:30:00Z", "2026-03-22T02:30:00", "exact"),
        ("2026-03-29T01:30:00Z", "2026-03-29T02:30:00", "gap"),
        ("2026-04-05T00:30:00Z", "2026-04-05T02:30:00", "exact"),
    ]
    assert "it will be 03:30" in found[1]["note"]


@pytest.mark.parametrize("asked", ["from=2026-03-22T00:00:00Z&to=2026-03-01T00:00:00Z",
                                   "from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z"])  # fmt: skip
def test_a_period_that_is_none_or_too_long_is_refused(brand: Brand, asked: str) -> None:
    answer = brand.member().ask("GET", f"accounts/{brand.account_id}/slots/upcoming?{asked}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.to"), answer.text


def test_slots_of_all_accounts_come_in_order_for_a_calendar(brand: Brand) -> None:
    _add(brand, MONDAY, "09:00")
    _add(brand, MONDAY, "03:00", account_id=brand.in_new_york)  # the same instant, until clocks change on other days
    with session.tenant(Role.API, workspace_id=brand.workspace_id) as connection:
        found = queueing.upcoming(connection, brand.workspace_id, None, SINCE, SINCE + timedelta(days=21))
        with pytest.raises(BadInput):
            queueing.upcoming(connection, brand.workspace_id, None, SINCE, SINCE)
    assert [f"{one.instant:%d %H:%M}" for one in found] == ["16 07:00", "16 08:00", "23 07:00", "23 08:00", "30 07:00",
                                                            "30 07:00"]  # fmt: skip


def test_asked_again_and_again_each_gets_another_slot(brand: Brand) -> None:
    _add(brand, MONDAY, "09:00")
    _add(brand, MONDAY, "09:20")
    taken: list[datetime] = []
    for _ in range(4):
        taken.append(_next(brand, SINCE, *taken).instant)
    assert [f"{at:%d %H:%M}" for at in taken] == ["16 08:00", "16 08:20", "23 08:00", "23 08:20"]
    assert _next(brand, SINCE, taken[0], minutes=30).instant == taken[2]


def test_an_account_without_slots_and_one_whose_slots_are_all_taken_are_told_apart(brand: Brand) -> None:
    with pytest.raises(Conflict, match="no queue slots"):
        _next(brand, SINCE)
    _add(brand, MONDAY, "09:00", "UTC")
    weeks = [SINCE.replace(hour=9) + timedelta(weeks=n) for n in range(200)]
    with pytest.raises(Conflict, match="No slot of the account is free"):
        _next(brand, SINCE, *weeks)


def test_an_account_has_so_many_slots_and_no_more(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "MOST", 2)
    _add(brand, 0, "09:00")
    _add(brand, 0, "10:00")
    with pytest.raises(Conflict, match="at most 2"):
        _add(brand, 0, "11:00")


def test_the_database_takes_no_other_weekday_and_no_row_of_another_workspace(brand: Brand) -> None:
    theirs = make_brand()
    insert = text("INSERT INTO app.queue_slot (workspace_id, id, account_id, weekday, local_time) "
                  "VALUES (:w, :id, :a, :day, '09:00')")  # fmt: skip
    for given, said in (
        ({"w": brand.workspace_id, "a": brand.account_id, "day": 7}, "check constraint"),
        ({"w": theirs.workspace_id, "a": theirs.account_id, "day": 0}, "row-level security"),
        ({"w": brand.workspace_id, "a": theirs.account_id, "day": 0}, "foreign key"),
    ):
        with (
            pytest.raises(DBAPIError, match=said),
            session.tenant(Role.API, workspace_id=brand.workspace_id) as connection,
        ):
            connection.execute(insert, {**given, "id": new_id()})
