"""YouTube: what the network is called and which metrics it reports.

A view on YouTube is a video view, so `views` is the one name for it. Only the export of YouTube Studio gives
unique viewers and how many stayed to watch.
"""

from clientnest.metrics import Reported
from clientnest.registry import Network

_ANALYTICS = "https://developers.google.com/youtube/analytics/metrics"
_CHANNEL = "https://developers.google.com/youtube/v3/docs/channels"
_EXPORT = "docs/exports.md#youtube"

NETWORK = Network(
    name="youtube",
    label="YouTube",
    metrics={
        "views": Reported("views", _ANALYTICS),
        "engaged_views": Reported("engagedViews", _ANALYTICS),
        "unique_viewers": Reported("Unique viewers", _EXPORT),
        "likes": Reported("likes", _ANALYTICS),
        "dislikes": Reported("dislikes", _ANALYTICS),
        "comments": Reported("comments", _ANALYTICS),
        "shares": Reported("shares", _ANALYTICS),
        "follows": Reported("subscribersGained", _ANALYTICS),
        "unfollows": Reported("subscribersLost", _ANALYTICS),
        "impressions": Reported("videoThumbnailImpressions", _ANALYTICS),
        "click_through_rate": Reported("videoThumbnailImpressionsClickRate", _ANALYTICS),
        "watch_time_seconds": Reported("estimatedMinutesWatched", _ANALYTICS),
        "average_view_seconds": Reported("averageViewDuration", _ANALYTICS),
        "retention_rate": Reported("Stayed to watch (%)", _EXPORT),
        "followers": Reported("subscriberCount", _CHANNEL),
        "posts_count": Reported("videoCount", _CHANNEL),
    },
)
