{#- Totals that fell between two ages: unlikes and clean-ups do that; many at once point to a broken source. -#}
{% test never_shrinks_with_age(model) %}
select
    workspace_id,
    post_id
from {{ model }}
where engagement_24h < engagement_1h or engagement_7d < engagement_24h
{% endtest %}
