{#- Engagement is unknown exactly where likes, comments and shares all are. -#}
{% test engagement_follows_its_parts(model) %}
select
    workspace_id,
    post_id
from {{ model }}
where
    (engagement is null) <> (num_nonnulls(likes, comments, shares) = 0)
    or engagement <> coalesce(likes, 0) + coalesce(comments, 0) + coalesce(shares, 0)
{% endtest %}
