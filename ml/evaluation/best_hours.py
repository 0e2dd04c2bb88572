"""Are the recommended hours worth following? Posts made in them later, against the account's other posts of that time.

The protocol: learn to a cutoff, recommend three hours of the day per account, and average the later posts made in those
hours as departures (log) from the account's later mean; uplift is that average as a percentage. Beside it: the hours
the account used most (habit) and one set of hours for everybody (global).

Three hours hold few posts, so whether the table is believed is asked of all later posts: how much of the effect that
was learned for a post's hour showed in its result (`Realised`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from ml.models.best_times import BestTimes, best_hours, fit_best_times

HOURS = 3
DRAWS = 1_000
_NOTHING = 1e-9
_DRAW_ACCOUNTS_FROM = 5  # with fewer accounts days are drawn instead

Recommended = Mapping[str, list[int]]


@dataclass(frozen=True)
class Uplift:
    """Relative uplift (0.2 is +20%) with its 95% bootstrap interval, and how many accounts and posts it rests on."""

    uplift: float
    low: float
    high: float
    accounts: int
    posts: int

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True)
class Realised:
    """The share of the learned effects that showed later (1: all of it, 0: none), with its 95% bootstrap interval."""

    share: float
    low: float
    high: float
    posts: int

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True)
class JudgedHours:
    """`uplift` of the `model`, of `habit` and of `global` hours (None: no later post in them); `realised` is None where
    no hour was learned to differ or no later post shares an account with them."""

    uplift: Mapping[str, Uplift | None]
    realised: Realised | None


def judge_best_hours(before: pl.DataFrame, after: pl.DataFrame, *, seed: int = 0) -> JudgedHours:
    """Learn from `before`, judge on `after` (both: `departures`)."""
    times = fit_best_times(before)
    judged = times.table["account_id"].unique().to_list()
    known = before.filter(pl.col("account_id").is_in(judged))
    recommended = {"model": best_hours(times, HOURS), "habit": _habit(known), "global": _everybody(known)}
    found = {name: uplift(after, hours, seed=seed) for name, hours in recommended.items()}
    return JudgedHours(found, realised(after, times, seed=seed))


def realised(after: pl.DataFrame, times: BestTimes, *, seed: int = 0) -> Realised | None:
    """The slope of later departures (from the account's later mean) on the effects learned; days are drawn whole."""
    blocks = (
        after.with_columns(departure=pl.col("y") - pl.col("y").mean().over("account_id"))
        .join(
            times.table.select("account_id", "hour_of_week", "effect"), on=["account_id", "hour_of_week"], how="inner"
        )
        .with_columns(pl.col("effect") - pl.col("effect").mean().over("account_id"))
        .group_by("account_id", "local_day")
        .agg(
            shared=(pl.col("effect") * pl.col("departure")).sum(), learned=(pl.col("effect") ** 2).sum(), posts=pl.len()
        )
        .sort("account_id", "local_day")
    )
    shared, learned = blocks["shared"].to_numpy(), blocks["learned"].to_numpy()
    if not learned.sum() > _NOTHING:
        return None
    rows = np.random.default_rng(seed).integers(0, len(blocks), (DRAWS, len(blocks)))
    drawn = shared[rows].sum(axis=1) / np.maximum(learned[rows].sum(axis=1), _NOTHING)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Realised(float(shared.sum() / learned.sum()), float(low), float(high), int(blocks["posts"].sum()))


def uplift(after: pl.DataFrame, recommended: Recommended, *, seed: int = 0) -> Uplift | None:
    """Mean departure of later posts in each account's recommended hours, from the account's later mean."""
    pairs = [(account, hour) for account, hours in recommended.items() for hour in hours]
    chosen = pl.DataFrame(pairs, schema={"account_id": pl.String, "hour": pl.Int16}, orient="row")
    blocks = (
        after.with_columns(departure=pl.col("y") - pl.col("y").mean().over("account_id"))
        .join(chosen, on=["account_id", "hour"], how="inner")
        .group_by("account_id", "local_day")
        .agg(total=pl.col("departure").sum(), posts=pl.len())
        .sort("account_id", "local_day")
    )
    if blocks.is_empty():
        return None
    accounts = blocks.group_by("account_id", maintain_order=True).agg(pl.col("total").sum(), pl.col("posts").sum())
    means = (accounts["total"] / accounts["posts"]).to_numpy()
    random = np.random.default_rng(seed)
    if len(means) >= _DRAW_ACCOUNTS_FROM:
        drawn = means[random.integers(0, len(means), (DRAWS, len(means)))].mean(axis=1)
    else:
        drawn = np.zeros(DRAWS)
        for _, part in blocks.group_by("account_id", maintain_order=True):
            rows = random.integers(0, len(part), (DRAWS, len(part)))
            total, posts = part["total"].to_numpy()[rows], part["posts"].to_numpy()[rows]
            drawn += total.sum(axis=1) / posts.sum(axis=1) / len(means)
    low, high = np.expm1(np.quantile(drawn, [0.025, 0.975]))
    return Uplift(float(np.expm1(means.mean())), float(low), float(high), len(means), int(blocks["posts"].sum()))


def _habit(before: pl.DataFrame) -> Recommended:
    used = (
        before.group_by("account_id", "hour").len().sort("account_id", "len", "hour", descending=[False, True, False])
    )
    return {
        str(account): part["hour"].head(HOURS).to_list()
        for (account,), part in used.group_by("account_id", maintain_order=True)
    }


def _everybody(before: pl.DataFrame) -> Recommended:
    hours = before.group_by("hour").agg(pl.col("departure").mean()).sort("departure", "hour", descending=[True, False])
    best = hours["hour"].head(HOURS).to_list()
    return {str(account): best for account in before["account_id"].unique().sort()}
