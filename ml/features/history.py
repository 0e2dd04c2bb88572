"""What an account's past says at a moment: only results that were known then, by one as-of join per kind of past.

A post's result becomes known `target.settles` after its publication; the running state of an account after each result
is joined to the latest moment that is not after the planned time. Training and one draft go through the same join.
"""

from datetime import timedelta

import polars as pl

from ml.features.frame import Target, results

HISTORY_POSTS = 1_000  # posts of an account that serving reads back; older ones no longer move a decayed mean
_CELL_CAP = 50  # beyond this many posts of one format or hour, more posts of it say nothing new
_FAST, _LEVEL, _SLOW, _CELL = 5, 20, 100, 10  # half-lives, in posts


def account_history(history: pl.DataFrame, drafts: pl.DataFrame, target: Target) -> pl.DataFrame:
    """For every row of `drafts` (with `hour` from `local_clock`), what was known of its account at `published_at`.

    history: canonical posts with `hour`; drafts: canonical drafts or posts with `hour`. Gives, in the drafts' order:
    decayed means of log1p results with half-lives of 5, 20 and 100 posts (`level_fast`, `level`, `level_slow`), of the
    last 10 (`last10`), of all (`account_mean`), of the same format (`type_level`) and the same hour of day
    (`hour_level`); their spread (`spread`, standard deviation); how many results each rests on (`n`, `type_n`,
    `hour_n`); hours since the account's previous post (`gap_hours`) and its posts in the 24 h before
    (`posts_last_day`). NULL where nothing was known.
    """
    known = (
        history.select("account_id", "post_id", "post_type", "hour", "published_at")
        .join(results(history, target), on=["account_id", "post_id"], how="inner")
        .sort("account_id", "known_at", "post_id")
    )
    rows = drafts.select("account_id", "post_type", "hour", "published_at").with_row_index("_row")
    joined = rows.sort("published_at")
    for state, by in (
        (_account_state(known), ["account_id"]),
        (_cell_state(known, "post_type", "type", half_life=_LEVEL), ["account_id", "post_type"]),
        (_cell_state(known, "hour", "hour", half_life=_CELL), ["account_id", "hour"]),
    ):
        joined = joined.join_asof(
            state, left_on="published_at", right_on="known_at", by=by, strategy="backward", check_sortedness=False
        ).drop("known_at")
    return _cadence(history, joined).sort("_row").drop("_row", "account_id", "post_type", "hour", "published_at")


def _account_state(known: pl.DataFrame) -> pl.DataFrame:
    y, by = pl.col("y"), "account_id"
    return known.select(
        by,
        "known_at",
        level_fast=y.ewm_mean(half_life=_FAST).over(by),
        level=y.ewm_mean(half_life=_LEVEL).over(by),
        level_slow=y.ewm_mean(half_life=_SLOW).over(by),
        last10=y.rolling_mean(10, min_samples=1).over(by),
        account_mean=(y.cum_sum() / y.cum_count()).over(by),
        spread=y.ewm_std(half_life=_LEVEL * 2).over(by),
        n=pl.min_horizontal(y.cum_count().over(by), pl.lit(HISTORY_POSTS)).cast(pl.Int32),
    ).sort("known_at", maintain_order=True)


def _cell_state(known: pl.DataFrame, cell: str, name: str, *, half_life: float) -> pl.DataFrame:
    y, by = pl.col("y"), ["account_id", cell]
    return (
        known.filter(pl.col(cell).is_not_null())
        .select(
            *by,
            "known_at",
            y.ewm_mean(half_life=half_life).over(by).alias(f"{name}_level"),
            pl.min_horizontal(y.cum_count().over(by), pl.lit(_CELL_CAP)).cast(pl.Int32).alias(f"{name}_n"),
        )
        .sort("known_at", maintain_order=True)
    )


def _cadence(history: pl.DataFrame, joined: pl.DataFrame) -> pl.DataFrame:
    """Publication itself is known at once, so it counts strictly before the planned time, whatever its result."""
    published = (
        history.sort("account_id", "published_at", "post_id")
        .select(
            "account_id",
            previous=pl.col("published_at"),
            published_n=pl.int_range(1, pl.len() + 1).over("account_id"),
        )
        .sort("previous", maintain_order=True)
    )
    now = joined.join_asof(
        published, left_on="published_at", right_on="previous", by="account_id", strategy="backward",
        allow_exact_matches=False, coalesce=False, check_sortedness=False,
    )  # fmt: skip
    return (
        now.with_columns(_day_before=pl.col("published_at") - timedelta(days=1))
        .join_asof(
            published.select("account_id", before=pl.col("previous"), before_n=pl.col("published_n")),
            left_on="_day_before", right_on="before", by="account_id", strategy="backward", coalesce=False,
            allow_exact_matches=False, check_sortedness=False,
        )
        .with_columns(
            gap_hours=(pl.col("published_at") - pl.col("previous")).dt.total_seconds() / 3600,
            posts_last_day=(pl.col("published_n").fill_null(0) - pl.col("before_n").fill_null(0)).cast(pl.Int32),
        )
        .drop("previous", "published_n", "_day_before", "before", "before_n")
    )  # fmt: skip
