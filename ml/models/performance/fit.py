"""Training of the performance model. Deterministic by seed; cost grows in proportion to the number of posts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import polars as pl

from ml.models.performance.forest import Floats, from_boosting
from ml.models.performance.interval import Interval
from ml.models.performance.model import PerformanceModel, as_numbers, baseline, design
from ml.models.performance.wording import WordingConfig, fit_wording


@dataclass(frozen=True)
class FitConfig:
    """What can be tuned. `threads` bounds the processors a training may take (more only helps on idle ones)."""

    seeds: int = 3
    iterations: int = 100
    learning_rate: float = 0.08
    leaves: int = 15
    posts_per_leaf: int = 60
    l2: float = 10.0
    features_per_split: float = 0.5
    threads: int = 1
    wording: WordingConfig = field(default_factory=WordingConfig)

    def as_params(self) -> dict[str, Any]:
        """Flat, for MLflow."""
        flat = asdict(self)
        return {**{f"wording_{key}": value for key, value in flat.pop("wording").items()}, **flat}


def fit(
    features: pl.DataFrame,
    y: Floats,
    documents: Sequence[Sequence[str]],
    *,
    target: str,
    interval: Interval,
    config: FitConfig,
    seed: int = 0,
) -> PerformanceModel:
    """Learn departures from the account's decayed level.

    features: rows of `ml.features.build` in order of time; y: log1p results; documents: the rows' tokens;
    interval: widths measured with another fit (see `ml.training`).
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    overall = float(np.mean(y))
    by_network = features.select("network", y=pl.Series(y)).group_by("network").agg(pl.col("y").mean())
    means = {str(name): float(mean) for name, mean in by_network.sort("network").iter_rows()}
    numbers = as_numbers(features)
    levels = {name: baseline(features, numbers[name], numbers["n"], means, overall) for name in ("level", "level_slow")}
    # An account that moves is followed by the faster mean; one that only scatters is better served by the slower.
    level = min(levels, key=lambda name: float(np.abs(y - levels[name]).mean()))
    base = levels[level]
    departures = y - base
    with threadpool_limits(limits=config.threads):
        wording, scores = fit_wording(documents, features["account_id"].to_list(), departures, config=config.wording)
        table = design(features, numbers, base, scores)
        boosted = [
            HistGradientBoostingRegressor(
                loss="absolute_error",  # its median, unlike a mean, stays one when log1p is undone
                learning_rate=config.learning_rate,
                max_iter=config.iterations,
                max_leaf_nodes=config.leaves,
                min_samples_leaf=int(np.clip(len(y) // 100, 5, config.posts_per_leaf)),
                l2_regularization=config.l2,
                max_features=config.features_per_split,
                early_stopping=False,
                random_state=seed * 1000 + k,
            ).fit(table, departures)
            for k in range(config.seeds)
        ]
        forest = from_boosting(boosted, table)
    return PerformanceModel(target, level, means, overall, wording, forest, interval)
