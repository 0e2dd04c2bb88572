"""Figures of merit. Pooled figures reward knowing which account is large; those within an account say what counts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]
MINIMUM_TEST_POSTS = 8  # of an account, for figures within it
TOP_SHARE = 0.25


@dataclass(frozen=True)
class Scores:
    """`within_spearman` and `auc_top_quarter`: means over accounts with at least 8 test posts (NaN where there are
    none); `mae_log1p`: mean absolute error of log1p results; `pooled_spearman`: over all posts together."""

    within_spearman: float
    auc_top_quarter: float
    mae_log1p: float
    pooled_spearman: float
    posts: int
    accounts: int

    def as_dict(self) -> dict[str, float]:
        """JSON-able: figures that could not be measured are left out."""
        return {key: value for key, value in asdict(self).items() if np.isfinite(value)}


def score(y: Floats, predicted: Floats, accounts: Sequence[str]) -> Scores:
    """y, predicted [posts] in log1p; accounts [posts]."""
    rhos, aucs = [], []
    for rows in judged_accounts(accounts):
        rhos.append(spearman(y[rows], predicted[rows]))
        auc = auc_top_quarter(y[rows], predicted[rows])
        if auc is not None:
            aucs.append(auc)
    return Scores(
        within_spearman=float(np.mean(rhos)) if rhos else float("nan"),
        auc_top_quarter=float(np.mean(aucs)) if aucs else float("nan"),
        mae_log1p=float(np.mean(np.abs(y - predicted))) if len(y) else float("nan"),
        pooled_spearman=spearman(y, predicted),
        posts=len(y),
        accounts=len(rhos),
    )


def judged_accounts(accounts: Sequence[str]) -> list[NDArray[np.int64]]:
    """The rows of each account that has enough test posts."""
    _, account = np.unique(np.asarray(accounts), return_inverse=True)
    order = np.argsort(account, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(account))[:-1]) if len(order) else []
    return [part for part in rows if len(part) >= MINIMUM_TEST_POSTS]


def spearman(y: Floats, predicted: Floats) -> float:
    """Rank correlation; 0 where one side does not vary (it says nothing about the order)."""
    if len(y) < 2 or np.ptp(y) == 0 or np.ptp(predicted) == 0:
        return 0.0
    return float(np.corrcoef(rankdata(y), rankdata(predicted))[0, 1])


def auc_top_quarter(y: Floats, predicted: Floats) -> float | None:
    """How often a post of the account's top quarter is ranked above another one; None where no quarter stands out."""
    top = y > np.quantile(y, 1 - TOP_SHARE)
    ups, downs = int(top.sum()), int((~top).sum())
    if not ups or not downs:
        return None
    ranks = rankdata(predicted)
    return float((ranks[top].sum() - ups * (ups + 1) / 2) / (ups * downs))


def coverage(y: Floats, low: Floats, high: Floats) -> float:
    """Share of results within their interval."""
    return float(np.mean((y >= low) & (y <= high))) if len(y) else float("nan")
