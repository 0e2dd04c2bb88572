"""On real posts of 90 pages the model has to reach the figures that simpler recipes reach, and the gate to say so."""

from pathlib import Path

import pytest

from benchmarks.bench_ml import best_hours, known_accounts
from ml.evaluation.files import read_posts
from ml.evaluation.gate import judge_best_times, judge_performance
from ml.evaluation.performance import Examples, examples
from ml.features import Target


@pytest.fixture(scope="module")
def pages(real_data: Path) -> Examples:
    return examples(read_posts(real_data / "engagement" / "facebook_pages_2017.parquet"), Target.TOTAL)


def test_known_accounts_on_later_time(pages: Examples) -> None:
    judged = known_accounts(pages)
    assert judged.scores.accounts >= 80
    assert judged.scores.within_spearman >= 0.35
    assert judged.scores.auc_top_quarter >= 0.66
    assert judged.scores.mae_log1p <= 0.965
    assert judged.baselines["account_mean"].mae_log1p == pytest.approx(1.087, abs=0.01)
    assert 0.77 <= judged.coverage <= 0.83
    assert judge_performance(judged).outcome == "champion"


@pytest.mark.parametrize(("posts_per_account", "least"), [(None, 0.15), (40, 0.08)])
def test_recommended_hours_pay_later(pages: Examples, posts_per_account: int | None, least: float) -> None:
    judged = best_hours(pages, posts_per_account)
    model, habit, everybody = (judged.uplift[name] for name in ("model", "habit", "global"))
    assert model is not None
    assert habit is not None
    assert everybody is not None
    assert model.uplift > max(least, habit.uplift, everybody.uplift)
    assert model.low > 0
    assert judge_best_times(judged).outcome == "champion"
