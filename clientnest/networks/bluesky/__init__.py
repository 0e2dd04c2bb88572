"""Bluesky: what the network is called and which metrics it reports."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_DOCS = "https://docs.bsky.app/docs/api/app-bsky-feed-get-posts"

NETWORK = Network(
    name="bluesky",
    label="Bluesky",
    metrics={
        "likes": Reported("likeCount", _DOCS),
        "comments": Reported("replyCount", _DOCS),
        "shares": Reported("repostCount", _DOCS),
        "quotes": Reported("quoteCount", _DOCS),
        "saves": Reported("bookmarkCount", _DOCS),
        "followers": Reported("followersCount", _DOCS),
        "following": Reported("followsCount", _DOCS),
        "posts_count": Reported("postsCount", _DOCS),
    },
)
