"""The calendar shows what went out, as it was measured, beside what is planned."""

from typing import Any

from starlette.testclient import TestClient

from api.main import create_app
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.workspaces import WorkspaceRole
from clientnest.workspaces.keys import create_key
from tests.integration.api.operations import colleague, headers_of
from tests.worlds import World


def _calendar(world: World, query: str, headers: dict[str, str]) -> dict[str, Any]:
    with TestClient(create_app()) as client:
        answer = client.get(f"/v1/workspaces/{world.mine.workspace_id}/calendar?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_what_was_measured_is_shown_where_it_went_out(world: World) -> None:
    found = _calendar(world, "from=2025-12-30&to=2026-01-03", world.mine.headers)
    x, instagram = (
        [one for one in found["measured"] if one["network"] == network] for network in ("x", "instagram")
    )  # fmt: skip
    assert len(x) == len(instagram) == 4
    assert x[0]["published_at"] == "2026-01-01T03:00:00Z"
    assert x[0]["published_local"] == "2025-12-31T22:00:00", "on the clock of its account, in New York"
    assert x[0]["excerpt"].startswith("Post 0 of")
    gaps = {(one["account_id"], one["first"], one["last"]) for one in found["gaps"]}
    assert (str(world.mine.accounts["x"]), "2025-12-30", "2025-12-30") in gaps
    assert found["timezone"] == "America/New_York"


def test_filters_hold_for_it_too(world: World) -> None:
    week, mine = "from=2026-01-01&to=2026-01-07", world.mine.headers
    assert {one["network"] for one in _calendar(world, f"{week}&network=x", mine)["measured"]} == {"x"}
    assert _calendar(world, f"{week}&state=published", mine)["measured"]
    assert _calendar(world, f"{week}&state=draft", mine)["measured"] == []
    assert _calendar(world, f"{week}&label_id={world.mine.workspace_id}", mine)["measured"] == []


def test_who_may_not_see_results_is_shown_none(world: World) -> None:
    client = colleague(world.mine.workspace_id, WorkspaceRole.CLIENT)
    assert _calendar(world, "from=2026-01-01", headers_of(client))["measured"]
    for scopes, there in ((["content.read"], False), (["content.read", "results.read"], True)):
        with session.tenant(Role.API, workspace_id=world.mine.workspace_id) as connection:
            _, secret = create_key(connection, world.mine.workspace_id, "Wall", scopes, created_by=None)
        found = _calendar(world, "from=2026-01-01", {"Authorization": f"Bearer {secret}"})
        assert bool(found["measured"]) is there
