{#- What the comparisons of hours, hashtags and formats share. -#}

{#- Accounts with a post that changed since a build; all in a full build. -#}
{% macro accounts_with_new_results(held_build) -%}
    {% for model in [ref('dim_post'), ref('fct_post_performance')] -%}
    select
        workspace_id,
        account_id
    from {{ model }}
    {% if is_incremental() %}where built_at > {{ held_build }}{% endif %}
    {{ 'union' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- Posts that may be compared with one another: the account's own, old enough, with a known result. -#}
{% macro comparable_posts(touched) -%}
    select
        p.workspace_id,
        p.account_id,
        p.post_id,
        p.hour_of_week,
        p.post_type,
        p.hashtags,
        r.engagement
    from {{ touched }} as t
    inner join {{ ref('dim_post') }} as p
        on t.workspace_id = p.workspace_id and t.account_id = p.account_id
    inner join {{ ref('fct_post_performance') }} as r
        on p.workspace_id = r.workspace_id and p.post_id = r.post_id
    where r.is_mature and r.engagement is not null and not p.is_repost
{%- endmacro %}

{#- Engagement on the scale on which posts are compared; a negative total counts as none. -#}
{% macro log_engagement() -%}
    ln(1 + greatest(engagement, 0)::double precision)
{%- endmacro %}
