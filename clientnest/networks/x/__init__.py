"""X: what the network is called and which metrics it reports."""

from clientnest.metrics import Reported
from clientnest.registry import Network

_DOCS = "https://docs.x.com/x-api/fundamentals/metrics"

NETWORK = Network(
    name="x",
    label="X",
    metrics={
        "impressions": Reported("impression_count", _DOCS),
        "likes": Reported("like_count", _DOCS),
        "comments": Reported("reply_count", _DOCS),
        "shares": Reported("retweet_count", _DOCS),
        "quotes": Reported("quote_count", _DOCS),
        "saves": Reported("bookmark_count", _DOCS),
        "link_clicks": Reported("url_link_clicks", _DOCS),
        "profile_visits": Reported("user_profile_clicks", _DOCS),
        "engagements": Reported("engagements", _DOCS),
        "engagement_rate": Reported("engagement rate", _DOCS),
        "follows": Reported("follows", _DOCS),
        "hashtag_clicks": Reported("hashtag clicks", _DOCS),
        "detail_expands": Reported("detail expands", _DOCS),
        "media_views": Reported("media views", _DOCS),
        "video_views": Reported("view_count", _DOCS),
        "promoted_impressions": Reported("promoted impressions", _DOCS),
        "promoted_engagements": Reported("promoted engagements", _DOCS),
        "followers": Reported("followers_count", _DOCS),
        "following": Reported("following_count", _DOCS),
        "posts_count": Reported("tweet_count", _DOCS),
    },
)
