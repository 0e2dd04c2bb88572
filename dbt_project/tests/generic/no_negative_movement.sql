{#- Days on which a total fell: kept, and reported. -#}
{% test no_negative_movement(model) %}
select
    workspace_id,
    account_id,
    day
from {{ model }}
where has_negative
{% endtest %}
