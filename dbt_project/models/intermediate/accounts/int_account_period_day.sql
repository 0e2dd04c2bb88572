-- One row per account and day that the network itself reported on: per metric the last capture's value.
{{ config(
    unique_key=['workspace_id', 'account_id', 'day'],
    indexes=[
        {'columns': ['workspace_id', 'account_id', 'day'], 'unique': true},
        {'columns': ['load_id']},
        {'columns': ['built_at']},
    ],
) }}
{% set periods = ref('stg_raw__account_period') %}
{% set held_load = held_load() %}

with touched as (
    select distinct
        workspace_id,
        account_id,
        period_start
    from {{ periods }}
    where
        is_whole_day
        {% if is_incremental() -%}
        and load_id > {{ held_load }}
        {%- endif %}
),

reports as (
    select
        p.*,
        {{ moment('p.captured_at') }} as moment
    from touched
    inner join {{ periods }} as p using (workspace_id, account_id, period_start)
    where p.is_whole_day
)

select
    workspace_id,
    account_id,
    period_start as day,
    max(captured_at) as captured_at,
    {% for metric in period_metrics() -%}
    {{ last_known(metric) }} as {{ metric }},
    {% endfor -%}
    max(load_id) as load_id,
    now() as built_at
from reports
group by workspace_id, account_id, period_start
