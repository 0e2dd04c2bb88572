"""Is one prediction better than another beyond noise? A paired bootstrap over days of accounts, and over accounts.

Posts of one account on one day share their luck, so days are drawn whole; where there are several accounts they are
drawn too. Both predictions are scored on the very same draws.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata

from ml.evaluation.metrics import MINIMUM_TEST_POSTS

Floats = NDArray[np.float64]
DRAWS = 1_000
LEVEL = 0.95
_DRAW_ACCOUNTS_FROM = 10  # with fewer accounts, drawing them would say more about their number than about the model


@dataclass(frozen=True)
class Difference:
    """Challenger less reference: mean and the bounds of its 95% interval."""

    mean: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True)
class Comparison:
    """`error`: how much the absolute error (log1p) falls; `rho`: how much the rank correlation within accounts rises
    (None where no account has enough test posts). Positive is better in both."""

    error: Difference
    rho: Difference | None

    @property
    def beyond_noise(self) -> bool:
        return self.error.low > 0 and (self.rho is None or self.rho.low > 0)


def compare(
    y: Floats,
    challenger: Floats,
    reference: Floats,
    *,
    accounts: Sequence[str],
    days: Sequence[object],
    seed: int = 0,
) -> Comparison:
    """y, challenger, reference [posts] in log1p; `days` are the posts' local dates."""
    account, block, owner = _blocks(accounts, days)
    weights = _draws(owner, seed)
    gain = np.abs(y - reference) - np.abs(y - challenger)
    size = np.bincount(block, minlength=len(owner)).astype(np.float64)
    drawn = (weights @ np.bincount(block, weights=gain, minlength=len(owner))) / (weights @ size)
    error = _difference(float(gain.mean()), drawn)
    judged = np.flatnonzero(np.bincount(account) >= MINIMUM_TEST_POSTS)
    if not len(judged):
        return Comparison(error, None)
    means = np.zeros(2)
    draws = np.zeros((2, len(weights)))
    heard = np.zeros(len(weights))
    for k in judged:
        rows, blocks = np.flatnonzero(account == k), np.flatnonzero(owner == k)
        own = weights[:, blocks]
        per_block = own.sum(axis=1) / len(blocks)  # how often the draw holds this account
        local = np.searchsorted(blocks, block[rows])
        heard += per_block
        for j, predicted in enumerate((challenger, reference)):
            whole, part = _rank_correlations(y[rows], predicted[rows], local, own)
            means[j] += whole
            draws[j] += per_block * part
    difference = (draws[0] - draws[1]) / np.maximum(heard, 1e-9)
    return Comparison(error, _difference(float(means[0] - means[1]) / len(judged), difference))


def _blocks(
    accounts: Sequence[str], days: Sequence[object]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Per post its account and its block (account and day); per block its account."""
    frame = pl.DataFrame({"account": list(accounts), "day": list(days)})
    ranked = frame.select(
        account=pl.col("account").rank("dense") - 1, block=pl.struct("account", "day").rank("dense") - 1
    )
    account, block = ranked["account"].to_numpy().astype(np.int64), ranked["block"].to_numpy().astype(np.int64)
    owner = np.zeros(block.max(initial=-1) + 1, dtype=np.int64)
    owner[block] = account
    return account, block, owner


def _draws(owner: NDArray[np.int64], seed: int) -> Floats:
    """[draws × blocks]: how often each block is drawn; within accounts, and accounts too where there are several."""
    random = np.random.default_rng(seed)
    weights = np.zeros((DRAWS, len(owner)))
    accounts = int(owner.max(initial=-1)) + 1
    for k in range(accounts):
        blocks = np.flatnonzero(owner == k)
        weights[:, blocks] = random.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)), size=DRAWS)
    if accounts >= _DRAW_ACCOUNTS_FROM:
        weights *= random.multinomial(accounts, np.full(accounts, 1 / accounts), size=DRAWS)[:, owner]
    return weights


def _rank_correlations(y: Floats, predicted: Floats, block: NDArray[np.int64], weights: Floats) -> tuple[float, Floats]:
    """Spearman of one account as it is, and per draw (correlation of the ranks held, weighted by the draw)."""
    if np.ptp(y) == 0 or np.ptp(predicted) == 0:
        return 0.0, np.zeros(len(weights))
    a, b = rankdata(y), rankdata(predicted)
    a, b = a - a.mean(), b - b.mean()
    sums = [
        weights @ np.bincount(block, weights=column, minlength=weights.shape[1])
        for column in (np.ones(len(y)), a, b, a * a, b * b, a * b)
    ]
    n = np.maximum(sums[0], 1.0)
    covariance = sums[5] / n - sums[1] * sums[2] / n**2
    variance = (sums[3] / n - (sums[1] / n) ** 2) * (sums[4] / n - (sums[2] / n) ** 2)
    drawn = np.where(variance > 1e-12, covariance / np.sqrt(np.maximum(variance, 1e-12)), 0.0)
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())), drawn


def _difference(mean: float, drawn: Floats) -> Difference:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Difference(mean, float(low), float(high))
