{{ config(
    unique_key=['workspace_id', 'account_id'],
    indexes=[{'columns': ['built_at']}],
    meta={'row_exists': 'hashtag'},
) }}
{% set held_build = held_build() %}

with touched as (
    {{ accounts_with_new_results(held_build) }}
),

posts as (
    {{ comparable_posts('touched') }}
),

tags as (
    select
        workspace_id,
        account_id,
        tag.hashtag,
        count(*) as posts,
        percentile_cont(0.5) within group (order by engagement) as median_engagement
    from posts
    cross join lateral unnest(posts.hashtags) as tag (hashtag)
    group by workspace_id, account_id, tag.hashtag
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
    tags.hashtag,
    tags.posts,
    tags.median_engagement,
    medians.account_median_engagement,
    now() as built_at
from touched
left join tags using (workspace_id, account_id)
left join medians using (workspace_id, account_id)
{% if not is_incremental() %}where tags.hashtag is not null{% endif %}
