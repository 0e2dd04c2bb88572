"""TikTok: what the network is called and which metrics it reports. Views of a video are `views`, its one name here."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_VIDEO = "https://developers.tiktok.com/doc/tiktok-api-v2-video-object"
_USER = "https://developers.tiktok.com/doc/research-api-specs-query-user-info"
_EXPORT = "docs/exports.md#tiktok"

NETWORK = Network(
    name="tiktok",
    label="TikTok",
    metrics={
        "views": Reported("view_count", _VIDEO),
        "likes": Reported("like_count", _VIDEO),
        "comments": Reported("comment_count", _VIDEO),
        "shares": Reported("share_count", _VIDEO),
        "profile_visits": Reported("Profile Views", _EXPORT),
        "followers": Reported("follower_count", _USER),
        "following": Reported("following_count", _USER),
        "posts_count": Reported("video_count", _USER),
    },
)
