-- One narrow row per post, so that comparing all posts of an account does not read all that is known of them. A row
-- that says the same as before is left alone, and its account is not computed again.
{{ config(
    unique_key=['workspace_id', 'post_id'],
    indexes=[
        {'columns': ['workspace_id', 'account_id']},
        {'columns': ['built_at']},
    ],
) }}
{% set posts, performance = ref('dim_post'), ref('fct_post_performance') %}
{% set held_build = held_build() %}
{% set said = ['account_id', 'hour_of_week', 'post_type', 'hashtags', 'engagement'] %}

with touched as (
    {% for model in [posts, performance] -%}
    select
        workspace_id,
        post_id
    from {{ model }}
    {% if is_incremental() %}where built_at > {{ held_build }}{% endif %}
    {{ 'union' if not loop.last }}
    {% endfor %}
),

fresh as (
    select
        workspace_id,
        post_id,
        p.account_id,
        p.hour_of_week,
        p.post_type,
        p.hashtags,
        case when r.is_mature and not p.is_repost then r.engagement end as engagement
    from touched
    inner join {{ posts }} as p using (workspace_id, post_id)
    inner join {{ performance }} as r using (workspace_id, post_id)
)

select
    workspace_id,
    post_id,
    {{ prefixed('fresh.', said) | join(',\n    ') }},
    now() as built_at
from fresh
{% if is_incremental() -%}
left join {{ this }} as held using (workspace_id, post_id)
where
    held.built_at is null
    or ({{ prefixed('held.', said) | join(', ') }})
    is distinct from ({{ prefixed('fresh.', said) | join(', ') }})
{%- endif %}
