-- One row per post: its totals at 1 h, 24 h and 7 d of age, by interpolation between the captures around each age.
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
{% set useful_days = 7 * (1 + var('widest_bracket') | int) %}

with touched as (
    select
        workspace_id,
        account_id,
        post_id,
        load_id
    from {{ posts }}
    {% if is_incremental() -%}
    where load_id > {{ held_load }}
    union all
    select
        workspace_id,
        account_id,
        post_id,
        load_id
    from {{ snapshots }}
    where {{ in_loads_above(held_load, loads) }}
    {%- endif %}
),

published as (
    select
        workspace_id,
        account_id,
        post_id,
        p.published_at,
        p.published_time_known,
        max(touched.load_id) as load_id
    from touched
    inner join {{ posts }} as p using (workspace_id, account_id, post_id)
    group by workspace_id, account_id, post_id, p.published_at, p.published_time_known
),

history as (
    {{ history_of('published', snapshots, between=[
        't.published_at', "t.published_at + interval '%s days'" % useful_days
    ], column='published_at') }}
),

aged as (
    select
        *,
        date_part('epoch', captured_at - published_at) as age_seconds
    from history
    where captured_at >= published_at and captured_at < published_at + interval '{{ useful_days }} days'
    offset 0 -- computed once per capture, not once per metric
),

brackets as (
    select
        workspace_id,
        account_id,
        post_id,
        {% for age, seconds in ages().items() -%}
        {% for metric in aged_metrics(age) -%}
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
    {% for age, seconds in ages().items() -%}
    {% for metric in aged_metrics(age) -%}
    {{ interpolated('b.%s_before_%s' % (metric, age), 'b.%s_after_%s' % (metric, age), seconds, 'published') }}
        as {{ metric }}_{{ age }},
    {% endfor -%}
    {% endfor -%}
    greatest(published.load_id, b.load_id) as load_id,
    now() as built_at
from published
left join brackets as b using (workspace_id, account_id, post_id)
