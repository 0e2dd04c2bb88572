"""Pinterest: what the network is called and which metrics it reports (v5/openapi.json of pinterest/api-description)."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_SPEC = "https://github.com/pinterest/api-description/blob/main/v5/openapi.json"

NETWORK = Network(
    name="pinterest",
    label="Pinterest",
    metrics={
        "impressions": Reported("IMPRESSION", _SPEC),
        "saves": Reported("SAVE", _SPEC),
        "clicks": Reported("PIN_CLICK", _SPEC),
        "link_clicks": Reported("OUTBOUND_CLICK", _SPEC),
        "video_views": Reported("VIDEO_MRC_VIEW", _SPEC),
        "comments": Reported("TOTAL_COMMENTS", _SPEC),
        "likes": Reported("TOTAL_REACTIONS", _SPEC),
        "profile_visits": Reported("PROFILE_VISIT", _SPEC),
        "follows": Reported("USER_FOLLOW", _SPEC),
        "engagements": Reported("ENGAGEMENT", _SPEC),
        "engagement_rate": Reported("ENGAGEMENT_RATE", _SPEC),
        "average_view_seconds": Reported("VIDEO_AVG_WATCH_TIME", _SPEC),
        "watch_time_seconds": Reported("VIDEO_V50_WATCH_TIME", _SPEC),
        "followers": Reported("follower_count", _SPEC),
        "following": Reported("following_count", _SPEC),
        "posts_count": Reported("pin_count", _SPEC),
    },
)
