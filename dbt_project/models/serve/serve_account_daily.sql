-- Every day from an account's first to its last: a day on which nothing is known has a row of NULLs, so that a chart
-- shows a gap instead of a line across it.
{{ config(alias='account_daily') }}

with spans as (
    select
        workspace_id,
        account_id,
        network,
        min(day) as first_day,
        max(day) as last_day
    from {{ ref('fct_account_daily') }}
    where workspace_id = app.current_workspace()
    group by workspace_id, account_id, network
)

select
    s.workspace_id,
    s.account_id,
    s.network,
    calendar.at::date as day,
    coalesce(d.posts_published, 0) as posts_published,
    coalesce(d.posts_measured, 0) as posts_measured,
    coalesce(d.posts_compared, 0) as posts_compared,
    d.engagement,
    {{ prefixed('d.', daily_metrics()) | join(',\n    ') }},
    d.followers_change,
    coalesce(d.has_negative, false) as has_negative,
    coalesce(d.reported_metrics, '{}') as reported_metrics,
    coalesce(d.source, 'difference') as source
from spans as s
cross join lateral generate_series(s.first_day::timestamp, s.last_day::timestamp, interval '1 day') as calendar (at)
left join {{ ref('fct_account_daily') }} as d
    on
        s.workspace_id = d.workspace_id
        and s.account_id = d.account_id
        and calendar.at::date = d.day
