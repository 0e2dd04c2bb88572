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
        max(touched.load_id) as post_load_id
    from touched
    inner join {{ posts }} as p using (workspace_id, account_id, post_id)
    group by workspace_id, account_id, post_id, p.published_at, p.published_time_known
),

-- Every post with its captures, if any: joining them a second time is what the planner, who cannot know how much is
-- touched, may do by comparing each with each.
history as (
    select
        p.*,
        {% for metric in aged_metrics('7d') -%}
        h.{{ metric }},
        {% endfor -%}
        h.load_id,
        date_part('epoch', h.captured_at - p.published_at) as age_seconds
    from published as p
    {{ history_of('p', snapshots, between=[
        'p.published_at', "p.published_at + interval '%s days'" % useful_days
    ]) }}
    offset 0 -- computed once per capture, not once per metric
),

brackets as (
    select
        workspace_id,
        account_id,
        post_id,
        published_time_known,
        post_load_id,
        {% for age, seconds in ages().items() -%}
        {% for metric in aged_metrics(age) -%}
        {{ capture_before(metric, seconds) }} as {{ metric }}_before_{{ age }},
        {{ capture_after(metric, seconds) }} as {{ metric }}_after_{{ age }},
        {% endfor -%}
        {% endfor -%}
        max(load_id) as load_id
    from history
    group by workspace_id, account_id, post_id, published_time_known, post_load_id
)

select
    workspace_id,
    account_id,
    post_id,
    {% for age, seconds in ages().items() -%}
    {% for metric in aged_metrics(age) -%}
    {{ interpolated('%s_before_%s' % (metric, age), '%s_after_%s' % (metric, age), seconds) }}
        as {{ metric }}_{{ age }},
    {% endfor -%}
    {% endfor -%}
    greatest(post_load_id, load_id) as load_id,
    now() as built_at
from brackets
