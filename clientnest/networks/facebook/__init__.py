"""Facebook Page: what the network is called and which metrics it reports."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_DOCS = "https://developers.facebook.com/docs/graph-api/reference/insights"

NETWORK = Network(
    name="facebook",
    label="Facebook Page",
    metrics={
        "impressions": Reported("post_impressions", _DOCS, until="2025-11-15"),
        "reach": Reported("post_impressions_unique", _DOCS, until="2025-11-15"),
        "views": Reported("post_media_view", _DOCS),
        "video_views": Reported("post_video_views", _DOCS),
        "likes": Reported("post_reactions_by_type_total", _DOCS),
        "comments": Reported("comments", _DOCS),
        "shares": Reported("shares", _DOCS),
        "clicks": Reported("post_clicks", _DOCS),
        "link_clicks": Reported("post_clicks_by_type: link clicks", _DOCS),
        "engaged_users": Reported("post_engaged_users", _DOCS, until="2024-03-14"),
        "negative_feedback": Reported("post_negative_feedback", _DOCS),
        "promoted_impressions": Reported("post_impressions_paid", _DOCS, until="2025-11-15"),
        "watch_time_seconds": Reported("post_video_view_time", _DOCS),
        "average_view_seconds": Reported("post_video_avg_time_watched", _DOCS),
        "followers": Reported("followers_count", _DOCS),
        "follows": Reported("page_daily_follows", _DOCS),
        "unfollows": Reported("page_daily_unfollows", _DOCS),
    },
)
