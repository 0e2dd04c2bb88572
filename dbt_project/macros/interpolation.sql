{#- A total at an age, on the straight line between the capture before and the capture after. -#}

{#- Two aggregates: [age, total] of the nearest captures on either side of an age. -#}
{% macro capture_before(metric, seconds) -%}
    max(array[age_seconds, {{ metric }}]) filter (where age_seconds <= {{ seconds }} and {{ metric }} is not null)
{%- endmacro %}

{% macro capture_after(metric, seconds) -%}
    min(array[age_seconds, {{ metric }}]) filter (where age_seconds >= {{ seconds }} and {{ metric }} is not null)
{%- endmacro %}

{#-
At age 0 every total is 0. Nothing is known after the last capture, nor between captures too far apart. Where only the
day of publication is known, ages of less than a week mean nothing; from there on they are right to within a day.
-#}
{% macro interpolated(before, after, seconds) -%}
    case
        {% if seconds < 7 * 86400 -%}
        when not published_time_known then null
        {% endif -%}
        when {{ after }}[1] = {{ seconds }} then {{ after }}[2]
        when {{ after }}[1] - coalesce({{ before }}[1], 0) <= {{ var('widest_bracket') }} * {{ seconds }}
            then coalesce({{ before }}[2], 0)
                + ({{ after }}[2] - coalesce({{ before }}[2], 0)) * ({{ seconds }} - coalesce({{ before }}[1], 0))
                / ({{ after }}[1] - coalesce({{ before }}[1], 0))
    end
{%- endmacro %}

{#- Engagement at an age (t: totals, m: at ages): unknown as soon as one part the post is reported with is unknown then. -#}
{% macro engagement_at(age) -%}
    case
        when (t.likes is null or m.likes_{{ age }} is not null)
            and (t.comments is null or m.comments_{{ age }} is not null)
            and (t.shares is null or m.shares_{{ age }} is not null)
            then {{ engagement('m.likes_' ~ age, 'm.comments_' ~ age, 'm.shares_' ~ age) }}
    end
{%- endmacro %}
