{{ config(
    unique_key=['workspace_id', 'account_id'],
    indexes=[{'columns': ['built_at']}],
    meta={'row_exists': 'metric'},
) }}
{% set performance = ref('fct_post_performance') %}
{% set held_build = held_build() %}

with touched as (
    select distinct
        workspace_id,
        account_id
    from {{ performance }}
    {% if is_incremental() %}where built_at > {{ held_build }}{% endif %}
),

counted as (
    select
        workspace_id,
        account_id,
        network,
        source,
        max(captured_at) as last_captured_at,
        max(load_id) as last_load_id,
        count(*) as posts,
        sum(captured_days)::bigint as snapshots,
        count(*) filter (where 'negative_count' = any(flags)) as flagged_negative,
        count(*) filter (where 'rate_above_100' = any(flags)) as flagged_rate_above_100,
        array[
            {{ prefixed('count(', post_metrics()) | join('), ') }})
        ] as known
    from {{ performance }}
    inner join touched using (workspace_id, account_id)
    where source is not null and not is_repost
    group by workspace_id, account_id, network, source
)

select
    touched.workspace_id,
    touched.account_id,
    c.network,
    c.source,
    metric.name as metric,
    c.last_captured_at,
    l.loaded_at as last_loaded_at,
    c.posts,
    c.snapshots,
    metric.known::double precision / c.posts as reported_share,
    c.flagged_negative,
    c.flagged_rate_above_100,
    now() as built_at
from touched
left join counted as c
    on touched.workspace_id = c.workspace_id and touched.account_id = c.account_id
left join lateral unnest(
    array['{{ post_metrics() | join("', '") }}'], c.known
) as metric (name, known) on true
left join {{ ref('stg_raw__load') }} as l
    on c.workspace_id = l.workspace_id and c.last_load_id = l.load_id
{% if not is_incremental() %}where metric.name is not null{% endif %}
