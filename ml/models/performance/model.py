"""The performance model: plain data that turns features into a prediction, an interval and reasons.

Training lives in `fit`; nothing here imports it, so what serves drafts never loads what trains.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from clientnest.records import PostType
from ml.features.text import TEXT_COUNTS
from ml.models.performance.forest import Floats, Forest
from ml.models.performance.interval import Interval
from ml.models.performance.vocabulary import tokenise
from ml.models.performance.wording import Wording

FORMAT = 1  # of the saved arrays; a reader refuses any other
_PRIOR_WEIGHT = 3.0  # results of an account that weigh as much as the average of its network
_RELATIVE = ("level_fast", "level", "level_slow", "last10", "account_mean", "type_level", "hour_level")
_PLAIN = ("spread", "type_n", "hour_n", "posts_last_day", "hour", "weekday", "has_link", *TEXT_COUNTS)
_NUMBERS = (*_RELATIVE, *_PLAIN, "n", "gap_hours")
_FORMATS = tuple(f"format_{kind.value}" for kind in PostType)
MODEL_COLUMNS = ("account_id", "network", "post_type", "document", *_NUMBERS)  # of `ml.features.build`: what it reads
DESIGN_COLUMNS = (
    *(f"{name}_departure" for name in _RELATIVE), "baseline", "n_log", "gap_log", *_PLAIN, *_FORMATS, "wording",
)  # fmt: skip

GROUPS: Mapping[str, tuple[str, ...]] = {
    "wording": ("wording",),
    "format": ("type_level_departure", "type_n", *_FORMATS),
    "time": ("hour_level_departure", "hour_n", "hour", "weekday"),
    "recent form": ("level_fast_departure", "level_departure", "level_slow_departure", "last10_departure",
                    "account_mean_departure", "baseline", "n_log", "spread"),
    "rhythm": ("gap_log", "posts_last_day"),
    "text and links": ("has_link", *TEXT_COUNTS),
}  # fmt: skip
"""What moves a prediction, in a marketer's terms: every design column belongs to exactly one group."""


@dataclass(frozen=True)
class Predicted:
    """All [rows], in log1p of the count: expectation (a median), 80% bounds, the account's decayed level before it.

    contributions [rows × groups of `GROUPS`]: departures from that level by what moved it.
    """

    value: Floats
    low: Floats
    high: Floats
    baseline: Floats
    contributions: Floats


@dataclass(frozen=True)
class PerformanceModel:
    """A fitted model. `level`: which decayed mean (column) its predictions depart from; `network_means`: mean log1p
    results by network; `overall_mean`: for networks that training never saw."""

    target: str
    level: str
    network_means: Mapping[str, float]
    overall_mean: float
    wording: Wording
    forest: Forest
    interval: Interval

    def predict(self, features: pl.DataFrame) -> Predicted:
        """Predict rows of `ml.features.build`, with bounds and contributions; each row depends on itself alone."""
        numbers, base, table = self._prepared(features)
        departure, moves = self.forest.explain(table)
        value = base + departure
        low, high = self.interval.bounds(value, numbers["spread"], numbers["n"])
        places = {name: i for i, name in enumerate(DESIGN_COLUMNS)}
        grouped = [moves[:, [places[name] for name in names]].sum(axis=1) for names in GROUPS.values()]
        return Predicted(value, low, high, base, np.stack(grouped, axis=1))

    def median(self, features: pl.DataFrame) -> Floats:
        """`predict(features).value` alone, cheaper for many rows."""
        _, base, table = self._prepared(features)
        return base + self.forest.predict(table)

    def _prepared(self, features: pl.DataFrame) -> tuple[Mapping[str, Floats], Floats, Floats]:
        numbers = as_numbers(features)
        base = baseline(features, numbers[self.level], numbers["n"], self.network_means, self.overall_mean)
        scores = self.wording.score(tokenise(features["document"]), features["account_id"].to_list())
        return numbers, base, design(features, numbers, base, scores)


def as_numbers(features: pl.DataFrame) -> dict[str, Floats]:
    """The numeric features as floats, NaN where unknown; an unknown number of results is none."""
    counts = ("n", "type_n", "hour_n")
    table = features.select(pl.col(_NUMBERS).cast(pl.Float64)).with_columns(pl.col(counts).fill_null(0.0))
    return dict(zip(_NUMBERS, table.fill_null(float("nan")).to_numpy().T, strict=True))


def baseline(
    features: pl.DataFrame, level: Floats, n: Floats, network_means: Mapping[str, float], overall_mean: float
) -> Floats:
    """The account's decayed level [rows], drawn toward its network's mean while few results are known."""
    prior = np.array([network_means.get(network, overall_mean) for network in features["network"]], dtype=np.float64)
    known = np.where(np.isnan(level), 0.0, n)
    drawn: Floats = (known * np.where(np.isnan(level), 0.0, level) + _PRIOR_WEIGHT * prior) / (known + _PRIOR_WEIGHT)
    return drawn


def design(features: pl.DataFrame, numbers: Mapping[str, Floats], base: Floats, wording: Floats) -> Floats:
    """The table the forest reads: [rows × DESIGN_COLUMNS], NaN where unknown."""
    kinds = features["post_type"].to_numpy()
    columns = [numbers[name] - base for name in _RELATIVE]
    columns += [base, np.log1p(numbers["n"]), np.log1p(numbers["gap_hours"])]
    columns += [numbers[name] for name in _PLAIN]
    columns += [(kinds == kind.value).astype(np.float64) for kind in PostType]
    columns.append(wording)
    return np.column_stack(columns)
