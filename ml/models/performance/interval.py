"""80% intervals by split conformal prediction: widths are measured on later posts than those the model learned from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
COVERAGE = 0.8
HISTORY_EDGES = (10, 50, 200)  # accounts by how many results are known of them: 0–9, 10–49, 50–199, 200 and more
_ENOUGH = 60  # calibration posts below which a group borrows the width of all
_SPREAD_WEIGHT = 10.0  # results of an account that weigh as much as the spread of all accounts


@dataclass(frozen=True)
class Interval:
    """Signed quantiles of (result - prediction) / scale, per group of history; scale is the account's own spread."""

    typical_spread: float
    low: Floats  # [groups]
    high: Floats  # [groups]

    def bounds(self, predicted: Floats, spread: Floats, n: Floats) -> tuple[Floats, Floats]:
        """log1p bounds around log1p predictions, given the account's spread (NaN: unknown) and number of results."""
        scale = scales(spread, n, self.typical_spread)
        group = groups(n)
        return predicted + self.low[group] * scale, predicted + self.high[group] * scale


def calibrate(y: Floats, predicted: Floats, spread: Floats, n: Floats) -> Interval:
    """From results of posts later than the model's own: quantiles that hold `COVERAGE` of them between them."""
    typical = float(np.std(y - predicted)) or 1.0
    errors = (y - predicted) / scales(spread, n, typical)
    group = groups(n)
    low, high = [], []
    for k in range(len(HISTORY_EDGES) + 1):
        own = errors[group == k] if (group == k).sum() >= _ENOUGH else errors
        low.append(-_upper(-own))
        high.append(_upper(own))
    return Interval(typical, np.array(low), np.array(high))


def scales(spread: Floats, n: Floats, typical: float) -> Floats:
    """The account's spread, drawn toward the typical one where few results are known."""
    known = np.where(np.isnan(spread), 0.0, n)
    squared = np.where(np.isnan(spread), 0.0, spread) ** 2
    scale: Floats = np.sqrt((known * squared + _SPREAD_WEIGHT * typical**2) / (known + _SPREAD_WEIGHT))
    return scale


def groups(n: Floats) -> NDArray[np.int64]:
    return np.searchsorted(np.array(HISTORY_EDGES), n, side="right")


def _upper(errors: Floats) -> float:
    """The smallest value that a new error exceeds with at most half of what the interval leaves out."""
    level = min(np.ceil((len(errors) + 1) * (1 + COVERAGE) / 2) / len(errors), 1.0)
    return float(np.quantile(errors, level, method="higher"))
