{#-
The movement of a total on a day: the last total known on it less the last total known on the day before. At publication
a total is 0. Where the day before has neither a capture nor the publication, the movement since the capture before
belongs to no day in particular, and is NULL.
-#}
{% macro movement(metric) -%}
    today.{{ metric }} - case
        when published.day = today.day then 0
        else coalesce(yesterday.{{ metric }}, case when published.day = today.day - 1 then 0 end)
    end
{%- endmacro %}

{#- The last follower count known on a UTC day. -#}
{% macro followers_on(followers, day) -%}
    (
        select f.followers
        from {{ followers }} as f
        where
            f.workspace_id = touched.workspace_id
            and f.account_id = touched.account_id
            and f.captured_at >= ({{ day }})::timestamp at time zone 'UTC'
            and f.captured_at < ({{ day }} + 1)::timestamp at time zone 'UTC'
        order by f.captured_at desc, f.origin desc
        limit 1
    )
{%- endmacro %}

{#- The last follower count (or when it was taken) of a row's account; by a time of the row, where one is given. -#}
{% macro followers_at(followers, row, by=none, value='followers') -%}
    (
        select f.{{ value }}
        from {{ followers }} as f
        where
            f.workspace_id = {{ row }}.workspace_id
            and f.account_id = {{ row }}.account_id
            {% if by -%}
            and f.captured_at <= {{ row }}.{{ by }}
            {% endif -%}
        order by f.captured_at desc, f.origin desc
        limit 1
    )
{%- endmacro %}
