{#-
Which rows data tests read. A test with `where: just built` reads, during `dbt build`, the rows written within the last
hour, which includes all that this build wrote; a model keeps its other rows as they were when they passed. `dbt test`,
and any command with `--vars 'check_all_rows: true'`, reads every row.
-#}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') -%}
    {%- if where == 'just built' -%}
        {%- set where = 'true' if flags.WHICH == 'test' or var('check_all_rows') else "built_at > now() - interval '1 hour'" -%}
    {%- endif -%}
    {% do return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as scoped' if where else relation) %}
{%- endmacro %}
