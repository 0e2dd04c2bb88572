"""Figures of merit, the paired bootstrap, the split in time, the gate."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from ml.evaluation import gate
from ml.evaluation.compare import compare
from ml.evaluation.later_time import split_at, split_share
from ml.evaluation.metrics import auc_top_quarter, score, spearman
from ml.features import Target
from tests.unit.ml.brands import posts


def test_figures_agree_with_scipy_and_scikit_learn(rng: np.random.Generator) -> None:
    y, predicted = rng.integers(0, 30, 200).astype(float), rng.normal(size=200).round(1)
    assert spearman(y, predicted) == pytest.approx(spearmanr(y, predicted).statistic)
    top = y > np.quantile(y, 0.75)
    assert auc_top_quarter(y, predicted) == pytest.approx(roc_auc_score(top, predicted))


def test_figures_within_accounts_are_not_fooled_by_size(rng: np.random.Generator) -> None:
    accounts = ["small"] * 100 + ["large"] * 100 + ["rare"] * 7
    level = np.array([1.0] * 100 + [8.0] * 100 + [5.0] * 7)
    y = level + rng.normal(0, 0.5, 207)
    found = score(y, level, accounts)
    assert found.pooled_spearman > 0.8
    assert found.within_spearman == 0
    assert found.auc_top_quarter == 0.5
    assert found.accounts == 2  # an account with 7 test posts says nothing


def _days(count: int, per_day: int) -> list[date]:
    return [date(2026, 1, 1) + timedelta(days=i // per_day) for i in range(count)]


def test_a_better_prediction_is_beyond_noise_and_chance_is_not(rng: np.random.Generator) -> None:
    y = rng.normal(size=400)
    accounts = ["a"] * 200 + ["b"] * 200
    arguments = {"accounts": accounts, "days": _days(400, 4)}
    assert compare(y, y * 0.5, np.zeros(400), **arguments).beyond_noise
    assert not compare(y, np.zeros(400), y * 0.5, **arguments).beyond_noise
    passed = [
        compare(y, 0.02 * rng.normal(size=400), np.zeros(400), **arguments, seed=k).beyond_noise for k in range(60)
    ]
    assert np.mean(passed) <= 0.05


def test_posts_of_one_lucky_day_are_not_counted_as_independent(rng: np.random.Generator) -> None:
    """200 posts on four days: luck shared by a day must widen the interval, or the gate would believe it."""
    luck = rng.normal(0, 1, 4).repeat(50)
    y = luck + rng.normal(0, 0.05, 200)
    guess = np.where(np.arange(200) < 100, 0.2, -0.2)
    apart = compare(y, guess, np.zeros(200), accounts=["a"] * 200, days=_days(200, 1))
    together = compare(y, guess, np.zeros(200), accounts=["a"] * 200, days=_days(200, 50))
    assert together.error.high - together.error.low > 3 * (apart.error.high - apart.error.low)


def test_nothing_known_after_the_cutoff_is_learned_from() -> None:
    times = posts(count=100)["published_at"].sort()
    split = split_share(times, 0.25, Target.TOTAL)
    before, after = times[split.before], times[split.after]
    assert before.max() <= split.cutoff - timedelta(hours=24)
    assert after.min() >= split.cutoff
    assert 0.24 <= len(after) / len(times) <= 0.26
    week = split_at(times, split.cutoff, Target.WEEK)
    assert times[week.before].max() <= split.cutoff - timedelta(days=7)


def test_the_gate_says_how_many_posts_are_missing() -> None:
    verdict = gate.enough_posts(38, 9)
    assert verdict is not None
    assert verdict.outcome == "too_few_posts"
    assert "38 posts" in verdict.reason
    assert str(gate.MINIMUM_POSTS) in verdict.reason
    assert gate.enough_posts(gate.MINIMUM_POSTS, gate.MINIMUM_LATER_POSTS) is None
    assert gate.enough_posts(gate.MINIMUM_POSTS, gate.MINIMUM_LATER_POSTS - 1) is not None


def test_days_without_order_are_accepted(rng: np.random.Generator) -> None:
    """The bootstrap draws days by name, so the order of rows does not matter."""
    y, guess = rng.normal(size=120), rng.normal(size=120)
    frame = pl.DataFrame({"y": y, "g": guess + y, "a": ["a", "b", "c"] * 40, "d": _days(120, 6)})
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    found = [
        compare(f["y"].to_numpy(), f["g"].to_numpy(), np.zeros(120), accounts=f["a"].to_list(), days=f["d"].to_list())
        for f in (frame, shuffled)
    ]
    assert found[0].error.low == pytest.approx(found[1].error.low)
    assert found[0].rho is not None
    assert found[1].rho is not None
    assert found[0].rho.high == pytest.approx(found[1].rho.high)
