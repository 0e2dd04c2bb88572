{{ config(
    unique_key=['workspace_id', 'post_id'],
    indexes=[
        {'columns': ['workspace_id', 'account_id', 'captured_at']},
        {'columns': ['built_at']},
    ],
) }}
{% set totals, followers = ref('int_post_total'), ref('int_account_followers') %}
{% set held_build = held_build() %}

with touched as (
    select
        workspace_id,
        account_id,
        post_id
    from {{ totals }}
    {% if is_incremental() -%}
    where built_at > {{ held_build }}
    union
    -- A follower count that came late changes the rates of posts captured after it.
    select
        held.workspace_id,
        held.account_id,
        held.post_id
    from (
        select
            workspace_id,
            account_id,
            min(captured_at) as captured_at
        from {{ followers }}
        where built_at > {{ held_build }}
        group by workspace_id, account_id
    ) as f
    inner join {{ this }} as held
        on
            f.workspace_id = held.workspace_id
            and f.account_id = held.account_id
            and f.captured_at <= held.captured_at
    {%- endif %}
),

engaged as (
    select
        t.*,
        {{ engagement('t.likes', 't.comments', 't.shares') }} as engagement,
        {% for age in ages() -%}
        {{ engagement_at(age) }} as engagement_{{ age }},
        {% endfor -%}
        (
            select f.followers
            from {{ followers }} as f
            where
                f.workspace_id = t.workspace_id
                and f.account_id = t.account_id
                and f.captured_at <= t.captured_at
            order by f.captured_at desc, f.origin desc
            limit 1
        ) as followers
    from touched
    inner join {{ totals }} as t using (workspace_id, account_id, post_id)
),

rated as (
    select
        *,
        extract(epoch from captured_at - published_at)::double precision / 3600 as age_hours,
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
    source,
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
    impressions_24h,
    impressions_7d,
    views_24h,
    views_7d,
    followers,
    engagement_rate_by_impressions,
    engagement_rate_by_reach,
    engagement_rate_by_followers,
    coalesce(age_hours >= 24 * {{ var('mature_days') }}, false) as is_mature,
    {{ flags() }} as flags,
    is_repost,
    load_id,
    now() as built_at
from rated
