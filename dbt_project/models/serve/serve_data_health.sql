{{ config(alias='data_health') }}

select
    c.workspace_id,
    c.account_id,
    c.network,
    c.source,
    c.last_captured_at,
    c.last_loaded_at,
    c.posts,
    c.snapshots,
    c.metric,
    c.reported_share,
    exists(
        select 1
        from {{ ref('metric_catalogue') }} as m
        where
            m.name = c.metric
            and m.network = c.network
            and (m.until_date is null or m.until_date > c.last_captured_at)
    ) as expected,
    c.flagged_negative,
    c.flagged_rate_above_100
from {{ ref('fct_metric_coverage') }} as c
where c.workspace_id = app.current_workspace()
