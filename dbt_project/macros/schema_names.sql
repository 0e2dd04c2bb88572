{#- The schemas exist (made by the first migration's bootstrap, with their rights), so names are taken as they are. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
