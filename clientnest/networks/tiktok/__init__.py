"""TikTok: what the network is called and which metrics it reports."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_DOCS = "https://developers.tiktok.com/doc/tiktok-api-v2-video-object"

NETWORK = Network(
    name="tiktok",
    label="TikTok",
    metrics={
        "views": Reported("view_count", _DOCS),
        "video_views": Reported("view_count", _DOCS),
        "likes": Reported("like_count", _DOCS),
        "comments": Reported("comment_count", _DOCS),
        "shares": Reported("share_count", _DOCS),
        "profile_visits": Reported("Profile Views", _DOCS),
        "followers": Reported("follower_count", _DOCS),
        "following": Reported("following_count", _DOCS),
        "posts_count": Reported("video_count", _DOCS),
    },
)
