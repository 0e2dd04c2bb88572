{#- What the comparisons of hours, hashtags and formats share. -#}

{#- Accounts with a post that compares otherwise since a build; all in a full build. -#}
{% macro accounts_with_new_results(held_build) -%}
    select distinct
        workspace_id,
        account_id
    from {{ ref('fct_comparable_post') }}
    {% if is_incremental() %}where built_at > {{ held_build }}{% endif %}
{%- endmacro %}

{#- Their posts that may be compared with one another. -#}
{% macro comparable_posts(touched) -%}
    select
        p.workspace_id,
        p.account_id,
        p.hour_of_week,
        p.post_type,
        p.hashtags,
        p.engagement
    from {{ touched }} as t
    inner join {{ ref('fct_comparable_post') }} as p
        on t.workspace_id = p.workspace_id and t.account_id = p.account_id
    where p.engagement is not null
{%- endmacro %}

{#- Engagement on the scale on which posts are compared; a negative total counts as none. -#}
{% macro log_engagement() -%}
    ln(1 + greatest(engagement, 0)::double precision)
{%- endmacro %}
