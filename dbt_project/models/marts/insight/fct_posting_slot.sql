{{ config(
    unique_key=['workspace_id', 'account_id'],
    indexes=[{'columns': ['built_at']}],
    meta={'row_exists': 'hour_of_week'},
) }}
{% set held_build = held_build() %}

with touched as (
    {{ accounts_with_new_results(held_build) }}
),

posts as (
    {{ comparable_posts('touched') }}
),

slots as (
    select
        workspace_id,
        account_id,
        hour_of_week,
        count(*) as posts,
        percentile_cont(0.5) within group (order by engagement) as median_engagement,
        avg({{ log_engagement() }}) as mean_log_engagement
    from posts
    group by workspace_id, account_id, hour_of_week
),

averages as (
    select
        workspace_id,
        account_id,
        avg({{ log_engagement() }}) as account_mean_log_engagement
    from posts
    group by workspace_id, account_id
)

select
    workspace_id,
    account_id,
    slots.hour_of_week,
    slots.posts,
    slots.median_engagement,
    slots.mean_log_engagement,
    averages.account_mean_log_engagement,
    now() as built_at
from touched
left join slots using (workspace_id, account_id)
left join averages using (workspace_id, account_id)
{% if not is_incremental() %}where slots.hour_of_week is not null{% endif %}
