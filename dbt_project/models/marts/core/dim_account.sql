{{ config(
    unique_key=['workspace_id', 'account_id'],
    indexes=[{'columns': ['built_at']}],
) }}
{% set accounts, followers = ref('int_account'), ref('int_account_followers') %}
{% set posts, performance, held_build = ref('dim_post'), ref('fct_post_performance'), held_build() %}

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
),

published as (
    select
        workspace_id,
        account_id,
        count(*) as posts,
        min(p.published_at) as first_published_at,
        max(p.published_at) as last_published_at
    from touched
    inner join {{ posts }} as p using (workspace_id, account_id)
    where not p.is_repost
    group by workspace_id, account_id
),

captured as (
    select
        workspace_id,
        account_id,
        max(p.captured_at) as last_captured_at
    from touched
    inner join {{ performance }} as p using (workspace_id, account_id)
    group by workspace_id, account_id
),

followed as (
    select
        *,
        {{ followers_at(followers, 'touched') }} as followers,
        {{ followers_at(followers, 'touched', value='captured_at') }} as followers_captured_at
    from touched
)

select
    workspace_id,
    account_id,
    a.network,
    a.external_id,
    a.display_name,
    a.url,
    a.timezone,
    coalesce(published.posts, 0) as posts,
    published.first_published_at,
    published.last_published_at,
    greatest(captured.last_captured_at, followed.followers_captured_at) as last_captured_at,
    followed.followers,
    followed.followers_captured_at,
    now() as built_at
from followed
inner join {{ accounts }} as a using (workspace_id, account_id)
left join published using (workspace_id, account_id)
left join captured using (workspace_id, account_id)
