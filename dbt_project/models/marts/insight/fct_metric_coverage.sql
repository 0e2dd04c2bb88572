{{ config(
    unique_key=['workspace_id', 'account_id'],
    indexes=[{'columns': ['built_at']}],
    meta={'row_exists': 'source'},
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
        l.source,
        max(captured_at) as last_captured_at,
        max(l.loaded_at) as last_loaded_at,
        count(*) as posts,
        sum(captured_days)::bigint as snapshots,
        count(*) filter (where 'negative_count' = any(flags)) as flagged_negative,
        count(*) filter (where 'rate_above_100' = any(flags)) as flagged_rate_above_100,
        array[
            {{ prefixed('count(', post_metrics()) | join('), ') }})
        ] as known
    from {{ performance }} as p
    inner join touched using (workspace_id, account_id)
    inner join {{ ref('stg_raw__load') }} as l using (workspace_id)
    where p.last_load_id = l.load_id and not p.is_repost
    group by workspace_id, account_id, network, l.source
)

select
    touched.workspace_id,
    touched.account_id,
    c.network,
    c.source,
    metric.name as metric,
    c.last_captured_at,
    c.last_loaded_at,
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
{% if not is_incremental() %}where c.source is not null{% endif %}
