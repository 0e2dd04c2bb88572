"""Mastodon: what the network is called and which metrics it reports."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_STATUS = "https://docs.joinmastodon.org/entities/Status/"
_ACCOUNT = "https://docs.joinmastodon.org/entities/Account/"

NETWORK = Network(
    name="mastodon",
    label="Mastodon",
    metrics={
        "likes": Reported("favourites_count", _STATUS),
        "comments": Reported("replies_count", _STATUS),
        "shares": Reported("reblogs_count", _STATUS),
        "quotes": Reported("quotes_count", _STATUS),
        "followers": Reported("followers_count", _ACCOUNT),
        "following": Reported("following_count", _ACCOUNT),
        "posts_count": Reported("statuses_count", _ACCOUNT),
    },
)
