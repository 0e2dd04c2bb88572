"""Pinterest: what the network is called and which metrics it reports."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_DOCS = "https://developers.pinterest.com/docs/api/v5/pins-analytics/"

NETWORK = Network(
    name="pinterest",
    label="Pinterest",
    metrics={
        "impressions": Reported("IMPRESSION", _DOCS),
        "saves": Reported("SAVE", _DOCS),
        "clicks": Reported("PIN_CLICK", _DOCS),
        "link_clicks": Reported("OUTBOUND_CLICK", _DOCS),
        "video_views": Reported("VIDEO_MRC_VIEW", _DOCS),
        "comments": Reported("TOTAL_COMMENTS", _DOCS),
        "likes": Reported("TOTAL_REACTIONS", _DOCS),
        "engagements": Reported("ENGAGEMENT", _DOCS),
        "engagement_rate": Reported("ENGAGEMENT_RATE", _DOCS),
        "average_view_seconds": Reported("VIDEO_AVG_WATCH_TIME", _DOCS),
        "watch_time_seconds": Reported("VIDEO_V50_WATCH_TIME", _DOCS),
        "followers": Reported("follower_count", _DOCS),
        "following": Reported("following_count", _DOCS),
        "posts_count": Reported("pin_count", _DOCS),
    },
)
