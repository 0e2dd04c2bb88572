-- Follower counts over time: from captures of the profile, and from daily reports (which tell the end of their day).
{{ config(
    unique_key=['workspace_id', 'account_id', 'captured_at', 'origin'],
    indexes=[
        {'columns': ['workspace_id', 'account_id', 'captured_at', 'origin'], 'unique': true},
        {'columns': ['load_id']},
        {'columns': ['built_at']},
    ],
) }}
{% set loads = ref('stg_raw__load') %}
{% set held_load, held_build = held_load(), held_build() %}

with captured as (
    select
        workspace_id,
        account_id,
        captured_at,
        followers,
        load_id
    from {{ ref('stg_raw__account_snapshot') }}
    where
        followers is not null
        {% if is_incremental() -%}
        and {{ in_loads_above(held_load, loads) }}
        {%- endif %}
),

reported as (
    select
        workspace_id,
        account_id,
        (day + 1)::timestamp at time zone 'UTC' - interval '1 microsecond' as captured_at,
        followers
    from {{ ref('int_account_period_day') }}
    where
        followers is not null
        {% if is_incremental() -%}
        and built_at > {{ held_build }}
        {%- endif %}
)

select
    workspace_id,
    account_id,
    captured_at,
    'captured' as origin,
    followers,
    load_id,
    now() as built_at
from captured
union all
select
    workspace_id,
    account_id,
    captured_at,
    'reported' as origin,
    followers,
    null as load_id,
    now() as built_at
from reported
