{#- Written by `clientnest metrics seed` out of clientnest/metrics.py; change it there. -#}

{#- Every metric, in display order. -#}
{% macro catalogue() %}
{{ return([
    {"name": "impressions", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["period", "post"]},
    {"name": "reach", "unit": "count", "kind": "counter", "aggregation": "none", "grains": ["period", "post"]},
    {"name": "views", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["account", "period", "post"]},
    {"name": "video_views", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["account", "period", "post"]},
    {"name": "engaged_views", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["post"]},
    {"name": "unique_viewers", "unit": "count", "kind": "counter", "aggregation": "none", "grains": ["period", "post"]},
    {"name": "likes", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["account", "period", "post"]},
    {"name": "dislikes", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["post"]},
    {"name": "comments", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["period", "post"]},
    {"name": "shares", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["period", "post"]},
    {"name": "quotes", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["post"]},
    {"name": "saves", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["period", "post"]},
    {"name": "clicks", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["period", "post"]},
    {"name": "link_clicks", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["period", "post"]},
    {"name": "hashtag_clicks", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["post"]},
    {"name": "detail_expands", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["post"]},
    {"name": "profile_visits", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["period", "post"]},
    {"name": "follows", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["period", "post"]},
    {"name": "unfollows", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["period"]},
    {"name": "media_views", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["post"]},
    {"name": "engagements", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["period", "post"]},
    {"name": "engaged_users", "unit": "count", "kind": "counter", "aggregation": "none", "grains": ["post"]},
    {"name": "negative_feedback", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["post"]},
    {"name": "promoted_impressions", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["post"]},
    {"name": "promoted_engagements", "unit": "count", "kind": "counter", "aggregation": "sum", "grains": ["post"]},
    {"name": "watch_time_seconds", "unit": "seconds", "kind": "counter", "aggregation": "sum", "grains": ["period", "post"]},
    {"name": "average_view_seconds", "unit": "seconds", "kind": "gauge", "aggregation": "none", "grains": ["period", "post"]},
    {"name": "engagement_rate", "unit": "ratio", "kind": "gauge", "aggregation": "none", "grains": ["period", "post"]},
    {"name": "click_through_rate", "unit": "ratio", "kind": "gauge", "aggregation": "none", "grains": ["post"]},
    {"name": "retention_rate", "unit": "ratio", "kind": "gauge", "aggregation": "none", "grains": ["post"]},
    {"name": "followers", "unit": "count", "kind": "gauge", "aggregation": "none", "grains": ["account", "period"]},
    {"name": "following", "unit": "count", "kind": "gauge", "aggregation": "none", "grains": ["account"]},
    {"name": "posts_count", "unit": "count", "kind": "gauge", "aggregation": "none", "grains": ["account"]}
]) }}
{% endmacro %}

{#- The Postgres type of a metric's column. -#}
{% macro metric_type(name) -%}
{{ {
    "impressions": "bigint",
    "reach": "bigint",
    "views": "bigint",
    "video_views": "bigint",
    "engaged_views": "bigint",
    "unique_viewers": "bigint",
    "likes": "bigint",
    "dislikes": "bigint",
    "comments": "bigint",
    "shares": "bigint",
    "quotes": "bigint",
    "saves": "bigint",
    "clicks": "bigint",
    "link_clicks": "bigint",
    "hashtag_clicks": "bigint",
    "detail_expands": "bigint",
    "profile_visits": "bigint",
    "follows": "bigint",
    "unfollows": "bigint",
    "media_views": "bigint",
    "engagements": "bigint",
    "engaged_users": "bigint",
    "negative_feedback": "bigint",
    "promoted_impressions": "bigint",
    "promoted_engagements": "bigint",
    "watch_time_seconds": "double precision",
    "average_view_seconds": "double precision",
    "engagement_rate": "double precision",
    "click_through_rate": "double precision",
    "retention_rate": "double precision",
    "followers": "bigint",
    "following": "bigint",
    "posts_count": "bigint"
}[name] }}
{%- endmacro %}
