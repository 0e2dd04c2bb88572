-- The history, one row per post and UTC day with a capture: per metric the last total that is known within the day.
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

with {% if is_incremental() -%}
touched as (
    select
        workspace_id,
        account_id,
        post_id,
        (captured_at at time zone 'UTC')::date as day
    from {{ snapshots }}
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
),

{% endif -%}
timed as (
    select
        h.*,
        (h.captured_at at time zone 'UTC')::date as day,
        {{ moment('h.captured_at') }} as moment
    {% if is_incremental() -%}
    from touched
    {{ history_of('touched', snapshots, between=[
        "touched.day::timestamp at time zone 'UTC'", "(touched.day + 1)::timestamp at time zone 'UTC'"
    ]) }}
    {%- else -%}
    from {{ snapshots }} as h
    {%- endif %}
    offset 0 -- computed once per capture, not once per metric
),

summed as (
    select
        workspace_id,
        account_id,
        post_id,
        day,
        max(captured_at) as captured_at,
        {% for metric in post_metrics() -%}
        {{ last_known(metric) }} as {{ metric }},
        {% endfor -%}
        (max(array[moment, load_id]))[2] as last_load_id,
        max(load_id) as load_id
    from timed
    group by workspace_id, account_id, post_id, day
)

select
    workspace_id,
    account_id,
    post_id,
    summed.day,
    summed.captured_at,
    posts.is_repost,
    {% for metric in post_metrics() -%}
    summed.{{ metric }},
    {% endfor -%}
    summed.last_load_id,
    greatest(posts.load_id, summed.load_id) as load_id,
    now() as built_at
from summed
inner join {{ posts }} as posts using (workspace_id, account_id, post_id)
