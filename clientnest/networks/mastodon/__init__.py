"""Mastodon: what the network is called and which metrics it reports."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_DOCS = "https://docs.joinmastodon.org/entities/Status/"

NETWORK = Network(
    name="mastodon",
    label="Mastodon",
    metrics={
        "likes": Reported("favourites_count", _DOCS),
        "comments": Reported("replies_count", _DOCS),
        "shares": Reported("reblogs_count", _DOCS),
        "quotes": Reported("quotes_count", _DOCS),
        "followers": Reported("followers_count", _DOCS),
        "following": Reported("following_count", _DOCS),
        "posts_count": Reported("statuses_count", _DOCS),
    },
)
