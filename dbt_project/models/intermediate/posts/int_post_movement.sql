-- How each post's totals moved on each UTC day with a capture of it.
{{ config(materialized='view') }}

select
    today.workspace_id,
    today.account_id,
    today.post_id,
    {% for metric in daily_metrics() -%}
    {{ movement(metric) }} as {{ metric }},
    {% endfor -%}
    today.day
from {{ ref('int_post_day') }} as today
left join {{ ref('int_post_day') }} as yesterday
    on
        today.workspace_id = yesterday.workspace_id
        and today.account_id = yesterday.account_id
        and today.post_id = yesterday.post_id
        and today.day - 1 = yesterday.day
left join {{ ref('int_post_publication') }} as published
    on
        today.workspace_id = published.workspace_id
        and today.account_id = published.account_id
        and today.post_id = published.post_id
        and published.is_current
where not today.is_repost
