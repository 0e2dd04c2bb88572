"""Best times: what each hour of the week has been worth to an account, drawn toward the account's own mean.

Empirical Bayes: an hour's effect is a draw around zero, similar for neighbouring hours of the day and partly shared by
the seven weekdays. How much hours differ at all is measured over all accounts of the workspace, and each account's
hours are believed in proportion to the posts behind them. Hours that were never tried fall back to the account's mean
with a wide interval. The effects are associations: posts of different hours differ in more than the hour.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ml.features.clock import HOURS_OF_WEEK

Floats = NDArray[np.float64]
MINIMUM_POSTS = 20  # of an account, below which its hours say nothing
_NEIGHBOUR_HOURS = 0.7  # length scale of the likeness of neighbouring hours
_WEEKDAY_SHARE = 0.15  # of the variance between hours: what is special to one weekday
_Z80 = 1.2816  # half width of a normal 80% interval, in standard deviations


@dataclass(frozen=True)
class BestTimes:
    """`table`: account_id, hour_of_week, posts, effect, sd (log), uplift, uplift_low, uplift_high (80%, relative to the
    account's mean: 0.2 is +20%), 168 rows per account; `noise` and `between`: variances within and between hours."""

    table: pl.DataFrame
    noise: float
    between: float


def departures(features: pl.DataFrame) -> pl.DataFrame:
    """`account_id`, `hour_of_week`, `hour`, `local_day`, `y`, `departure`: log1p results `y` less the account's decayed
    level at that time, centred per account, of posts whose hour is known. features: rows of
    `ml.features.build` with `y`."""
    return (
        features.filter(pl.col("level_slow").is_not_null() & pl.col("hour_of_week").is_not_null())
        .select("account_id", "hour_of_week", "hour", "local_day", "y", departure=pl.col("y") - pl.col("level_slow"))
        .with_columns(pl.col("departure") - pl.col("departure").mean().over("account_id"))
    )


def fit_best_times(observed: pl.DataFrame) -> BestTimes:
    """From `departures`. Accounts with fewer than `MINIMUM_POSTS` posts are left out."""
    enough = observed.filter(pl.len().over("account_id") >= MINIMUM_POSTS)
    noise, between = _variances(enough)
    kernel = _kernel(between)
    cells = enough.group_by("account_id", "hour_of_week").agg(mean=pl.col("departure").mean(), posts=pl.len())
    parts = [
        _account_table(str(account), part, kernel, noise)
        for (account,), part in cells.sort("account_id", "hour_of_week").group_by("account_id", maintain_order=True)
    ]
    return BestTimes(pl.concat(parts) if parts else pl.DataFrame(schema=_SCHEMA), noise, between)


def best_hours(times: BestTimes, count: int = 3) -> Mapping[str, list[int]]:
    """Per account the hours of day with the highest effect among those it has tried, over its own mix of weekdays."""
    hours = (
        times.table.with_columns(hour=pl.col("hour_of_week") % 24, weight=pl.col("posts") + 0.2)
        .group_by("account_id", "hour")
        .agg(effect=(pl.col("effect") * pl.col("weight")).sum() / pl.col("weight").sum(), posts=pl.col("posts").sum())
        .filter(pl.col("posts") > 0)
        .sort("account_id", "effect", "hour", descending=[False, True, False])
        .group_by("account_id", maintain_order=True)
        .head(count)
    )
    return {
        str(account): part["hour"].to_list() for (account,), part in hours.group_by("account_id", maintain_order=True)
    }


_SCHEMA = {
    "account_id": pl.String, "hour_of_week": pl.Int16, "posts": pl.Int32, "effect": pl.Float64, "sd": pl.Float64,
    "uplift": pl.Float64, "uplift_low": pl.Float64, "uplift_high": pl.Float64,
}  # fmt: skip


def _variances(observed: pl.DataFrame) -> tuple[float, float]:
    """Within hours of day and between them, by the method of moments over all accounts."""
    cells = observed.group_by("account_id", "hour").agg(
        mean=pl.col("departure").mean(), posts=pl.len(), squares=pl.col("departure").var() * (pl.len() - 1)
    )
    freedom = int((cells["posts"] - 1).sum())
    noise = float(cells["squares"].sum()) / freedom if freedom > 0 else 1.0
    noise = max(noise, 1e-6)
    posts, mean = cells["posts"].to_numpy().astype(np.float64), cells["mean"].to_numpy()
    between = float(((mean**2 - noise / posts) * posts).sum() / posts.sum()) if len(cells) else 0.0
    return noise, max(between, 0.0)


def _kernel(between: float) -> Floats:
    """Prior covariance of the 168 hours' effects."""
    hour, weekday = np.arange(HOURS_OF_WEEK) % 24, np.arange(HOURS_OF_WEEK) // 24
    apart = np.abs(hour[:, None] - hour[None, :])
    apart = np.minimum(apart, 24 - apart)
    alike = np.exp(-(apart**2) / (2 * _NEIGHBOUR_HOURS**2))
    same_day = weekday[:, None] == weekday[None, :]
    kernel: Floats = between * alike * np.where(same_day, 1.0, 1.0 - _WEEKDAY_SHARE)
    return kernel


def _account_table(account: str, cells: pl.DataFrame, kernel: Floats, noise: float) -> pl.DataFrame:
    """The posterior of one account's 168 effects given its cell means."""
    tried = cells["hour_of_week"].to_numpy().astype(np.int64)
    counts = cells["posts"].to_numpy().astype(np.float64)
    weight = np.linalg.solve(kernel[np.ix_(tried, tried)] + np.diag(noise / counts), kernel[tried]).T
    effect = weight @ cells["mean"].to_numpy()
    variance = np.diag(kernel) - np.einsum("ij,ij->i", weight, kernel[:, tried])
    sd = np.sqrt(np.maximum(variance, 0.0))
    posts = np.zeros(HOURS_OF_WEEK, dtype=np.int32)
    posts[tried] = counts
    return pl.DataFrame(
        {
            "account_id": [account] * HOURS_OF_WEEK,
            "hour_of_week": np.arange(HOURS_OF_WEEK),
            "posts": posts,
            "effect": effect,
            "sd": sd,
            "uplift": np.expm1(effect),
            "uplift_low": np.expm1(effect - _Z80 * sd),
            "uplift_high": np.expm1(effect + _Z80 * sd),
        },
        schema=_SCHEMA,
    )
