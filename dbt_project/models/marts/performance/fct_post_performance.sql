{{ config(
    unique_key=['workspace_id', 'post_id'],
    indexes=[
        {'columns': ['workspace_id', 'account_id']},
        {'columns': ['built_at']},
    ],
) }}
{% set posts, totals, milestones = ref('dim_post'), ref('int_post_total'), ref('int_post_milestone') %}
{% set followers = ref('int_account_followers') %}
{% set held_build = held_build() %}
{% set totals_at_ages = ['impressions_24h', 'impressions_7d', 'views_24h', 'views_7d'] %}

with recounted as (
    -- A follower count that came late changes the rates of posts captured after it.
    select
        workspace_id,
        account_id,
        min(captured_at) as since
    from {{ followers }}
    where built_at > {{ held_build }}
    group by workspace_id, account_id
),

touched as (
    {% for model in [posts, totals, milestones] -%}
    select
        workspace_id,
        account_id,
        post_id
    from {{ model }}
    {% if is_incremental() %}where built_at > {{ held_build }}{% endif %}
    union
    {% endfor -%}
    select
        t.workspace_id,
        t.account_id,
        t.post_id
    from recounted
    inner join {{ totals }} as t using (workspace_id, account_id)
    where t.captured_at >= recounted.since
),

engaged as (
    select
        p.*,
        t.captured_at,
        coalesce(t.captured_days, 0) as captured_days,
        t.last_load_id,
        {{ prefixed('t.', post_metrics()) | join(', ') }},
        {{ prefixed('m.', totals_at_ages) | join(', ') }},
        {{ engagement('t.likes', 't.comments', 't.shares') }} as engagement,
        {% for age in ages() -%}
        {{ engagement_at(age) }} as engagement_{{ age }},
        {% endfor -%}
        {{ followers_at(followers, 't', by='captured_at') }} as followers
    from touched
    inner join {{ posts }} as p using (workspace_id, account_id, post_id)
    left join {{ totals }} as t using (workspace_id, account_id, post_id)
    left join {{ milestones }} as m using (workspace_id, account_id, post_id)
),

rated as (
    select
        *,
        date_part('epoch', captured_at - published_at) / 3600 as age_hours,
        {{ rate('engagement', 'impressions') }} as engagement_rate_by_impressions,
        {{ rate('engagement', 'reach') }} as engagement_rate_by_reach,
        {{ rate('engagement', 'followers') }} as engagement_rate_by_followers
    from engaged
)

select
    workspace_id,
    post_id,
    account_id,
    network,
    captured_at,
    captured_days,
    age_hours,
    {% for metric in post_metrics() -%}
    {{ metric }},
    {% endfor -%}
    engagement,
    {% for age in ages() -%}
    engagement_{{ age }}::double precision as engagement_{{ age }},
    {% endfor -%}
    {{ totals_at_ages | join(', ') }},
    followers,
    engagement_rate_by_impressions,
    engagement_rate_by_reach,
    engagement_rate_by_followers,
    is_repost,
    last_load_id,
    coalesce(age_hours >= 24 * {{ var('mature_days') }} + case when published_time_known then 0 else 24 end, false)
        as is_mature,
    {{ post_flags(counter_metrics(), ratio_metrics()) }} as flags,
    now() as built_at
from rated
