"""What a writer is told while typing: by each network's own rule, each account's own limits, and with its place."""

from typing import Any

from clientnest.ids import new_id
from tests.integration.content.conftest import Desk, seen

COUNTED = ("x", "mastodon", "bluesky", "threads")


def validate(desk: Desk, *variants: dict[str, Any]) -> dict[str, Any]:
    return seen(desk("POST", "/posts/validate", {"variants": list(variants)}))


def test_every_violation_has_its_rule_its_limit_and_its_place(desk: Desk) -> None:
    text = "x" * 281
    found = validate(
        desk, *({"account_id": str(desk.accounts[network]), "text": text} for network in ("x", "linkedin"))
    )  # fmt: skip
    x, linkedin = found["variants"]
    assert not found["is_publishable"]
    (violation,) = x["violations"]
    assert {name: violation[name] for name in ("rule", "severity", "field", "limit", "measured", "start", "end")} == {
        "rule": "text-too-long", "severity": "error", "field": "text", "limit": 280, "measured": 281, "start": 280,
        "end": 281,
    }  # fmt: skip
    assert violation["source"].startswith("https://")
    assert (linkedin["is_publishable"], linkedin["violations"]) == (True, [])


def test_lengths_are_those_of_each_networks_own_rule(desk: Desk) -> None:
    link = "https://example.com/a/very/long/path/that/goes/on/and/on/for/ever"
    found = validate(desk, *({"network": one, "text": f"家族 👨‍👩‍👧‍👦 {link}"} for one in COUNTED))
    measured = {one["network"]: one["counts"][0]["measured"] for one in found["variants"]}
    # Two characters, a space, a family, a space and the link, as each counts them.
    assert measured == {
        "x": 4 + 1 + 2 + 1 + 23,
        "mastodon": 2 + 1 + 1 + 1 + 23,
        "bluesky": 2 + 1 + 1 + 1 + len(link),
        "threads": 2 + 1 + 25 + 1 + len(link),
    }


def test_a_thread_is_counted_part_by_part(desk: Desk) -> None:
    found = validate(desk, {"network": "bluesky", "text": "one", "thread": [{"text": "two"}, {"text": "x" * 301}]})
    checked = found["variants"][0]
    assert [(one["field"], one["measured"]) for one in checked["counts"]] == [
        ("text", 3), ("thread[0].text", 3), ("thread[1].text", 301),
    ]  # fmt: skip
    assert [one["field"] for one in checked["violations"]] == ["thread[1].text"]


def test_a_servers_own_limits_are_the_accounts(desk: Desk) -> None:
    draft = {"account_id": str(desk.accounts["mastodon"]), "text": "x" * 1000}
    assert not validate(desk, draft)["is_publishable"]
    desk.sql(
        "UPDATE app.account SET told = CAST(:told AS jsonb) WHERE id = :id",
        told='{"configuration": {"statuses": {"max_characters": 1234}}}', id=desk.accounts["mastodon"],
    )  # fmt: skip
    found = validate(desk, draft)
    assert found["is_publishable"]
    assert found["variants"][0]["counts"][0]["limit"] == 1234


def test_media_that_is_not_ready_is_told(desk: Desk) -> None:
    media_id = new_id()
    desk.sql("INSERT INTO app.media (workspace_id, id, state, filename, size_bytes) "
             "VALUES (:w, :id, 'processing', 'market.mov', 9)", id=media_id)  # fmt: skip
    found = validate(desk, {"network": "x", "text": "Look", "media": [{"media_id": str(media_id)}]})
    assert "media-not-ready" in [one["rule"] for one in found["variants"][0]["violations"]]


def test_what_is_asked_of_nobody_is_refused(desk: Desk) -> None:
    for variant, status in (
        ({"text": "x"}, 422), ({"network": "myspace", "text": "x"}, 422),
        ({"account_id": str(new_id()), "text": "x"}, 404),
        ({"network": "x", "media": [{"media_id": str(new_id())}]}, 404),
    ):  # fmt: skip
        assert desk("POST", "/posts/validate", {"variants": [variant]}).status_code == status, variant
