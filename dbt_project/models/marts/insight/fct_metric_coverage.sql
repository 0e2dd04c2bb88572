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
        p.workspace_id,
        p.account_id,
        p.network,
        l.source,
        max(p.captured_at) as last_captured_at,
        max(l.loaded_at) as last_loaded_at,
        count(*) as posts,
        sum(p.captured_days)::bigint as snapshots,
        count(*) filter (where 'negative_count' = any(p.flags)) as flagged_negative,
        count(*) filter (where 'rate_above_100' = any(p.flags)) as flagged_rate_above_100,
        array[
            {% for metric in post_metrics() -%}
            count(p.{{ metric }}),
            {% endfor -%}
            null
        ] as known
    from touched
    inner join {{ performance }} as p on touched.workspace_id = p.workspace_id and touched.account_id = p.account_id
    inner join {{ ref('stg_raw__load') }} as l on p.workspace_id = l.workspace_id and p.last_load_id = l.load_id
    where not p.is_repost
    group by p.workspace_id, p.account_id, p.network, l.source
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
    array[
        {% for metric in post_metrics() -%}
        '{{ metric }}',
        {% endfor -%}
        null
    ],
    c.known
) as metric (name, known) on metric.name is not null
{% if not is_incremental() %}where c.source is not null{% endif %}
