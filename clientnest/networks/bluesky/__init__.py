"""Bluesky: what the network is called and which metrics it reports."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_POST = "https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/defs.json"
_PROFILE = "https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/actor/defs.json"

NETWORK = Network(
    name="bluesky",
    label="Bluesky",
    metrics={
        "likes": Reported("likeCount", _POST),
        "comments": Reported("replyCount", _POST),
        "shares": Reported("repostCount", _POST),
        "quotes": Reported("quoteCount", _POST),
        "saves": Reported("bookmarkCount", _POST),
        "followers": Reported("followersCount", _PROFILE),
        "following": Reported("followsCount", _PROFILE),
        "posts_count": Reported("postsCount", _PROFILE),
    },
)
