{#- Posts with a flag: their numbers stay as they are, and the count is reported. -#}
{% test no_flag(model, flag) %}
select
    workspace_id,
    account_id,
    post_id,
    flags
from {{ model }}
where '{{ flag }}' = any(flags)
{% endtest %}
