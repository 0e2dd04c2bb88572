"""The two frames that enter learning, checked at the boundary: posts with their results, and drafts without."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaError, SchemaErrors

from clientnest.errors import BadInput
from clientnest.records import PostType

INSTANT = pl.Datetime("us", "UTC")
POST_TYPES = tuple(kind.value for kind in PostType)


@dataclass(frozen=True, slots=True)
class _TargetTerms:
    """`column`: where the result is. `settles`: how long after publication it counts as known to those who plan.
    `matures`: how old a post has to be when it was measured before a model may learn from it."""

    name: str
    column: str
    settles: timedelta
    matures: timedelta


class Target(Enum):
    """What is predicted: engagement (likes, comments and shares together) in the end, or at an age of the post.

    TOTAL learns from posts at least 7 days old. Its history counts a post's result as known one day after publication,
    by when most of it has arrived; waiting for the full week would hide the account's last week from every prediction.
    """

    TOTAL = _TargetTerms("total", "engagement", timedelta(hours=24), timedelta(days=7))
    DAY = _TargetTerms("24h", "engagement_24h", timedelta(hours=24), timedelta(hours=24))
    WEEK = _TargetTerms("7d", "engagement_7d", timedelta(days=7), timedelta(days=7))

    @property
    def key(self) -> str:
        return self.value.name

    @property
    def column(self) -> str:
        return self.value.column

    @property
    def settles(self) -> timedelta:
        return self.value.settles

    @property
    def matures(self) -> timedelta:
        return self.value.matures


def _column(dtype: Any, *, nullable: bool = False, checks: Any = None) -> pa.Column:
    return pa.Column(dtype, checks=checks, nullable=nullable)


_DESCRIPTION = {
    "account_id": _column(pl.String),
    "network": _column(pl.String),
    "published_at": _column(INSTANT),
    "time_known": _column(pl.Boolean),
    "timezone": _column(pl.String),
    "post_type": _column(pl.String, checks=pa.Check.isin(POST_TYPES)),
    "text": _column(pl.String),
    "title": _column(pl.String),
    "has_link": _column(pl.Boolean),
}
_RESULTS = ("engagement", "engagement_24h", "engagement_7d")

POSTS = pa.DataFrameSchema(
    {
        "post_id": _column(pl.String),
        **_DESCRIPTION,
        "captured_at": _column(INSTANT, nullable=True),
        **{name: _column(pl.Float64, nullable=True, checks=pa.Check.ge(0)) for name in _RESULTS},
    },
    strict="filter",
    unique=["account_id", "post_id"],
)
"""Published posts of one workspace: one row per post, results as counts (NULL: unknown; never 0 for unknown).

`captured_at` is when the results were read; NULL means long enough after publication (a file of final totals).
`time_known`: false where `published_at` is the midnight of a day, the time of which is not known.
"""

DRAFTS = pa.DataFrameSchema({"post_id": _column(pl.String), **_DESCRIPTION}, strict="filter", unique=["post_id"])
"""Drafts: as posts, without results; `published_at` is the time the draft is planned for, `post_id` any key."""


def as_posts(frame: pl.DataFrame) -> pl.DataFrame:
    """Bring posts to the canonical frame `POSTS`, ordered by account, time and id.

    Optional columns (`title`, `has_link`, `timezone`, `captured_at`, results) are added as unknown where missing, times
    are taken as known without `time_known`; an unknown `post_type` becomes "other". A negative count (a network's
    correction) says nothing about a post's result and counts as unknown. Raises `BadInput` naming the column that does
    not fit.
    """
    _require(frame, "post_id", "account_id", "network", "published_at", "text")
    results = [
        (pl.when(pl.col(name) >= 0).then(pl.col(name)).cast(pl.Float64) if name in frame.columns else _null(pl.Float64))
        .alias(name)
        for name in _RESULTS
    ]  # fmt: skip
    captured = pl.col("captured_at").cast(INSTANT) if "captured_at" in frame.columns else _null(INSTANT)
    described = _described(frame)
    made = frame.select(pl.col("post_id").cast(pl.String), *described, captured.alias("captured_at"), *results)
    return _checked(POSTS, made).sort("account_id", "published_at", "post_id")


def as_drafts(frame: pl.DataFrame) -> pl.DataFrame:
    """Bring drafts to the canonical frame `DRAFTS`, in their given order. Raises `BadInput` as `as_posts` does."""
    _require(frame, "post_id", "account_id", "network", "published_at", "text")
    return _checked(DRAFTS, frame.select(pl.col("post_id").cast(pl.String), *_described(frame)))


def no_posts() -> pl.DataFrame:
    """Canonical posts of an account of which nothing is known."""
    names = ("post_id", "account_id", "network", "text")
    return as_posts(pl.DataFrame(schema={**dict.fromkeys(names, pl.String), "published_at": INSTANT}))


def results(posts: pl.DataFrame, target: Target) -> pl.DataFrame:
    """What is known of a target: `account_id`, `post_id`, `y` (log1p of the count), `known_at` (when it counts as
    known), `mature` (whether a model may learn from it). Posts whose result is unknown or unsettled are absent."""
    published_by = pl.col("published_at") + pl.when("time_known").then(timedelta(0)).otherwise(timedelta(days=1))
    age = pl.col("captured_at") - published_by
    return posts.filter(
        pl.col(target.column).is_not_null() & (pl.col("captured_at").is_null() | (age >= target.settles))
    ).select(
        "account_id",
        "post_id",
        y=pl.col(target.column).log1p(),
        known_at=published_by + target.settles,
        mature=pl.col("captured_at").is_null() | (age >= target.matures),
    )


def _described(frame: pl.DataFrame) -> list[pl.Expr]:
    has = set(frame.columns)
    kind = pl.col("post_type").cast(pl.String) if "post_type" in has else _null(pl.String)
    link = pl.col("has_link").cast(pl.Boolean) if "has_link" in has else _null(pl.Boolean)
    return [
        pl.col("account_id").cast(pl.String),
        pl.col("network").cast(pl.String),
        pl.col("published_at").cast(INSTANT),
        (pl.col("time_known").fill_null(value=True) if "time_known" in has else pl.lit(value=True)).alias("time_known"),
        (pl.col("timezone").fill_null("UTC") if "timezone" in has else pl.lit("UTC")).alias("timezone"),
        pl.when(kind.is_in(POST_TYPES)).then(kind).otherwise(pl.lit("other")).alias("post_type"),
        pl.col("text").fill_null("").alias("text"),
        (pl.col("title").fill_null("") if "title" in has else pl.lit("")).alias("title"),
        link.fill_null(pl.col("text").fill_null("").str.contains("https?://")).alias("has_link"),
    ]


def _null(dtype: Any) -> pl.Expr:
    return pl.lit(None, dtype=dtype)


def _require(frame: pl.DataFrame, *names: str) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise BadInput(f"The posts frame lacks the column(s) {', '.join(missing)}.")


def _checked(schema: pa.DataFrameSchema, frame: pl.DataFrame) -> pl.DataFrame:
    try:
        checked: pl.DataFrame = schema.validate(frame)
    except (SchemaError, SchemaErrors) as error:
        first = str(error).splitlines()[0]
        raise BadInput(f"The posts frame does not fit: {first}") from error
    return checked
