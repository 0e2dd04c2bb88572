"""The feature table: canonical posts or drafts in, one row of features each out."""

import polars as pl

from ml.features.clock import local_clock
from ml.features.frame import Target
from ml.features.history import account_history
from ml.features.text import TEXT_COUNTS, text_counts

_KEYS = ("post_id", "account_id", "network", "published_at")
_CLOCK = ("hour", "weekday", "hour_of_week", "local_day")
HISTORY = (
    "level_fast", "level", "level_slow", "last10", "account_mean", "spread", "n", "type_level", "type_n",
    "hour_level", "hour_n", "gap_hours", "posts_last_day",
)  # fmt: skip
FEATURE_COLUMNS = (*_KEYS, "post_type", "has_link", *_CLOCK, *HISTORY, *TEXT_COUNTS, "document")


def build(drafts: pl.DataFrame, *, history: pl.DataFrame, target: Target = Target.TOTAL) -> pl.DataFrame:
    """Features of each row of `drafts`, known at its `published_at`: the columns `FEATURE_COLUMNS`, in the same order.

    drafts: canonical drafts (or posts: their own results are never read). history: canonical posts of the same
    accounts. `document` is the text that models of wording read: text and title.
    """
    clocked = local_clock(drafts)
    past = account_history(local_clock(history), clocked, target)
    return (
        clocked.with_columns(*text_counts(), document=pl.concat_str("text", "title", separator="\n"))
        .hstack(past)
        .select(FEATURE_COLUMNS)
    )
