-- One row per post: per metric the last total that is known, and totals at 1 h, 24 h and 7 d of age by interpolation.
{{ config(
    unique_key=['workspace_id', 'account_id', 'post_id'],
    indexes=[
        {'columns': ['workspace_id', 'account_id', 'post_id'], 'unique': true},
        {'columns': ['load_id']},
        {'columns': ['built_at']},
    ],
) }}
{% set posts, loads = ref('stg_raw__post'), ref('stg_raw__load') %}
{% set snapshots = ref('stg_raw__post_snapshot') %}
{% set held_load = held_load() %}

with touched as (
    select
        workspace_id,
        account_id,
        post_id
    from {{ posts }}
    {% if is_incremental() -%}
    where load_id > {{ held_load }}
    union
    select
        workspace_id,
        account_id,
        post_id
    from {{ snapshots }}
    where {{ in_loads_above(held_load, loads) }}
    {%- endif %}
),

history as (
    {{ history_of('touched', snapshots) }}
),

aged as (
    select
        history.*,
        posts.published_at,
        case
            when history.captured_at >= posts.published_at
                then extract(epoch from history.captured_at - posts.published_at)::double precision
        end as age_seconds
    from history
    inner join {{ posts }} as posts using (workspace_id, account_id, post_id)
),

summed as (
    select
        workspace_id,
        account_id,
        post_id,
        max(captured_at) as captured_at,
        count(distinct (captured_at at time zone 'UTC')::date) as captured_days,
        (array_agg(source order by captured_at desc))[1] as source,
        {% for metric in post_metrics() -%}
        {{ last_known(metric) }} as {{ metric }},
        {% endfor -%}
        {% for age, seconds in ages().items() -%}
        {% for metric in aged_metrics() -%}
        {{ capture_before(metric, seconds) }} as {{ metric }}_before_{{ age }},
        {{ capture_after(metric, seconds) }} as {{ metric }}_after_{{ age }},
        {% endfor -%}
        {% endfor -%}
        max(load_id) as load_id
    from aged
    group by workspace_id, account_id, post_id
)

select
    workspace_id,
    account_id,
    post_id,
    posts.network,
    posts.published_at,
    posts.is_repost,
    summed.captured_at,
    coalesce(summed.captured_days, 0) as captured_days,
    summed.source,
    {% for metric in post_metrics() -%}
    summed.{{ metric }},
    {% endfor -%}
    {% for age, seconds in ages().items() -%}
    {% for metric in aged_metrics() -%}
    {{ interpolated('summed.%s_before_%s' % (metric, age), 'summed.%s_after_%s' % (metric, age), seconds) }}
        as {{ metric }}_{{ age }},
    {% endfor -%}
    {% endfor -%}
    greatest(posts.load_id, summed.load_id) as load_id,
    now() as built_at
from touched
inner join {{ posts }} as posts using (workspace_id, account_id, post_id)
left join summed using (workspace_id, account_id, post_id)
