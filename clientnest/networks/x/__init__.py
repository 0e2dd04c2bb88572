"""X: what the network is called and which metrics it reports.

Names of `/2/tweets` fields where they exist (docs.x.com), of `/2/tweets/analytics` for the rest (xdevplatform/docs,
openapi.json), of the export for what only the export gives.
"""

from clientnest.metrics import Reported
from clientnest.registry import Network

_DOCS = "https://docs.x.com/x-api/fundamentals/metrics"
_ANALYTICS = "https://github.com/xdevplatform/docs/blob/main/openapi.json"
_EXPORT = "https://business.x.com/en/help/campaign-measurement-and-analytics/export-csv-definitions"
_COLUMNS = "docs/exports.md#x"

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
        "video_views": Reported("view_count", _DOCS),
        "engagements": Reported("engagements", _ANALYTICS),
        "follows": Reported("follows", _ANALYTICS),
        "unfollows": Reported("unfollows", _ANALYTICS),
        "hashtag_clicks": Reported("hashtag_clicks", _ANALYTICS),
        "detail_expands": Reported("detail_expands", _ANALYTICS),
        "media_views": Reported("media_views", _ANALYTICS),
        "engagement_rate": Reported("engagement rate", _EXPORT),
        "promoted_impressions": Reported("promoted_metrics.impression_count", _DOCS),
        "promoted_engagements": Reported("promoted engagements", _COLUMNS),
        "followers": Reported("followers_count", _ANALYTICS),
        "following": Reported("following_count", _ANALYTICS),
        "posts_count": Reported("tweet_count", _ANALYTICS),
    },
)
