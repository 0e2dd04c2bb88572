"""Instagram: what the network is called and which metrics it reports."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_DOCS = "https://developers.facebook.com/docs/instagram-platform/reference/instagram-media/insights"
_USER = "https://developers.facebook.com/docs/instagram-platform/reference/ig-user"

NETWORK = Network(
    name="instagram",
    label="Instagram",
    metrics={
        "impressions": Reported("impressions", _DOCS, until="2025-04-21"),
        "reach": Reported("reach", _DOCS),
        "views": Reported("views", _DOCS),
        "likes": Reported("likes", _DOCS),
        "comments": Reported("comments", _DOCS),
        "shares": Reported("shares", _DOCS),
        "saves": Reported("saved", _DOCS),
        "follows": Reported("follows", _DOCS),
        "profile_visits": Reported("profile_visits", _DOCS),
        "watch_time_seconds": Reported("ig_reels_video_view_total_time", _DOCS),
        "average_view_seconds": Reported("ig_reels_avg_watch_time", _DOCS),
        "followers": Reported("followers_count", _USER),
        "following": Reported("follows_count", _USER),
        "posts_count": Reported("media_count", _USER),
    },
)
