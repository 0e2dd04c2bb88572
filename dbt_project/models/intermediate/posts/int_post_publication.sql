-- The UTC day each post was published on. When a post turns out to be from another day (or to be a repost), the old row
-- stays with is_current false, so that its account's day is counted again.
{{ config(
    unique_key=['workspace_id', 'account_id', 'post_id', 'day'],
    indexes=[
        {'columns': ['workspace_id', 'account_id', 'post_id', 'day'], 'unique': true},
        {'columns': ['workspace_id', 'account_id', 'day']},
        {'columns': ['load_id']},
        {'columns': ['built_at']},
    ],
) }}
{% set held_load = held_load() %}

with posts as (
    select
        workspace_id,
        account_id,
        post_id,
        load_id,
        case when not is_repost then published_on end as day
    from {{ ref('stg_raw__post') }}
    {% if is_incremental() -%}
    where load_id > {{ held_load }}
    {%- endif %}
)

select
    posts.workspace_id,
    posts.account_id,
    posts.post_id,
    posts.day,
    true as is_current,
    posts.load_id,
    now() as built_at
from posts
{% if is_incremental() -%}
left join {{ this }} as held using (workspace_id, account_id, post_id, day)
where posts.day is not null and held.is_current is not true
union all
select
    posts.workspace_id,
    posts.account_id,
    posts.post_id,
    held.day,
    false as is_current,
    posts.load_id,
    now() as built_at
from posts
inner join {{ this }} as held using (workspace_id, account_id, post_id)
where held.is_current and held.day is distinct from posts.day
{%- else -%}
where posts.day is not null
{%- endif %}
