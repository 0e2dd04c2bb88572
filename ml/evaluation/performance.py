"""The performance model and its baselines on later time: one experiment, used by training and by the benchmarks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ml.evaluation.compare import Comparison, compare
from ml.evaluation.later_time import Split, account_means, last_ten, overall_mean, split_at, split_share
from ml.evaluation.metrics import Scores, coverage, score
from ml.features import Target, build
from ml.features.frame import results
from ml.models.performance.fit import FitConfig, fit
from ml.models.performance.interval import HISTORY_EDGES, Interval, calibrate, groups
from ml.models.performance.model import PerformanceModel, as_numbers
from ml.models.performance.vocabulary import tokenise

Floats = NDArray[np.float64]
CALIBRATION_SHARE = 0.25  # of the posts before the cutoff: later ones, to measure the interval's width on
RIVALS = ("account_mean", "last_10")  # what a champion has to beat


@dataclass(frozen=True)
class Examples:
    """Posts to learn from in order of time: features (with `y`), results [posts] in log1p, tokens of each text."""

    target: Target
    features: pl.DataFrame
    y: Floats
    documents: Sequence[Sequence[str]]

    def __len__(self) -> int:
        return len(self.y)

    def only(self, rows: NDArray[np.int64]) -> "Examples":
        return Examples(self.target, self.features[rows], self.y[rows], [self.documents[i] for i in rows])


@dataclass(frozen=True)
class Judged:
    """What came of an experiment. `predicted` holds the model's and each baseline's log1p predictions of `after`."""

    split: Split
    model: PerformanceModel
    scores: Scores
    baselines: Mapping[str, Scores]
    comparisons: Mapping[str, Comparison]
    coverage: float
    coverage_by_history: Mapping[str, tuple[float, int]]
    final_interval: Interval


def examples(posts: pl.DataFrame, target: Target) -> Examples:
    """From canonical posts: those whose result is mature, each with what was known when it was published."""
    known = results(posts, target).filter("mature").select("account_id", "post_id", "y")
    features = (
        build(posts, history=posts, target=target)
        .join(known, on=["account_id", "post_id"], how="inner")
        .sort("published_at", "account_id", "post_id")
    )
    return Examples(target, features, features["y"].to_numpy(), tokenise(features["document"]))


def split_examples(known: Examples, *, share: float | None = None, cutoff: datetime | None = None) -> Split:
    """A split of the examples by share of later posts, or at a given time."""
    times = known.features["published_at"]
    if cutoff is not None:
        return split_at(times, cutoff, known.target)
    return split_share(times, 0.25 if share is None else share, known.target)


def judge(known: Examples, split: Split, *, config: FitConfig, seed: int = 0) -> Judged:
    """Fit on what was known at the cutoff, predict what came after, and set it beside the baselines.

    The interval's width is measured inside the earlier part: fit on its first three quarters, measure on the rest.
    `final_interval` is measured on the posts after the cutoff, for a model that is then fitted on everything.
    """
    before, after = known.only(split.before), known.only(split.after)
    inner = split_examples(before, share=CALIBRATION_SHARE)
    probe = train(before.only(inner.before), interval=_UNKNOWN, config=config, seed=seed)
    model = train(before, interval=measured(probe, before.only(inner.after)), config=config, seed=seed)
    numbers = as_numbers(after.features)
    value = model.median(after.features)
    low, high = model.interval.bounds(value, numbers["spread"], numbers["n"])
    accounts, days = after.features["account_id"].to_list(), after.features["local_day"].to_list()
    rivals = {
        "account_mean": account_means(known.features, known.y, split),
        "last_10": last_ten(known.features, known.y, split),
        "overall_mean": overall_mean(known.y, split),
    }
    group = groups(numbers["n"])
    return Judged(
        split=split,
        model=model,
        scores=score(after.y, value, accounts),
        baselines={name: score(after.y, predicted, accounts) for name, predicted in rivals.items()},
        comparisons={
            name: compare(after.y, value, rivals[name], accounts=accounts, days=days, seed=seed) for name in RIVALS
        },
        coverage=coverage(after.y, low, high),
        coverage_by_history={
            name: (coverage(after.y[group == k], low[group == k], high[group == k]), int((group == k).sum()))
            for k, name in enumerate(_group_names())
            if (group == k).any()
        },
        final_interval=calibrate(after.y, value, numbers["spread"], numbers["n"]),
    )


def train(known: Examples, *, interval: Interval, config: FitConfig, seed: int = 0) -> PerformanceModel:
    return fit(
        known.features, known.y, known.documents, target=known.target.key, interval=interval, config=config, seed=seed
    )


def measured(model: PerformanceModel, later: Examples) -> Interval:
    """The interval that a model's errors on later posts ask for."""
    numbers = as_numbers(later.features)
    return calibrate(later.y, model.median(later.features), numbers["spread"], numbers["n"])


def _group_names() -> list[str]:
    edges = [0, *HISTORY_EDGES]
    names = [f"{low}-{high - 1}" for low, high in zip(edges, HISTORY_EDGES, strict=False)]
    return [*names, f"{HISTORY_EDGES[-1]}+"]


_UNKNOWN = Interval(1.0, np.zeros(len(HISTORY_EDGES) + 1), np.zeros(len(HISTORY_EDGES) + 1))
