{{ config(alias='post') }}

select
    p.workspace_id,
    p.post_id,
    p.account_id,
    p.network,
    a.display_name as account_name,
    p.external_id,
    p.published_at,
    p.published_time_known,
    p.published_local,
    p.hour_of_week,
    p.post_type,
    p.title,
    p.text,
    p.url,
    p.hashtags,
    p.text_length,
    p.has_link,
    r.captured_at,
    r.age_hours,
    {{ prefixed('r.', post_metrics()) | join(',\n    ') }},
    r.engagement,
    r.engagement_1h,
    r.engagement_24h,
    r.engagement_7d,
    r.impressions_24h,
    r.impressions_7d,
    r.views_24h,
    r.views_7d,
    r.followers,
    r.engagement_rate_by_impressions,
    r.engagement_rate_by_reach,
    r.engagement_rate_by_followers,
    r.is_mature,
    r.flags
from {{ ref('dim_post') }} as p
inner join {{ ref('fct_post_performance') }} as r
    on p.workspace_id = r.workspace_id and p.post_id = r.post_id
inner join {{ ref('dim_account') }} as a
    on p.workspace_id = a.workspace_id and p.account_id = a.account_id
where
    p.workspace_id = app.current_workspace()
    and not p.is_repost
