"""The `serve` views as dbt builds them, for building queries: each shows the session's workspace and nothing else."""

from sqlalchemy import TableClause, column, table

from clientnest.metrics import Aggregation, Grain, catalogue, columns

POST_METRICS = columns(Grain.POST)
DAILY_METRICS = (
    "engagement",
    *(
        metric.name
        for metric in catalogue().values()
        if metric.aggregation is Aggregation.SUM and metric.grains >= {Grain.POST, Grain.PERIOD}
    ),
    "followers_change",
)
DERIVED_POST_METRICS = (
    "engagement", "engagement_rate_by_impressions", "engagement_rate_by_reach", "engagement_rate_by_followers",
    "engagement_1h", "engagement_24h", "engagement_7d", "impressions_24h", "impressions_7d", "views_24h", "views_7d",
)  # fmt: skip
ALL_POST_METRICS = (*DERIVED_POST_METRICS, *POST_METRICS)


def _view(name: str, *names: str) -> TableClause:
    return table(name, *(column(one) for one in names), schema="serve")


account = _view(
    "account",
    "account_id", "network", "external_id", "display_name", "url", "timezone", "posts", "first_published_at",
    "last_published_at", "last_captured_at", "followers", "followers_captured_at",
)  # fmt: skip
post = _view(
    "post",
    "post_id", "account_id", "network", "account_name", "external_id", "published_at",
    "published_time_known", "published_local", "hour_of_week", "post_type", "title", "text", "url", "hashtags",
    "text_length", "has_link", "captured_at", "age_hours", "is_mature", "flags", "followers", *ALL_POST_METRICS,
)  # fmt: skip
account_daily = _view(
    "account_daily",
    "account_id", "network", "day", "posts_published", "posts_measured", "posts_compared", "has_negative",
    "reported_metrics", "source", *DAILY_METRICS,
)  # fmt: skip
posting_slot = _view(
    "posting_slot",
    "account_id", "hour_of_week", "posts", "median_engagement", "mean_log_engagement", "account_mean_log_engagement",
)  # fmt: skip
hashtag = _view("hashtag", "account_id", "hashtag", "posts", "median_engagement", "account_median_engagement")
content_type = _view(
    "content_type",
    "account_id", "post_type", "posts", "median_engagement", "mean_log_engagement", "account_median_engagement",
)  # fmt: skip
data_health = _view(
    "data_health",
    "account_id", "network", "source", "last_captured_at", "last_loaded_at", "posts", "snapshots", "metric",
    "reported_share", "expected", "flagged_negative", "flagged_rate_above_100",
)  # fmt: skip

ALL = (account, post, account_daily, posting_slot, hashtag, content_type, data_health)
