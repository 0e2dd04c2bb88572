"""Typed reads of the `serve` views, for the API and the dashboards.

Each takes a Connection from `clientnest.workspaces.enter` and sees that one workspace. A value that is not known is
None, never 0, and `why_missing` says why. While dbt has not built the views, reads raise `Unavailable`.
"""

from clientnest.warehouse.serve.accounts import Account, DailySeries, Day, account, account_daily, accounts, daily
from clientnest.warehouse.serve.catalogue import Measure, measures, network_label, why_missing
from clientnest.warehouse.serve.content import ContentType, HashtagEffect, content_types, hashtags
from clientnest.warehouse.serve.filters import Filters
from clientnest.warehouse.serve.health import Coverage, SourceHealth, data_health
from clientnest.warehouse.serve.imports import ImportSummary, imports
from clientnest.warehouse.serve.overview import Figure, Followers, NetworkFigures, Overview, overview
from clientnest.warehouse.serve.periods import Period, latest_period
from clientnest.warehouse.serve.posts import PostPage, PostResult, PostSort, post, posts
from clientnest.warehouse.serve.published import PublishedDay, published_daily
from clientnest.warehouse.serve.query import ensure_built
from clientnest.warehouse.serve.standouts import Standout, standouts
from clientnest.warehouse.serve.times import BestTime, BestTimes, HourOfWeek, PostingSlot, best_times, posting_slots
from clientnest.warehouse.serve.training import TrainingRun, latest_training_runs
from clientnest.warehouse.serve.views import DAILY_METRICS

__all__ = [
    "DAILY_METRICS", "Account", "BestTime", "BestTimes", "ContentType", "Coverage", "DailySeries", "Day", "Figure",
    "Filters", "Followers", "HashtagEffect", "HourOfWeek", "ImportSummary", "Measure", "NetworkFigures", "Overview",
    "Period", "PostPage", "PostResult", "PostSort", "PostingSlot", "PublishedDay",
    "SourceHealth", "Standout", "TrainingRun",
    "account", "account_daily", "accounts", "best_times", "content_types", "daily", "data_health", "ensure_built",
    "hashtags", "imports", "latest_period", "latest_training_runs", "measures", "network_label", "overview", "post",
    "posting_slots", "posts", "published_daily", "standouts", "why_missing",
]  # fmt: skip
