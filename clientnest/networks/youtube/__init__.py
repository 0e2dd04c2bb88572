"""YouTube: what the network is called and which metrics it reports."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_DOCS = "https://developers.google.com/youtube/analytics/metrics"

NETWORK = Network(
    name="youtube",
    label="YouTube",
    metrics={
        "views": Reported("views", _DOCS),
        "video_views": Reported("views", _DOCS),
        "engaged_views": Reported("engagedViews", _DOCS),
        "unique_viewers": Reported("Unique viewers", _DOCS),
        "likes": Reported("likes", _DOCS),
        "dislikes": Reported("dislikes", _DOCS),
        "comments": Reported("comments", _DOCS),
        "shares": Reported("shares", _DOCS),
        "follows": Reported("subscribersGained", _DOCS),
        "unfollows": Reported("subscribersLost", _DOCS),
        "impressions": Reported("videoThumbnailImpressions", _DOCS),
        "click_through_rate": Reported("videoThumbnailImpressionsClickRate", _DOCS),
        "watch_time_seconds": Reported("estimatedMinutesWatched", _DOCS),
        "average_view_seconds": Reported("averageViewDuration", _DOCS),
        "retention_rate": Reported("Stayed to watch (%)", _DOCS),
        "followers": Reported("subscriberCount", _DOCS),
        "posts_count": Reported("videoCount", _DOCS),
    },
)
