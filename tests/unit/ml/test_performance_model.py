"""The performance model: what it learns, how it is kept, what it says about itself."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from clientnest.errors import PermanentError
from ml.evaluation.gate import judge_performance
from ml.evaluation.performance import Judged, examples, judge, split_examples
from ml.features import Target
from ml.models.performance.fit import FitConfig
from ml.models.performance.forest import from_boosting
from ml.models.performance.interval import HISTORY_EDGES, calibrate, groups
from ml.models.performance.model import DESIGN_COLUMNS, GROUPS, PerformanceModel
from ml.models.performance.saved import load, save
from ml.models.performance.vocabulary import tokenise
from ml.models.performance.wording import WordingConfig, fit_wording
from tests.unit.ml.brands import LIFTING, SINKING, posts, unrelated

CONFIG = FitConfig(seeds=1, iterations=40)


def _judged(frame: pl.DataFrame, seed: int = 0) -> Judged:
    known = examples(frame, Target.TOTAL)
    return judge(known, split_examples(known), config=CONFIG, seed=seed)


@pytest.fixture(scope="module")
def judged() -> Judged:
    return _judged(posts())


def test_a_rule_in_the_words_is_learned_and_passes_the_gate(judged: Judged) -> None:
    assert judged.scores.within_spearman > 0.6
    assert judged.scores.auc_top_quarter > 0.8
    assert judged.scores.mae_log1p < 0.75 * judged.baselines["account_mean"].mae_log1p
    assert judge_performance(judged).outcome == "champion"


def test_results_dealt_out_anew_teach_nothing_and_are_refused() -> None:
    found = [_judged(unrelated(posts(seed=seed), seed=seed)) for seed in range(6)]
    assert abs(np.mean([one.scores.within_spearman for one in found])) < 0.08
    verdicts = [judge_performance(one) for one in found]
    assert {verdict.outcome for verdict in verdicts} == {"not_better"}
    assert all("did not beat" in verdict.reason for verdict in verdicts)


def test_the_same_seed_gives_the_same_model(judged: Judged) -> None:
    again = _judged(posts())
    features = examples(posts(), Target.TOTAL).features
    assert np.array_equal(again.model.predict(features).value, judged.model.predict(features).value)
    other = _judged(posts(), seed=1)
    assert not np.array_equal(other.model.predict(features).value, judged.model.predict(features).value)


def test_eighty_percent_of_later_results_fall_inside_the_interval(judged: Judged) -> None:
    assert 0.7 <= judged.coverage <= 0.9


def test_contributions_explain_the_prediction(judged: Judged) -> None:
    features = examples(posts(), Target.TOTAL).features[300:500]
    predicted = judged.model.predict(features)
    left = predicted.value - predicted.baseline - predicted.contributions.sum(axis=1)
    assert np.allclose(left, left[0])  # what is left is the same for every post: the forest's mean
    wording = predicted.contributions[:, list(GROUPS).index("wording")]
    texts = features["document"].to_list()
    assert min(wording[[LIFTING in text for text in texts]]) > max(wording[[SINKING in text for text in texts]])


def test_every_column_of_the_design_has_one_explanation() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(DESIGN_COLUMNS)


def test_each_prediction_depends_on_its_own_row_alone(judged: Judged) -> None:
    features = examples(posts(), Target.TOTAL).features[:50]
    together = judged.model.predict(features)
    alone = judged.model.predict(features[7:8])
    assert alone.value[0] == pytest.approx(together.value[7], abs=1e-12)
    assert np.allclose(judged.model.median(features), together.value)


def test_a_saved_model_predicts_the_same(judged: Judged, tmp_path: Path) -> None:
    features = examples(posts(), Target.TOTAL).features
    save(judged.model, tmp_path)
    held, made = load(tmp_path).predict(features), judged.model.predict(features)
    for name in ("value", "low", "high", "baseline", "contributions"):
        assert np.array_equal(getattr(held, name), getattr(made, name))


def _missing(folder: Path) -> None:
    (folder / "arrays.npz").unlink()


def _cut_short(folder: Path) -> None:
    file = folder / "arrays.npz"
    file.write_bytes(file.read_bytes()[:2000])


def _another_format(folder: Path) -> None:
    file = folder / "model.json"
    file.write_text(file.read_text().replace('"format": 1', '"format": 99'))


def _not_json(folder: Path) -> None:
    (folder / "model.json").write_text("<html>")


def _pickled(folder: Path) -> None:
    np.savez(folder / "arrays.npz", terms=np.array([{"code": "runs"}], dtype=object))


@pytest.mark.parametrize("damage", [_missing, _cut_short, _another_format, _not_json, _pickled])
def test_a_damaged_model_is_refused_with_its_folder(judged: Judged, tmp_path: Path, damage: object) -> None:
    save(judged.model, tmp_path)
    assert callable(damage)
    damage(tmp_path)
    with pytest.raises(PermanentError, match=str(tmp_path)):
        load(tmp_path)


def test_the_forest_is_scikit_learns(rng: np.random.Generator) -> None:
    table = rng.normal(size=(800, 6))
    table[rng.random(table.shape) < 0.2] = np.nan
    y = np.nan_to_num(table[:, 0]) * 2 + np.isnan(table[:, 1]) + rng.normal(size=800)
    fitted = [
        HistGradientBoostingRegressor(loss="absolute_error", max_iter=30, random_state=k).fit(table, y) for k in (0, 1)
    ]
    forest = from_boosting(fitted, table)
    unseen = rng.normal(size=(3000, 6)) * 3
    unseen[rng.random(unseen.shape) < 0.2] = np.nan
    expected = np.mean([model.predict(unseen) for model in fitted], axis=0)
    assert np.allclose(forest.predict(unseen), expected)
    explained, moves = forest.explain(unseen)
    assert np.allclose(explained, expected)
    assert np.abs(moves[:, :2]).mean() > 10 * np.abs(moves[:, 2:]).mean()


def test_a_word_may_lift_one_account_and_sink_another(rng: np.random.Generator) -> None:
    words = rng.choice(["sale", "story", "guide"], size=600)
    accounts = np.where(np.arange(600) % 2 == 0, "a", "b")
    sign = np.where(accounts == "a", 1.0, -1.0)
    departures = sign * (words == "sale") + rng.normal(0, 0.1, 600)
    wording, out_of_fold = fit_wording(tokenise(words), accounts.tolist(), departures, config=WordingConfig(alpha=1.0))
    lift, sink, stranger = wording.score(tokenise(["sale", "sale", "sale"]), ["a", "b", "never seen"])
    assert lift > 0.3
    assert sink < -0.3
    assert abs(stranger) < 0.2
    assert np.corrcoef(out_of_fold, departures)[0, 1] > 0.8


def test_out_of_fold_scores_do_not_see_their_own_time(rng: np.random.Generator) -> None:
    """A word that lives for a fifth of the time only, and lifts: a score that knew its own time would show it."""
    words = [f"story{i * 5 // 500}" for i in range(500)]
    departures = np.array([float(word == "story2") for word in words]) + rng.normal(0, 0.05, 500)
    _, out_of_fold = fit_wording(tokenise(words), ["a"] * 500, departures, config=WordingConfig(alpha=0.1))
    assert np.abs(out_of_fold[200:300]).max() < 0.5


def test_intervals_hold_their_share_for_small_and_large_accounts(rng: np.random.Generator) -> None:
    n = rng.choice([3.0, 30.0, 500.0], size=12_000)
    true_spread = np.where(n == 3, 1.5, 0.5)
    spread = np.where(n == 3, np.nan, true_spread)
    y = rng.normal(0, true_spread)
    early, late = slice(0, 6_000), slice(6_000, None)
    interval = calibrate(y[early], np.zeros(6_000), spread[early], n[early])
    low, high = interval.bounds(np.zeros(6_000), spread[late], n[late])
    inside = (y[late] >= low) & (y[late] <= high)
    for group in np.unique(groups(n)):
        assert 0.77 <= inside[groups(n[late]) == group].mean() <= 0.83
    assert len(interval.low) == len(HISTORY_EDGES) + 1


def test_equal_results_and_empty_texts_train(tmp_path: Path) -> None:
    flat = posts(count=150).with_columns(engagement=pl.lit(7.0), text=pl.lit(""))
    found = _judged(flat)
    assert judge_performance(found).outcome == "not_better"
    save(found.model, tmp_path)
    held = load(tmp_path)
    assert isinstance(held, PerformanceModel)
    features = examples(flat, Target.TOTAL).features
    assert np.allclose(np.expm1(held.predict(features).value[-10:]), 7, rtol=0.02)
