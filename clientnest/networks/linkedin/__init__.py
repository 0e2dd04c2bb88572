"""LinkedIn: what the network is called and which metrics it reports."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_DOCS = "https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/share-statistics"

NETWORK = Network(
    name="linkedin",
    label="LinkedIn",
    metrics={
        "impressions": Reported("impressionCount", _DOCS),
        "reach": Reported("uniqueImpressionsCount", _DOCS),
        "likes": Reported("likeCount", _DOCS),
        "comments": Reported("commentCount", _DOCS),
        "shares": Reported("shareCount", _DOCS),
        "clicks": Reported("clickCount", _DOCS),
        "engagement_rate": Reported("engagement", _DOCS),
        "click_through_rate": Reported("Click through rate (CTR)", _DOCS),
        "video_views": Reported("Views", _DOCS),
        "follows": Reported("Follows", _DOCS),
        "followers": Reported("followerCounts", _DOCS),
    },
)
