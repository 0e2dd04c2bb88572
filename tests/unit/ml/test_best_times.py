"""Best times: planted hours are found, chance is not, and what was never tried is not promised."""

import numpy as np
import polars as pl

from ml.evaluation.best_hours import judge_best_hours
from ml.evaluation.gate import judge_best_times
from ml.evaluation.performance import examples, split_examples
from ml.features import Target
from ml.models.best_times import MINIMUM_POSTS, departures, fit_best_times
from tests.unit.ml.brands import GOOD_HOUR, posts, unrelated


def _halves(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    known = examples(frame, Target.TOTAL)
    split = split_examples(known)
    return departures(known.features[split.before]), departures(known.features[split.after])


def test_a_planted_hour_is_found_with_its_size() -> None:
    observed = departures(examples(posts(word=0, hour=0.8), Target.TOTAL).features)
    table = fit_best_times(observed).table
    at = (table["hour_of_week"] % 24 == GOOD_HOUR) & (table["posts"] > 0)
    # Against the account's mean the hour is worth 0.8 × 23/24; few posts behind it draw it toward zero.
    assert np.expm1(0.3) < table.filter(at)["uplift"].mean() < np.expm1(0.8)
    assert table.filter(at)["uplift_low"].min() > 0.2
    assert table.filter(~at)["uplift"].abs().mean() < 0.15
    assert len(table) == 2 * 168


def test_the_gate_believes_planted_hours_and_not_chance() -> None:
    found = judge_best_hours(*_halves(posts(word=0, hour=0.8)))
    assert judge_best_times(found).outcome == "champion"
    assert found.uplift["model"] is not None
    assert found.uplift["habit"] is not None
    assert found.uplift["model"].uplift > found.uplift["habit"].uplift
    refused = [
        judge_best_times(judge_best_hours(*_halves(unrelated(posts(word=0, hour=0.8, seed=k), seed=k)))).outcome
        for k in range(12)
    ]
    assert refused.count("not_better") >= 11


def test_without_a_difference_between_hours_nothing_stands_out() -> None:
    table = fit_best_times(departures(examples(posts(word=0, seed=3), Target.TOTAL).features)).table
    assert table["uplift"].abs().max() < 0.15
    assert (table["uplift_low"] <= 0.02).all()


def test_hours_never_tried_are_wider_than_hours_tried() -> None:
    sleeps = posts(count=800, word=0, hour=0.8).filter(~pl.col("published_at").dt.hour().is_between(1, 7))
    table = fit_best_times(departures(examples(sleeps, Target.TOTAL).features)).table
    tried, never = table.filter(pl.col("posts") > 3), table.filter(pl.col("hour_of_week") % 24 == 4)
    assert never["posts"].sum() == 0
    assert never["sd"].min() > 1.5 * tried["sd"].max()


def test_intervals_hold_the_truth_about_eight_times_in_ten(rng: np.random.Generator) -> None:
    inside, total = 0, 0
    for account in range(30):
        effects = rng.normal(0, 0.3, 24)
        hours = rng.integers(0, 24, 600)
        frame = pl.DataFrame(
            {
                "account_id": [f"a{account}"] * 600, "hour_of_week": hours + 24 * rng.integers(0, 7, 600),
                "hour": hours, "y": np.zeros(600), "departure": effects[hours] + rng.normal(0, 0.8, 600),
            },
            schema_overrides={"hour_of_week": pl.Int16, "hour": pl.Int16},
        )  # fmt: skip
        table = fit_best_times(frame).table
        truth = np.expm1(effects[table["hour_of_week"].to_numpy() % 24])
        inside += int(np.sum((table["uplift_low"].to_numpy() <= truth) & (truth <= table["uplift_high"].to_numpy())))
        total += 168
    assert 0.72 <= inside / total <= 0.9


def test_an_account_with_few_posts_is_left_out() -> None:
    few = posts(count=MINIMUM_POSTS, accounts=1)
    assert fit_best_times(departures(examples(few, Target.TOTAL).features)).table.is_empty()


def test_days_without_a_time_make_no_midnight_a_good_hour() -> None:
    frame = posts(word=0, hour=0.8)
    dated = frame.filter(pl.col("published_at").dt.hour() == GOOD_HOUR).with_columns(
        pl.col("published_at").dt.truncate("1d"), time_known=pl.lit(value=False), post_id="dated " + pl.col("post_id")
    )
    table = fit_best_times(departures(examples(pl.concat([frame, dated], how="diagonal"), Target.TOTAL).features)).table
    midnight = table.filter(pl.col("hour_of_week") % 24 == 0)
    assert midnight["uplift"].max() < 0.2
    assert 0 < midnight["posts"].sum() <= frame.filter(pl.col("published_at").dt.hour() == 0).height
