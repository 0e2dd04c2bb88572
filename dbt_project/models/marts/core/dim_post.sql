{{ config(
    unique_key=['workspace_id', 'post_id'],
    indexes=[
        {'columns': ['workspace_id', 'published_at', 'post_id']},
        {'columns': ['workspace_id', 'account_id', 'post_id']},
        {'columns': ['load_id']},
        {'columns': ['built_at']},
    ],
) }}
{% set posts, accounts = ref('stg_raw__post'), ref('int_account') %}
{% set held_load = held_load() %}

with {% if is_incremental() -%}
-- Accounts whose zone was changed: all their posts have another local hour. One post of each tells.
moved_accounts as (
    select
        a.workspace_id,
        a.account_id
    from {{ accounts }} as a
    where a.timezone <> (
        select one_post.timezone
        from {{ this }} as one_post
        where one_post.workspace_id = a.workspace_id and one_post.account_id = a.account_id
        limit 1
    )
),

{% endif -%}
touched as (
    select
        workspace_id,
        account_id,
        post_id
    from {{ posts }}
    {% if is_incremental() -%}
    where load_id > {{ held_load }}
    union
    select
        p.workspace_id,
        p.account_id,
        p.post_id
    from moved_accounts
    inner join {{ posts }} as p using (workspace_id, account_id)
    {%- endif %}
),

localised as (
    select
        p.*,
        a.timezone,
        p.published_at at time zone a.timezone as published_local,
        concat_ws(e'\n', p.title, p.text) as content
    from touched
    inner join {{ posts }} as p using (workspace_id, account_id, post_id)
    inner join {{ accounts }} as a using (workspace_id, account_id)
)

select
    workspace_id,
    post_id,
    account_id,
    network,
    external_id,
    published_at,
    published_time_known,
    published_local,
    case when published_time_known then {{ hour_of_week('published_local') }} end as hour_of_week,
    timezone,
    post_type,
    title,
    text,
    url,
    link_url,
    {{ hashtags('content') }} as hashtags,
    char_length(text) as text_length,
    link_url is not null or {{ mentions_link('content') }} as has_link,
    duration_seconds,
    is_repost,
    load_id,
    now() as built_at
from localised
