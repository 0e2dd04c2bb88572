{#- Lists of metric columns, out of the catalogue. -#}

{#- Every metric a post can have. -#}
{% macro post_metrics() %}
    {{ return(_metrics_of('post')) }}
{% endmacro %}

{#- Every metric an account can have for a period. -#}
{% macro period_metrics() %}
    {{ return(_metrics_of('period')) }}
{% endmacro %}

{% macro _metrics_of(grain) %}
    {% set names = [] %}
    {% for metric in catalogue() if grain in metric.grains %}{% do names.append(metric.name) %}{% endfor %}
    {{ return(names) }}
{% endmacro %}

{#- What moves from day to day and may be summed over an account's posts. -#}
{% macro daily_metrics() %}
    {% set names = [] %}
    {% for metric in catalogue() if metric.aggregation == 'sum' and 'post' in metric.grains and 'period' in metric.grains %}
        {% do names.append(metric.name) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}

{#- Totals that can never be below zero. -#}
{% macro counter_metrics() %}
    {% set names = [] %}
    {% for metric in catalogue() if metric.kind == 'counter' and 'post' in metric.grains %}
        {% do names.append(metric.name) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}

{#- Rates a post is reported with, as fractions of one. -#}
{% macro ratio_metrics() %}
    {% set names = [] %}
    {% for metric in catalogue() if metric.unit == 'ratio' and 'post' in metric.grains %}
        {% do names.append(metric.name) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}

{#- The ages at which totals are worked out, in seconds, and for which metrics. -#}
{% macro ages() %}
    {{ return({'1h': 3600, '24h': 86400, '7d': 604800}) }}
{% endmacro %}

{% macro aged_metrics(age) %}
    {{ return(['likes', 'comments', 'shares'] + (['impressions', 'views'] if age != '1h' else [])) }}
{% endmacro %}

{#-
An aggregate: the last value that is known. `moment` is a whole number that grows with time. Arrays compare element by
element, so the greatest one holds the value of the last moment; unlike an ordered aggregate it needs no sort.
-#}
{% macro last_known(metric, moment='moment') -%}
    (max(array[{{ moment }}::{{ metric_type(metric) }}, {{ metric }}]) filter (where {{ metric }} is not null))[2]
{%- endmacro %}

{#- Microseconds of an instant: exact in double precision until the year 2255. -#}
{% macro moment(instant) -%}
    (date_part('epoch', {{ instant }}) * 1000000)::bigint
{%- endmacro %}

{#- Interactions that every network counts alike: NULL only where none of the three is known. -#}
{% macro engagement(likes, comments, shares) -%}
    case
        when num_nonnulls({{ likes }}, {{ comments }}, {{ shares }}) > 0
            then coalesce({{ likes }}, 0) + coalesce({{ comments }}, 0) + coalesce({{ shares }}, 0)
    end
{%- endmacro %}

{#- A rate that is known only over a positive denominator. -#}
{% macro rate(numerator, denominator) -%}
    case when {{ denominator }} > 0 then {{ numerator }}::double precision / {{ denominator }} end
{%- endmacro %}

{#- Names with something before each. -#}
{% macro prefixed(prefix, names) %}
    {% set made = [] %}
    {% for name in names %}{% do made.append(prefix ~ name) %}{% endfor %}
    {{ return(made) }}
{% endmacro %}
