{#- A total at an age, on the straight line between the capture before and the capture after. -#}

{#- Two aggregates: [age, total] of the nearest captures on either side of an age. -#}
{% macro capture_before(metric, seconds) -%}
    max(array[age_seconds, {{ metric }}]) filter (where age_seconds <= {{ seconds }} and {{ metric }} is not null)
{%- endmacro %}

{% macro capture_after(metric, seconds) -%}
    min(array[age_seconds, {{ metric }}]) filter (where age_seconds >= {{ seconds }} and {{ metric }} is not null)
{%- endmacro %}

{#- At age 0 every total is 0. Nothing is known after the last capture, nor between captures too far apart. -#}
{% macro interpolated(before, after, seconds) -%}
    case
        when {{ after }}[1] = {{ seconds }} then {{ after }}[2]
        when {{ after }}[1] - coalesce({{ before }}[1], 0) <= {{ var('widest_bracket') }} * {{ seconds }}
            then coalesce({{ before }}[2], 0)
                + ({{ after }}[2] - coalesce({{ before }}[2], 0)) * ({{ seconds }} - coalesce({{ before }}[1], 0))
                / ({{ after }}[1] - coalesce({{ before }}[1], 0))
    end
{%- endmacro %}

{#- Engagement at an age: unknown as soon as one of the parts this post is reported with is unknown at that age. -#}
{% macro engagement_at(age) -%}
    case
        when (likes is null or likes_{{ age }} is not null)
            and (comments is null or comments_{{ age }} is not null)
            and (shares is null or shares_{{ age }} is not null)
            then {{ engagement('likes_' ~ age, 'comments_' ~ age, 'shares_' ~ age) }}
    end
{%- endmacro %}
