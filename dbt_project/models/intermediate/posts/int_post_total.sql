-- One row per captured post: per metric the last total that is known.
{{ config(
    unique_key=['workspace_id', 'account_id', 'post_id'],
    indexes=[
        {'columns': ['workspace_id', 'account_id', 'post_id'], 'unique': true},
        {'columns': ['workspace_id', 'account_id', 'captured_at']},
        {'columns': ['built_at']},
    ],
) }}
{% set days = ref('int_post_day') %}
{% set held_build = held_build() %}

with touched as (
    select distinct
        workspace_id,
        account_id,
        post_id
    from {{ days }}
    {% if is_incremental() %}where built_at > {{ held_build }}{% endif %}
),

captured_days as (
    select
        d.*,
        (d.day - date '1970-01-01')::bigint as day_number
    from touched
    inner join {{ days }} as d using (workspace_id, account_id, post_id)
    offset 0 -- computed once per day, not once per metric
)

select
    workspace_id,
    account_id,
    post_id,
    max(captured_at) as captured_at,
    count(*) as captured_days,
    {% for metric in post_metrics() -%}
    {{ last_known(metric, 'day_number') }} as {{ metric }},
    {% endfor -%}
    (max(array[day_number, last_load_id]))[2] as last_load_id,
    max(load_id) as load_id,
    now() as built_at
from captured_days
group by workspace_id, account_id, post_id
