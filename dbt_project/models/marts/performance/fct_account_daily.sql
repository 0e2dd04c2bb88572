{{ config(
    unique_key=['workspace_id', 'account_id', 'day'],
    indexes=[
        {'columns': ['workspace_id', 'day']},
        {'columns': ['built_at']},
    ],
    meta={'row_exists': 'source'},
) }}
{% set moved, reported = ref('int_account_movement'), ref('int_account_period_day') %}
{% set followers, accounts = ref('int_account_followers'), ref('int_account') %}
{% set held_build = held_build() %}

with changed as (
    {% for model, day in [
        (moved, 'day'), (reported, 'day'), (followers, "(captured_at at time zone 'UTC')::date")
    ] -%}
    select
        workspace_id,
        account_id,
        {{ day }} as day
    from {{ model }}
    {% if is_incremental() %}where built_at > {{ held_build }}{% endif %}
    {{ 'union' if not loop.last }}
    {% endfor %}
),

touched as (
    select * from changed
    {% if is_incremental() -%}
    union
    -- The day after a changed one is compared with it.
    select
        workspace_id,
        account_id,
        day + 1 as day
    from changed
    {%- endif %}
),

followed as (
    select
        *,
        {{ followers_on(followers, 'touched.day') }} as followers_today,
        {{ followers_on(followers, 'touched.day - 1') }} as followers_before
    from touched
),

known as (
    select
        followed.*,
        accounts.network,
        moved.posts_published,
        moved.posts_measured,
        moved.posts_compared,
        moved.has_negative,
        {% for metric in daily_metrics() -%}
        reported.{{ metric }} as reported_{{ metric }},
        coalesce(reported.{{ metric }}, moved.{{ metric }}) as {{ metric }},
        {% endfor -%}
        reported.follows - reported.unfollows as reported_followers_change,
        case
            when reported.day is not null then 'reported'
            when moved.posts_published > 0 or moved.posts_measured > 0 then 'difference'
            when followed.followers_today is not null then 'difference'
        end as source
    from followed
    inner join {{ accounts }} as accounts using (workspace_id, account_id)
    left join {{ moved }} as moved using (workspace_id, account_id, day)
    left join {{ reported }} as reported using (workspace_id, account_id, day)
)

select
    workspace_id,
    account_id,
    network,
    day,
    coalesce(posts_published, 0) as posts_published,
    coalesce(posts_measured, 0) as posts_measured,
    coalesce(posts_compared, 0) as posts_compared,
    {{ engagement('likes', 'comments', 'shares') }} as engagement,
    {{ daily_metrics() | join(',\n    ') }},
    coalesce(reported_followers_change, followers_today - followers_before) as followers_change,
    coalesce(has_negative or least({{ prefixed('reported_', daily_metrics()) | join(', ') }}) < 0, false)
        as has_negative,
    array_remove(array[
        {% for metric in daily_metrics() + ['followers_change'] -%}
        case when reported_{{ metric }} is not null then '{{ metric }}' end,
        {% endfor -%}
        null
    ], null) as reported_metrics,
    source,
    now() as built_at
from known
{% if not is_incremental() %}where source is not null{% endif %}
