"""The protocol: learn from what was known at a moment, judge on the posts published after it."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ml.features import Target

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Split:
    """Row positions of a feature table: `before` was known at `cutoff`, `after` was published from then on."""

    cutoff: datetime
    before: NDArray[np.int64]
    after: NDArray[np.int64]


def split_at(published_at: pl.Series, cutoff: datetime, target: Target) -> Split:
    """`before`: posts whose result had settled by the cutoff; those published within that time belong to neither."""
    before = (published_at + target.settles <= cutoff).to_numpy()
    after = (published_at >= cutoff).to_numpy()
    return Split(cutoff, np.flatnonzero(before), np.flatnonzero(after))


def split_share(published_at: pl.Series, share: float, target: Target) -> Split:
    """A split whose later part holds about `share` of the posts."""
    cutoff = published_at.sort()[int(len(published_at) * (1 - share))]
    return split_at(published_at, cutoff, target)


def account_means(features: pl.DataFrame, y: Floats, split: Split) -> Floats:
    """Baseline: each account's mean log1p result before the cutoff [rows after]; the mean of all for new accounts."""
    known = features[split.before].select("account_id", y=pl.Series(y[split.before]))
    means = known.group_by("account_id").agg(pl.col("y").mean())
    joined = features[split.after].select("account_id").join(means, on="account_id", how="left", maintain_order="left")
    overall = float(y[split.before].mean())
    return joined["y"].fill_null(overall).to_numpy()


def last_ten(features: pl.DataFrame, y: Floats, split: Split) -> Floats:
    """Baseline: mean of the account's last 10 results known when the post was planned [rows after]."""
    overall = float(y[split.before].mean())
    return features[split.after]["last10"].fill_null(overall).to_numpy()


def overall_mean(y: Floats, split: Split) -> Floats:
    """Baseline: one number for everybody [rows after]."""
    return np.full(len(split.after), float(y[split.before].mean()))
