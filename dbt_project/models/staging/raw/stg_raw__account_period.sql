-- What networks report for whole periods of an account; breakdowns (by country and the like) carry a dimension.
select
    workspace_id,
    account_id,
    period_start,
    period_end,
    dimension,
    dimension_value,
    captured_at,
    source,
    load_id,
    dimension = '' and period_start = period_end as is_whole_day,
    {{ period_metrics() | join(',\n    ') }}
from {{ source('raw', 'account_period') }}
