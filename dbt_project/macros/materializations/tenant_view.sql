{#-
A view that people's sessions read: one workspace at a time, and no function of the reader's may see other rows
(security barrier). It is replaced in place where its columns allow it, so that readers never find it missing; its
rights are granted by post-hooks in the same transaction.
-#}
{% materialization tenant_view, adapter='postgres' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set fits = false -%}
    {%- if existing is not none -%}
        {%- set held = adapter.get_columns_in_relation(existing) | map(attribute='name') | list -%}
        {%- set wanted = get_columns_in_query(sql) -%}
        {%- set fits = existing.is_view and not should_full_refresh() and wanted[:held | length] == held -%}
        {%- if not fits -%}{{ adapter.drop_relation(existing) }}{%- endif -%}
    {%- endif -%}
    {% call statement('main') -%}
        create or replace view {{ target_relation }} with (security_barrier = true) as (
            {{ sql }}
        )
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
