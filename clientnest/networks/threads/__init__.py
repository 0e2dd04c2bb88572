"""Threads: what the network is called and which metrics it reports."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_DOCS = "https://developers.facebook.com/documentation/threads/insights"

NETWORK = Network(
    name="threads",
    label="Threads",
    metrics={
        "views": Reported("views", _DOCS),
        "likes": Reported("likes", _DOCS),
        "comments": Reported("replies", _DOCS),
        "shares": Reported("reposts", _DOCS),
        "quotes": Reported("quotes", _DOCS),
        "clicks": Reported("clicks", _DOCS),
        "followers": Reported("followers_count", _DOCS),
    },
)
