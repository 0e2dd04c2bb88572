"""LinkedIn: what the network is called and which metrics it reports."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_SHARES = "https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/share-statistics"
_FOLLOWERS = (
    "https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/follower-statistics"
)
_EXPORT = "docs/exports.md#linkedin"

NETWORK = Network(
    name="linkedin",
    label="LinkedIn",
    metrics={
        "impressions": Reported("impressionCount", _SHARES),
        "reach": Reported("uniqueImpressionsCount", _SHARES),
        "likes": Reported("likeCount", _SHARES),
        "comments": Reported("commentCount", _SHARES),
        "shares": Reported("shareCount", _SHARES),
        "clicks": Reported("clickCount", _SHARES),
        "engagement_rate": Reported("engagement", _SHARES),
        "click_through_rate": Reported("Click through rate (CTR)", _EXPORT),
        "video_views": Reported("Views", _EXPORT),
        "follows": Reported("Follows", _EXPORT),
        "followers": Reported("followerCounts", _FOLLOWERS),
    },
)
