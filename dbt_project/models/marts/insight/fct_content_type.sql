{{ config(
    unique_key=['workspace_id', 'account_id'],
    indexes=[{'columns': ['built_at']}],
    meta={'row_exists': 'post_type'},
) }}
{% set held_build = held_build() %}

with touched as (
    {{ accounts_with_new_results(held_build) }}
),

posts as (
    {{ comparable_posts('touched') }}
),

types as (
    select
        workspace_id,
        account_id,
        coalesce(post_type, 'unknown') as post_type,
        count(*) as posts,
        percentile_cont(0.5) within group (order by engagement) as median_engagement,
        avg({{ log_engagement() }}) as mean_log_engagement
    from posts
    group by workspace_id, account_id, coalesce(post_type, 'unknown')
),

medians as (
    select
        workspace_id,
        account_id,
        percentile_cont(0.5) within group (order by engagement) as account_median_engagement
    from posts
    group by workspace_id, account_id
)

select
    workspace_id,
    account_id,
    types.post_type,
    types.posts,
    types.median_engagement,
    types.mean_log_engagement,
    medians.account_median_engagement,
    now() as built_at
from touched
left join types using (workspace_id, account_id)
left join medians using (workspace_id, account_id)
{% if not is_incremental() %}where types.post_type is not null{% endif %}
