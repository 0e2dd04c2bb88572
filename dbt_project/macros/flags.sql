{#- What is impossible or suspicious about a post's numbers: they stay as they were captured, and say so. -#}
{% macro post_flags(counters, ratios) -%}
    array_remove(array[
        case when least({{ counters | join(', ') }}) < 0 then 'negative_count' end,
        case
            when greatest(
                {{ ratios | join(', ') }}, engagement_rate_by_impressions, engagement_rate_by_reach
            ) > 1
                then 'rate_above_100'
        end,
        case when age_hours < 0 then 'captured_before_published' end,
        case when captured_at is not null and age_hours is null then 'published_unknown' end
    ], null)
{%- endmacro %}
