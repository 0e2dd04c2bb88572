-- The months that are stored, and what was kept of the months that went to the Parquet history.
{% for table in ['post_snapshot', 'post_snapshot_kept'] %}
select
    workspace_id,
    account_id,
    post_id,
    captured_at,
    source,
    load_id,
    {{ post_metrics() | join(',\n    ') }}
from {{ source('raw', table) }}
{{ 'union all' if not loop.last }}
{% endfor %}
