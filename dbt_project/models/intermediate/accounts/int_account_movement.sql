-- One row per account and UTC day: what was published, and how the totals of the account's posts moved. A day that
-- turns out to have nothing keeps an empty row, so that the mart drops its own.
{{ config(
    unique_key=['workspace_id', 'account_id', 'day'],
    indexes=[
        {'columns': ['workspace_id', 'account_id', 'day'], 'unique': true},
        {'columns': ['built_at']},
    ],
) }}
{% set posts, publications = ref('int_post_day'), ref('int_post_publication') %}
{% set movements = ref('int_post_movement') %}
{% set all_daily = daily_metrics() | join(', ') %}
{% set held_build = held_build() %}

with changed as (
    {% for model in [posts, publications] -%}
    select
        workspace_id,
        account_id,
        day
    from {{ model }}
    {% if is_incremental() %}where built_at > {{ held_build }}{% endif %}
    {{ 'union' if not loop.last }}
    {% endfor %}
),

touched as (
    select * from changed
    {% if is_incremental() -%}
    union
    -- The day after a changed one is compared with it.
    select
        workspace_id,
        account_id,
        day + 1 as day
    from changed
    {%- endif %}
),

summed as (
    select
        workspace_id,
        account_id,
        day,
        {% for metric in daily_metrics() -%}
        sum({{ metric }})::{{ metric_type(metric) }} as {{ metric }},
        {% endfor -%}
        count(*) as posts_measured,
        count(*) filter (where num_nonnulls({{ all_daily }}) > 0) as posts_compared,
        bool_or(least({{ all_daily }}) < 0) as has_negative
    from touched
    inner join {{ movements }} using (workspace_id, account_id, day)
    group by workspace_id, account_id, day
),

published as (
    select
        workspace_id,
        account_id,
        day,
        count(*) as posts_published
    from touched
    inner join {{ publications }} as p using (workspace_id, account_id, day)
    where p.is_current
    group by workspace_id, account_id, day
)

select
    workspace_id,
    account_id,
    day,
    coalesce(published.posts_published, 0)::integer as posts_published,
    coalesce(summed.posts_measured, 0)::integer as posts_measured,
    coalesce(summed.posts_compared, 0)::integer as posts_compared,
    coalesce(summed.has_negative, false) as has_negative,
    {% for metric in daily_metrics() -%}
    summed.{{ metric }},
    {% endfor -%}
    now() as built_at
from touched
left join summed using (workspace_id, account_id, day)
left join published using (workspace_id, account_id, day)
{% if is_incremental() -%}
left join {{ this }} as held using (workspace_id, account_id, day)
where coalesce(published.posts_published, summed.posts_measured) is not null or held.day is not null
{%- endif %}
