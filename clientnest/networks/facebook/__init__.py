"""Facebook Page: what the network is called and which metrics it reports.

Withdrawn: impressions on 2025-11-15 (changelog), `post_impressions_unique` in June 2026 in favour of
`post_total_media_view_unique` (list of deprecated metrics), and the classic Insights export on 2023-11-01, which alone
still named engaged people and negative feedback (blog of 2025-08-15).
"""

from clientnest.metrics import Reported
from clientnest.registry import Network

_DOCS = "https://developers.facebook.com/docs/graph-api/reference/insights"
_POST = "https://developers.facebook.com/docs/graph-api/reference/page-post"
_PAGE = "https://developers.facebook.com/docs/graph-api/reference/page"
_CHANGES = "https://developers.facebook.com/docs/pages-api/changelog"
_DEPRECATED = "https://developers.facebook.com/docs/platforminsights/page/deprecated-metrics"
_CLASSIC = "https://developers.facebook.com/blog/post/2025/08/15/page-insights-api-updates"

NETWORK = Network(
    name="facebook",
    label="Facebook Page",
    metrics={
        "impressions": Reported("post_impressions", _CHANGES, until="2025-11-15"),
        "reach": Reported("post_total_media_view_unique", _DEPRECATED),
        "views": Reported("post_media_view", _CHANGES),
        "video_views": Reported("post_video_views", _DOCS),
        "likes": Reported("post_reactions_by_type_total", _DOCS),
        "comments": Reported("comments", _POST),
        "shares": Reported("shares", _POST),
        "clicks": Reported("post_clicks", _DOCS),
        "link_clicks": Reported("post_clicks_by_type: link clicks", _DOCS),
        "engaged_users": Reported("Lifetime Engaged Users", _CLASSIC, until="2023-11-01"),
        "negative_feedback": Reported("Lifetime Negative Feedback", _CLASSIC, until="2023-11-01"),
        "promoted_impressions": Reported("post_impressions_paid", _CHANGES, until="2025-11-15"),
        "watch_time_seconds": Reported("post_video_view_time", _DOCS),
        "average_view_seconds": Reported("post_video_avg_time_watched", _DOCS),
        "followers": Reported("followers_count", _PAGE),
        "follows": Reported("page_daily_follows", _DOCS),
        "unfollows": Reported("page_daily_unfollows", _DOCS),
    },
)
