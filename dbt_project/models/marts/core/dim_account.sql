{{ config(
    unique_key=['workspace_id', 'account_id'],
    indexes=[{'columns': ['built_at']}],
) }}
{% set accounts, posts = ref('int_account'), ref('dim_post') %}
{% set performance, followers = ref('fct_post_performance'), ref('int_account_followers') %}
{% set held_build = held_build() %}

with touched as (
    select
        workspace_id,
        account_id
    from {{ accounts }}
    {% if is_incremental() -%}
    except
    select
        a.workspace_id,
        a.account_id
    from {{ accounts }} as a
    inner join {{ this }} as held
        on a.workspace_id = held.workspace_id and a.account_id = held.account_id
    where
        (a.external_id, a.display_name, a.timezone, a.url)
        is not distinct from (held.external_id, held.display_name, held.timezone, held.url)
    {% for changed in [posts, performance, followers] -%}
    union
    select
        workspace_id,
        account_id
    from {{ changed }}
    where built_at > {{ held_build }}
    {% endfor -%}
    {%- endif %}
)

select
    workspace_id,
    account_id,
    a.network,
    a.external_id,
    a.display_name,
    a.url,
    a.timezone,
    p.posts,
    p.first_published_at,
    p.last_published_at,
    greatest(c.last_captured_at, f.captured_at) as last_captured_at,
    f.followers,
    f.captured_at as followers_captured_at,
    now() as built_at
from touched
inner join {{ accounts }} as a using (workspace_id, account_id)
cross join lateral (
    select
        count(*) as posts,
        min(published_at) as first_published_at,
        max(published_at) as last_published_at
    from {{ posts }} as d
    where d.workspace_id = a.workspace_id and d.account_id = a.account_id and not d.is_repost
) as p
cross join lateral (
    select max(captured_at) as last_captured_at
    from {{ performance }} as d
    where d.workspace_id = a.workspace_id and d.account_id = a.account_id
) as c
left join lateral (
    select
        followers,
        captured_at
    from {{ followers }} as d
    where d.workspace_id = a.workspace_id and d.account_id = a.account_id
    order by d.captured_at desc, d.origin desc
    limit 1
) as f on true
