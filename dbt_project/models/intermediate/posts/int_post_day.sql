-- One row per post and UTC day with a capture: per metric the last total that is known within the day.
{{ config(
    unique_key=['workspace_id', 'account_id', 'post_id', 'day'],
    indexes=[
        {'columns': ['workspace_id', 'account_id', 'post_id', 'day'], 'unique': true},
        {'columns': ['workspace_id', 'account_id', 'day']},
        {'columns': ['load_id']},
        {'columns': ['built_at']},
    ],
) }}
{% set posts, loads = ref('stg_raw__post'), ref('stg_raw__load') %}
{% set snapshots = ref('stg_raw__post_snapshot') %}
{% set held_load = held_load() %}

with touched as (
    select
        workspace_id,
        account_id,
        post_id,
        (captured_at at time zone 'UTC')::date as day
    from {{ snapshots }}
    {% if is_incremental() -%}
    where {{ in_loads_above(held_load, loads) }}
    union
    select
        held.workspace_id,
        held.account_id,
        held.post_id,
        held.day
    from {{ posts }} as p
    inner join {{ this }} as held using (workspace_id, account_id, post_id)
    where p.load_id > {{ held_load }} and held.is_repost <> p.is_repost
    {%- endif %}
),

history as (
    {{ history_of('touched', snapshots, within_day=true) }}
),

summed as (
    select
        workspace_id,
        account_id,
        post_id,
        (captured_at at time zone 'UTC')::date as day,
        {% for metric in daily_metrics() -%}
        {{ last_known(metric) }} as {{ metric }},
        {% endfor -%}
        max(load_id) as load_id
    from history
    group by workspace_id, account_id, post_id, (captured_at at time zone 'UTC')::date
)

select
    workspace_id,
    account_id,
    post_id,
    summed.day,
    posts.is_repost,
    {% for metric in daily_metrics() -%}
    summed.{{ metric }},
    {% endfor -%}
    greatest(posts.load_id, summed.load_id) as load_id,
    now() as built_at
from summed
inner join {{ posts }} as posts using (workspace_id, account_id, post_id)
