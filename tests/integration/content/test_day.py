"""A day with one idea, through HTTP alone: from the first draft for four networks to a night on which clocks change."""

from tests.integration.content.conftest import NETWORKS, Desk, seen
from tests.integration.content.test_scheduling import PARIS, nights

LONG = "The market opens at nine on Saturday, and everybody who grows something brings it. " * 4
SHORT = "The market opens at nine on Saturday. 🌽"
NAMED = f"{SHORT} In the old town."


def test_from_the_first_draft_to_a_night_on_which_clocks_change(desk: Desk) -> None:
    seen(desk("GET", "/posts", by="approver"))  # there is somebody who can approve
    first, second = {"roles": ["approver"]}, {"client_by_link": True}
    seen(desk("POST", "/approval-policies", {"mode": "required", "levels": [first, second]}, by="admin"))

    # One idea for four networks, and what two of them would say about it.
    post = desk.write(*NETWORKS, text=LONG)
    here = f"/posts/{post['id']}"
    drafts = [{"account_id": str(desk.accounts[one]), "text": LONG} for one in NETWORKS]
    told = seen(desk("POST", "/posts/validate", {"variants": drafts}))
    refused = {one["network"]: one["violations"][0] for one in told["variants"] if not one["is_publishable"]}
    assert {network: (one["rule"], one["limit"]) for network, one in refused.items()} == {
        "x": ("text-too-long", 280), "bluesky": ("text-too-long", 300),
    }  # fmt: skip
    assert refused["x"]["start"] == 280
    soon = {"at": "2027-03-01T09:00"}
    assert desk("POST", f"{here}/schedule", soon, If_Match=post["etag"]).json()["code"] == "unpublishable"

    short = [{"account_id": str(desk.accounts[one]), "text": SHORT} for one in ("x", "bluesky")]
    post = seen(desk("PATCH", here, {"variants": short}, If_Match=post["etag"]))
    assert desk("POST", f"{here}/schedule", soon, If_Match="*").status_code == 409, "nobody approved it"

    # Two levels, and a client who asks for a change by a link.
    post = seen(desk("POST", f"{here}/submit", {}, If_Match=post["etag"]))
    assert post["state"] == "in_review"
    assert desk("POST", f"{here}/approve", {}, If_Match=post["etag"]).status_code == 403
    post = seen(desk("POST", f"{here}/approve", {}, by="approver", If_Match=post["etag"]))["post"]
    assert post["state"] == "in_review", "the client is asked yet"
    link = seen(desk("POST", f"{here}/review-links", {"name": "Ada at Acme"}))["secret"]
    client = f"/v1/review-links/{link}"
    shown = seen(desk.client.get(client))
    assert {one["network"] for one in shown["variants"]} == set(NETWORKS)
    looked_at = [{"account_id": one["account_id"], "digest": one["digest"]} for one in shown["variants"]]
    asked = {"comment": "Please name the place.", "seen": looked_at}
    assert desk.client.post(f"{client}/request-changes", json=asked).is_success
    post = seen(desk("GET", here))
    assert post["state"] == "changes_requested"

    # Changed, approved at both levels.
    named = [{"account_id": str(desk.accounts[one]), "text": NAMED} for one in NETWORKS]
    post = seen(desk("PATCH", here, {"variants": named}, If_Match=post["etag"]))
    post = seen(desk("POST", f"{here}/submit", {}, If_Match=post["etag"]))
    seen(desk("POST", f"{here}/approve", {}, by="approver", If_Match=post["etag"]))
    shown = seen(desk.client.get(client))
    assert {one["parts"][0]["text"] for one in shown["variants"]} == {NAMED}
    looked_at = [{"account_id": one["account_id"], "digest": one["digest"]} for one in shown["variants"]]
    assert desk.client.post(f"{client}/approve", json={"seen": looked_at}).is_success
    post = seen(desk("GET", here))
    assert post["state"] == "approved"

    # Scheduled for a time that clocks pass over.
    spring, _ = nights()
    done = seen(desk("POST", f"{here}/schedule", {"at": f"{spring}T02:30", "timezone": PARIS}, If_Match=post["etag"]))
    assert {one["schedule"]["instant"] for one in done["post"]["variants"]} == {f"{spring}T01:30:00Z"}
    assert "pass over 02:30" in done["notes"][0]

    # A second editor moves it while the first has it open.
    opened = seen(desk("GET", here))
    seen(desk("POST", f"{here}/schedule", {"at": f"{spring}T09:00", "timezone": PARIS}, by="admin",
              If_Match=opened["etag"]))  # fmt: skip
    mine = {"title": "Market, at night"}
    conflict = desk("PATCH", here, mine, If_Match=opened["etag"])
    assert conflict.status_code == 412
    assert conflict.json()["changed"] == sorted(f"variants.{desk.accounts[one]}.schedule" for one in NETWORKS)
    assert conflict.json()["changed_by"] == str(desk.people["admin"])
    now = seen(desk("GET", here))
    assert {one["schedule"]["local_time"] for one in now["variants"]} == {f"{spring}T09:00:00"}
    now = seen(desk("PATCH", here, mine, If_Match=now["etag"]))
    assert (now["title"], now["state"]) == ("Market, at night", "scheduled"), "no word of it changed: it stays approved"

    _tells_the_story(desk, here, post["id"])


def _tells_the_story(desk: Desk, here: str, post_id: str) -> None:
    moves = desk("GET", f"{here}/history").json()["items"]
    of_x = [(one["to_state"], one["actor_kind"]) for one in moves if one["account_id"] == str(desk.accounts["x"])]
    assert of_x == [
        ("draft", "person"), ("in_review", "person"), ("changes_requested", "client_link"), ("in_review", "person"),
        ("approved", "client_link"), ("scheduled", "person"),
    ]  # fmt: skip
    changes = desk("GET", f"{here}/revisions").json()["items"]
    texts = [f"variants.{desk.accounts['x']}.text", f"variants.{desk.accounts['x']}.schedule"]
    assert [[name for name in texts if name in one["changed"]] for one in changes] == [
        [], [texts[1]], [texts[1]], [texts[0]], [texts[0]], [],
    ]  # fmt: skip
    assert desk("GET", f"{here}/revisions/1").json()["contents"][str(desk.accounts["x"])]["text"] == LONG
    logged = desk("GET", f"/audit-events?object_id={post_id}&limit=100", by="admin").json()["items"]
    assert [one["action"].removeprefix("workspace.post.") for one in reversed(logged)] == [
        "created", "changed", "submitted", "approved", "changes_requested", "changed", "submitted", "approved",
        "approved", "scheduled", "scheduled", "changed",
    ]  # fmt: skip
