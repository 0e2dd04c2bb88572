"""What the API answers about results, against SQL on what was captured."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.main import create_app
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.warehouse.serve import PostSort
from tests.conftest import make_workspace
from tests.worlds import INSTAGRAM_POSTS, X_POSTS, World

JANUARY = {"from": "2026-01-01", "to": "2026-01-31"}


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(), headers=world.mine.headers) as made:
        yield made


@pytest.fixture
def base(world: World) -> str:
    return f"/v1/workspaces/{world.mine.workspace_id}"


def _raw(world: World, question: str) -> Any:
    with session.tenant(Role.ETL) as connection:
        return connection.execute(text(question), {"w": world.mine.workspace_id}).all()


def _network(overview: Any, name: str) -> Any:
    return next(network for network in overview["networks"] if network["network"] == name)


def _figure(overview: Any, network: str, measure: str) -> Any:
    return next(f for f in _network(overview, network)["figures"] if f["measure"]["name"] == measure)


def test_the_overview_adds_up_what_was_captured_on_local_days(client: TestClient, base: str, world: World) -> None:
    overview = client.get(f"{base}/insights/overview", params=JANUARY).json()
    (posts, impressions, engagement), *_ = _raw(
        world,
        "SELECT count(*), sum(impressions), sum(likes + comments + shares) FROM raw.post p JOIN raw.post_snapshot s "
        "ON s.post_id = p.id AND s.workspace_id = p.workspace_id WHERE p.workspace_id = :w AND network = 'x' AND "
        "(published_at AT TIME ZONE 'America/New_York')::date BETWEEN '2026-01-01' AND '2026-01-31'",
    )
    assert _network(overview, "x")["posts"] == posts == 31
    assert _figure(overview, "x", "impressions")["value"] == impressions
    assert _figure(overview, "x", "engagement")["value"] == engagement
    assert overview["compared_with"] == {"from": "2025-12-01", "to": "2025-12-31", "days": 31}
    # The first post went out at 03:00 UTC of 1 January, which was still December in New York.
    assert _network(overview, "x")["posts_before"] == 1
    assert _figure(overview, "x", "impressions")["before"] == 100
    assert _figure(overview, "x", "impressions")["change"] == pytest.approx((impressions - 100) / 100)
    assert _figure(overview, "instagram", "reach")["value"] == pytest.approx(1005)  # a median: people overlap
    assert overview["posts"] == posts + INSTAGRAM_POSTS - 1


def test_what_a_network_does_not_report_is_null_with_its_reason_and_never_zero(client: TestClient, base: str) -> None:
    overview = client.get(f"{base}/insights/overview", params=JANUARY).json()
    for figure, reason in (
        (_figure(overview, "x", "reach"), "not reported by this network"),
        (_figure(overview, "instagram", "link_clicks"), "not reported by this network"),
        (_figure(overview, "instagram", "impressions"), "no longer reported by this network since 2025-04-21"),
        (_figure(overview, "instagram", "saves"), "not in the data captured so far"),
        (_figure(overview, "x", "views_24h"), "not reported by this network"),
    ):
        assert (figure["value"], figure["change"], figure["missing"]) == (None, None, reason)
    page = client.get(f"{base}/insights/posts", params={"network": "instagram"}).json()
    for post in page["items"]:
        explained = [name for names in post["missing"].values() for name in names]
        assert sorted(name for name, value in post["metrics"].items() if value is None) == sorted(explained)
        assert post["metrics"]["shares"] is None
        assert post["metrics"]["engagement"] == 12  # of what is known


def test_without_a_period_the_overview_ends_with_the_newest_post(client: TestClient, base: str) -> None:
    assert client.get(f"{base}/insights/overview").json()["period"] == {
        "from": "2026-01-12", "to": "2026-02-08", "days": 28,
    }  # fmt: skip


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", list(PostSort))
def test_pages_give_every_post_once_in_order_with_unknown_values_last(
    client: TestClient, base: str, sort: PostSort, order: str
) -> None:
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        params = {"sort": sort.value, "order": order, "limit": 7, **({"cursor": cursor} if cursor else {})}
        page = client.get(f"{base}/insights/posts", params=params).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len({post["post_id"] for post in seen}) == X_POSTS + 1 + INSTAGRAM_POSTS
    values = [post["published_at"] if sort == "published_at" else post["metrics"][sort] for post in seen]
    known = [value for value in values if value is not None]
    assert values == sorted(known, reverse=order == "desc") + [None] * (len(values) - len(known))


def test_posts_are_narrowed_by_account_network_type_period_and_words(
    client: TestClient, base: str, world: World
) -> None:
    def count(**params: Any) -> int:
        return len(client.get(f"{base}/insights/posts", params={"limit": 200, **params}).json()["items"])

    assert count(network="x") == count(account_id=str(world.mine.accounts["x"])) == X_POSTS + 1
    assert count(network=["x", "instagram"]) == X_POSTS + 1 + INSTAGRAM_POSTS
    assert count(type="short_video") == INSTAGRAM_POSTS
    assert count(network="mastodon") == count(account_id=str(world.other.accounts["x"])) == 0
    assert count(**JANUARY, network="x") == 31
    assert count(q="ünÏQUE") == 1
    assert count(q="100%_sure \\") == X_POSTS, "% and _ stand for themselves"
    assert count(q="100%sure") == 0


def test_a_cursor_goes_on_with_its_own_question_only(client: TestClient, base: str) -> None:
    cursor = client.get(f"{base}/insights/posts", params={"limit": 5, "sort": "likes"}).json()["next_cursor"]
    for params in ({"sort": "shares"}, {"sort": "likes", "order": "asc"}, {"sort": "likes", "network": "x"}):
        refused = client.get(f"{base}/insights/posts", params={**params, "cursor": cursor})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "query.cursor")


def test_one_post_is_the_same_alone_as_in_the_list(client: TestClient, base: str, world: World) -> None:
    listed = client.get(f"{base}/insights/posts", params={"order": "asc", "limit": 1, "network": "x"}).json()["items"][
        0
    ]
    alone = client.get(f"{base}/insights/posts/{listed['post_id']}").json()
    assert alone == listed
    assert alone["post_id"] == str(world.mine.posts["x"])
    assert alone["published_local"] == "2025-12-31T22:00:00"
    assert alone["published_time_known"]
    assert alone["hour_of_week"] == 2 * 24 + 22  # a Wednesday
    assert alone["hashtags"] == ["launch"]


def test_an_accounts_days_and_followers_follow_its_captures(client: TestClient, base: str, world: World) -> None:
    account = client.get(f"{base}/accounts/{world.mine.accounts['x']}").json()
    assert (account["followers"], account["timezone"], account["posts"]) == (1087, "America/New_York", X_POSTS + 1)
    series = client.get(f"{base}/accounts/{world.mine.accounts['x']}/daily", params=JANUARY).json()
    changes = {day["day"]: day["metrics"]["followers_change"] for day in series["days"]}
    assert changes["2026-01-02"] == 3
    assert changes["2026-01-01"] is None, "nothing is known of the day before"
    assert "views" in series["missing"]["not reported by this network"]
    overview = client.get(f"{base}/insights/overview", params=JANUARY).json()
    followed = next(one for one in overview["followers"] if one["account"]["network"] == "x")
    assert followed["change"] == sum(change for change in changes.values() if change is not None)


def test_best_times_name_their_hours_and_say_when_nothing_was_learned(
    client: TestClient, base: str, world: World
) -> None:
    learned = client.get(f"{base}/accounts/{world.mine.accounts['x']}/best-times").json()
    assert [hour["hour"]["label"] for hour in learned["hours"]][:2] == ["Monday 00:00", "Monday 01:00"]
    assert learned["hours"][167]["hour"] == {"index": 167, "weekday": "Sunday", "hour": 23, "label": "Sunday 23:00"}
    assert learned["reason"] is None
    nothing = client.get(f"{base}/accounts/{world.mine.accounts['instagram']}/best-times").json()
    assert nothing["hours"] == []
    assert nothing["reason"] == "Best times have not been learned for this account yet."


def test_content_and_data_health_are_told_per_account(client: TestClient, base: str, world: World) -> None:
    types = client.get(f"{base}/insights/content-types", params={"account_id": str(world.mine.accounts["x"])}).json()
    counted = {one["post_type"]: one["posts"] for one in types["items"]}
    assert (counted["text"], counted["image"]) == (20, 20)
    tags = client.get(f"{base}/insights/hashtags").json()["items"]
    assert [(tag["hashtag"], tag["posts"]) for tag in tags] == [("launch", X_POSTS)]
    slots = client.get(f"{base}/insights/posting-slots").json()["items"]
    assert {slot["hour"]["hour"] for slot in slots} == {22}
    health = client.get(f"{base}/data-health").json()["items"]
    x = next(one for one in health if one["account_id"] == str(world.mine.accounts["x"]))
    impressions = next(one for one in x["coverage"] if one["metric"] == "impressions")
    assert impressions == {"metric": "impressions", "reported_share": pytest.approx(40 / 41), "expected": True}


def test_an_empty_workspace_answers_with_nothing_instead_of_zeros(client: TestClient, world: World) -> None:
    workspace_id = make_workspace()
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO app.membership VALUES (%s, %s, 'client')",
                       (str(workspace_id), str(world.mine.owner.id)))  # fmt: skip
    overview = client.get(f"/v1/workspaces/{workspace_id}/insights/overview").json()
    assert (overview["networks"], overview["followers"], overview["posts"]) == ([], [], 0)
    assert date.fromisoformat(overview["period"]["to"]) >= date(2026, 1, 1)
    assert client.get(f"/v1/workspaces/{workspace_id}/insights/posts").json() == {"items": [], "next_cursor": None}


def test_the_catalogue_says_what_each_number_means_and_who_reports_it(client: TestClient) -> None:
    metrics = {metric["name"]: metric for metric in client.get("/v1/metrics").json()["items"]}
    assert metrics["reach"]["aggregation"] == "none"
    assert "x" not in metrics["reach"]["networks"]
    assert metrics["impressions"]["networks"]["x"]["source"].startswith("https://")


def test_ready_once_built_and_reads_say_so_while_they_are_not(client: TestClient, base: str) -> None:
    assert client.get("/readyz").json() == {"status": "ready"}
    with session.etl(role=Role.DBT) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER VIEW serve.post RENAME TO post_away")
    try:
        for address in ("/readyz", f"{base}/insights/posts", f"{base}/insights/overview"):
            answer = client.get(address)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert "have not been built yet" in answer.json()["detail"]
            assert answer.headers["retry-after"]
    finally:
        with session.etl(role=Role.DBT) as connection, connection.cursor() as cursor:
            cursor.execute("ALTER VIEW serve.post_away RENAME TO post")
    assert client.get(f"{base}/insights/posts").status_code == 200


def test_times_are_told_with_their_zone(client: TestClient, base: str) -> None:
    post = client.get(f"{base}/insights/posts", params={"limit": 1}).json()["items"][0]
    assert datetime.fromisoformat(post["published_at"]).utcoffset() is not None
    assert datetime.fromisoformat(post["published_local"]).tzinfo is None
