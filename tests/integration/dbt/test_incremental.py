"""Building step by step, in whatever order captures arrive, ends where building everything at once does."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from clientnest.db.roles import Role
from clientnest.db.session import etl
from clientnest.records import AccountRef, AccountRow, CaptureRow, PeriodRow, PostRow, PostType
from tests.conftest import make_workspace
from tests.integration.dbt.captures import post, write
from tests.integration.dbt.conftest import Dbt
from tests.integration.dbt.contents import contents

MARTS = (
    "marts.dim_account", "marts.dim_post", "marts.fct_post_performance", "marts.fct_account_daily",
    "marts.fct_comparable_post", "marts.fct_posting_slot", "marts.fct_hashtag", "marts.fct_content_type",
    "marts.fct_metric_coverage",
)  # fmt: skip
FIRST = datetime(2025, 3, 25, tzinfo=UTC)  # Europe's clocks go forward on the 30th
ACCOUNTS = [AccountRef("instagram", "acme", "Acme"), AccountRef("x", "other", "Other")]
TEXTS = (None, "plain", "with #one", "with #one and #Two", "https://example.com #two")
# Builds that stop half-way, or that somebody started for a part: none may make a later build miss anything.
MODELS = ("run", "--exclude", "serve")
PARTS = ((), (), (), ("--select", "staging", "intermediate"), ("--select", "int_post_day", "marts"),
         ("--select", "fct_post_performance", "dim_post"))  # fmt: skip


def build_times() -> dict[str, Any]:
    """When each mart was last changed."""
    with etl(role=Role.DBT) as connection, connection.cursor() as cursor:
        times = {}
        for relation in MARTS:
            cursor.execute(f"SELECT max(built_at) FROM {relation}")
            times[relation] = (cursor.fetchone() or (None,))[0]
        return times


def some_capture(random: Random) -> Iterator[CaptureRow]:
    """Posts, profiles and daily reports of some day, early or late; of few keys, so that many meet."""
    captured = FIRST + timedelta(hours=random.randrange(0, 24 * 20, 3))
    for _ in range(random.randrange(1, 9)):
        number = random.randrange(6)
        published = FIRST + timedelta(hours=number * 31)
        yield PostRow(
            account=random.choice(ACCOUNTS),
            external_id=str(number),
            captured_at=captured + timedelta(minutes=random.choice((0, 0, 37))),
            metrics={
                name: random.choice((None, 0, random.randrange(-3, 60)))
                for name in ("likes", "comments", "shares", "impressions", "views")
            },
            published_at=random.choice((published, published, published, None, published - timedelta(hours=25))),
            post_type=random.choice((None, PostType.IMAGE, PostType.VIDEO)),
            text=random.choice(TEXTS),
            is_repost=random.random() < 0.05,
        )
    if random.random() < 0.5:
        yield AccountRow(random.choice(ACCOUNTS), captured, {"followers": random.choice((None, 10, 20))})
    if random.random() < 0.4:
        day = date(2025, 3, 25) + timedelta(days=random.randrange(12))
        metrics = {"views": random.randrange(9), "follows": 2, "unfollows": random.choice((None, 1)), "followers": 30}
        yield PeriodRow(random.choice(ACCOUNTS), day, day, captured, metrics)


def move_somebody(random: Random) -> None:
    """Give an account another zone: its hours change without any capture."""
    with etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        zone = random.choice(("Europe/Berlin", "America/New_York", None, "Nowhere/Land"))
        cursor.execute(
            "UPDATE app.account SET timezone = %s "
            "WHERE id = (SELECT id FROM app.account ORDER BY id OFFSET %s LIMIT 1)",
            (zone, random.randrange(4)),
        )


@pytest.fixture(scope="module")
def workspaces(database: str) -> list[UUID]:
    return [make_workspace(), make_workspace(timezone="Asia/Kolkata")]


@pytest.mark.parametrize("seed", range(2))  # `tests/long/test_incremental.py` takes more
def test_any_order_of_loads_and_builds_gives_the_marts_of_a_full_build(
    seed: int, dbt: Dbt, workspaces: list[UUID]
) -> None:
    assert_built_alike(Random(seed), dbt, workspaces)


def assert_built_alike(random: Random, dbt: Dbt, workspaces: list[UUID]) -> None:
    for step in range(4):
        for _ in range(random.randrange(1, 6)):
            write(random.choice(workspaces), some_capture(random), source=random.choice(("poll:x", "export:x")))
        if random.random() < 0.5:
            move_somebody(random)
        dbt(*MODELS, *(random.choice(PARTS) if step and step < 3 else ()))
    step_by_step = contents(*MARTS)
    dbt(*MODELS, "--full-refresh")
    at_once = contents(*MARTS)
    for relation in MARTS:
        assert step_by_step[relation] == at_once[relation], relation
        assert at_once[relation], f"{relation} is empty: the test compares nothing"


def test_a_build_without_news_changes_no_mart(dbt: Dbt, workspaces: list[UUID]) -> None:
    write(workspaces[0], [post(likes=3)])
    dbt(*MODELS)
    before = build_times()
    write(workspaces[0], [post(likes=3)])
    dbt(*MODELS)
    assert build_times() == before


def test_a_post_found_to_be_from_another_day_leaves_its_old_day(dbt: Dbt, workspaces: list[UUID]) -> None:
    account = "lonely"
    wrong = datetime(2025, 1, 5, 12, tzinfo=UTC)
    right = wrong + timedelta(days=100)
    write(workspaces[0], [post(account=account, published_at=wrong, age=timedelta(days=101), likes=1)])
    dbt(*MODELS)
    write(workspaces[0], [post(account=account, published_at=right, age=timedelta(days=2), likes=1)])
    dbt(*MODELS)
    with etl() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT day, posts_published FROM marts.fct_account_daily JOIN marts.dim_account USING (account_id) "
            "WHERE external_id = %s AND posts_published > 0",
            (account,),
        )
        assert cursor.fetchall() == [(right.date(), 1)]
        cursor.execute("SELECT count(*) FROM marts.fct_account_daily WHERE day = %s", (wrong.date(),))
        assert cursor.fetchone() == (0,)
