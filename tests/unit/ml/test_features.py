"""Features know nothing that was not known when the post was planned, and are the same for training and one draft."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from clientnest.errors import BadInput
from ml.features import Target, as_drafts, as_posts, build, no_posts
from ml.features.clock import local_clock
from ml.features.frame import results
from tests.unit.ml.brands import START, posts

DAY = timedelta(days=1)


def _post(post_id: str, at: datetime, engagement: float | None, **more: object) -> dict[str, object]:
    return {
        "post_id": post_id, "account_id": "a", "network": "x", "published_at": at, "text": "", "post_type": "text",
        "engagement": engagement, **more,
    }  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(
    cutoff=st.integers(10, 110), target=st.sampled_from(Target),
    factor=st.floats(0, 1000), shift=st.floats(0, 1000),
)  # fmt: skip
def test_results_after_the_moment_change_no_feature(cutoff: int, target: Target, factor: float, shift: float) -> None:
    frame = posts(count=60).with_columns(engagement_24h="engagement", engagement_7d="engagement")
    moment = frame["published_at"].sort()[cutoff]
    later = pl.col("published_at") + target.settles > moment
    shuffled = frame.with_columns(
        pl.when(later)
        .then(pl.col(target.column) * factor + shift)
        .otherwise(pl.col(target.column))
        .alias(target.column)
    )
    planned = frame.filter(pl.col("published_at") <= moment)
    assert_frame_equal(build(planned, history=frame, target=target), build(planned, history=shuffled, target=target))


def test_results_before_the_moment_do_change_features() -> None:
    frame = posts(count=60)
    moment = frame["published_at"].sort()[80]
    planned = frame.filter(pl.col("published_at") == moment)
    earlier = frame.with_columns(
        pl.when(pl.col("published_at") <= moment - DAY).then(pl.col("engagement") * 5).otherwise(pl.col("engagement"))
        .alias("engagement")
    )  # fmt: skip
    before, after = build(planned, history=frame), build(planned, history=earlier)
    for name in ("level", "last10", "account_mean", "type_level"):
        assert after[name][0] > before[name][0] + 1


def test_one_draft_has_the_features_of_the_post_it_becomes() -> None:
    frame = posts(count=120)
    trained = build(frame, history=frame).sort("post_id")
    alone = [
        build(
            as_drafts(frame[row : row + 1]), history=frame.filter(pl.col("published_at") < frame["published_at"][row])
        )
        for row in (0, 7, 100, 119, 200)
    ]
    served = pl.concat(alone).sort("post_id")
    assert_frame_equal(served, trained.filter(pl.col("post_id").is_in(served["post_id"].to_list())), abs_tol=1e-9)


def test_an_account_without_posts_has_features_and_no_history() -> None:
    draft = as_drafts(pl.DataFrame([_post("d", START, None)]))
    row = build(draft, history=no_posts()).row(0, named=True)
    assert row["level"] is None
    assert row["n"] is None
    assert row["gap_hours"] is None
    assert (row["hour"], row["posts_last_day"]) == (0, 0)


def test_history_numbers_are_what_a_person_would_count() -> None:
    at = [START + timedelta(hours=hours) for hours in (0, 30, 40)]
    frame = as_posts(pl.DataFrame([_post("1", at[0], 9.0), _post("2", at[1], 99.0), _post("3", at[2], None)]))
    draft = as_drafts(pl.DataFrame([_post("d", START + timedelta(hours=53), None)]))
    row = build(draft, history=frame).row(0, named=True)
    # 53 h: the first result is known for more than a day, the second not yet; both later posts are out already.
    assert row["n"] == 1
    assert row["account_mean"] == pytest.approx(pl.Series([9.0]).log1p()[0])
    assert row["gap_hours"] == 13
    assert row["posts_last_day"] == 2


def test_hours_are_those_on_the_accounts_clock_across_daylight_saving() -> None:
    spring = [datetime(2026, 3, 28, 8, tzinfo=UTC), datetime(2026, 3, 29, 7, tzinfo=UTC)]
    frame = as_drafts(pl.DataFrame([_post(str(i), at, None, timezone="Europe/Berlin") for i, at in enumerate(spring)]))
    clock = local_clock(frame)
    assert clock["hour"].to_list() == [9, 9]
    assert clock["hour_of_week"].to_list() == [5 * 24 + 9, 6 * 24 + 9]


def test_rows_of_many_zones_keep_their_order_and_an_unknown_zone_is_utc() -> None:
    zones = ["Asia/Kolkata", "UTC", "Mars/Olympus", "Asia/Kolkata", "../etc"]
    frame = as_drafts(pl.DataFrame([_post(str(i), START, None, timezone=zone) for i, zone in enumerate(zones)]))
    clock = local_clock(frame)
    assert clock["post_id"].to_list() == ["0", "1", "2", "3", "4"]
    assert clock["hour"].to_list() == [5, 0, 0, 5, 0]


@pytest.mark.parametrize(
    ("target", "age_hours", "known", "mature"),
    [
        (Target.TOTAL, 23, False, False), (Target.TOTAL, 25, True, False), (Target.TOTAL, 167, True, False),
        (Target.TOTAL, 168, True, True), (Target.TOTAL, None, True, True),
    ],
)  # fmt: skip
def test_a_result_settles_after_a_day_and_matures_after_a_week(
    target: Target, age_hours: int | None, known: bool, mature: bool
) -> None:
    captured = None if age_hours is None else START + timedelta(hours=age_hours)
    frame = as_posts(pl.DataFrame([_post("1", START, 5.0, captured_at=captured)]))
    found = results(frame, target)
    assert (len(found) == 1) is known
    assert found["mature"].to_list() == ([mature] if known else [])


def test_unknown_and_negative_results_are_unknown_never_zero() -> None:
    frame = as_posts(pl.DataFrame([_post("1", START, None), _post("2", START, -3.0), _post("3", START, 0.0)]))
    assert frame["engagement"].to_list() == [None, None, 0.0]
    assert results(frame, Target.TOTAL)["post_id"].to_list() == ["3"]


def test_bad_frames_are_named() -> None:
    with pytest.raises(BadInput, match="text"):
        as_posts(pl.DataFrame([_post("1", START, 1.0)]).drop("text"))
    with pytest.raises(BadInput, match="does not fit"):
        as_posts(pl.DataFrame([_post("1", START, 1.0), _post("1", START, 2.0)]))
    odd = as_posts(pl.DataFrame([_post("1", START, 1.0, post_type="hologram")]))
    assert odd["post_type"].to_list() == ["other"]


def test_a_post_of_which_only_the_day_is_known_says_nothing_about_hours_and_settles_a_day_later() -> None:
    times = [START + timedelta(hours=9), START, START]
    known = [_post(str(i), at, 5.0, time_known=i == 0) for i, at in enumerate(times)]
    frame = as_posts(pl.DataFrame(known)).sort("post_id")
    assert local_clock(frame)["hour_of_week"].to_list() == [START.weekday() * 24 + 9, None, None]
    assert results(frame, Target.TOTAL).sort("post_id")["known_at"].to_list() == [
        times[0] + DAY, START + 2 * DAY, START + 2 * DAY,
    ]  # fmt: skip
    drafts = [_post("9", START + timedelta(days=9, hours=hour), None) for hour in (9, 0)]
    rows = [build(as_drafts(pl.DataFrame([draft])), history=frame).row(0, named=True) for draft in drafts]
    assert [(row["n"], row["hour_n"]) for row in rows] == [(3, 1), (3, None)]
    captured = as_posts(pl.DataFrame([_post("1", START, 5.0, time_known=False, captured_at=START + 7.5 * DAY)]))
    assert results(captured, Target.TOTAL)["mature"].to_list() == [False]
