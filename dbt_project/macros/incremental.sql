{#-
How models follow what is new.

Models that read `raw` follow load ids: loads commit in the order of their ids, so everything above the highest id a
model holds is new to it, however old its captures are. Models that read other models follow `built_at`, the database's
time at which a row was computed: everything upstream that is newer than a model's newest row is new to it. Both hold
after a failed build, after a build of some models only, and when nothing changed. Builds run one at a time.

What is new names the keys to compute again (posts, accounts, days); each is computed from all its history, never added
to what was there. So the order in which captures arrive does not matter, and doing it twice changes nothing.
-#}

{#- The highest load this model holds: a plain number, so that the planner knows how little is above it. -#}
{% macro held_load() %}
    {% set held = run_query('select coalesce(max(load_id), 0) from ' ~ this) if execute and is_incremental() %}
    {{ return(held.columns[0][0] | int if held else 0) }}
{% endmacro %}

{#- The time at which this model was last computed, as SQL. -#}
{% macro held_build() %}
    {% set held = run_query("select coalesce(max(built_at), '-infinity')::text from " ~ this) if execute and is_incremental() %}
    {{ return("'" ~ (held.columns[0][0] if held else '-infinity') ~ "'::timestamptz") }}
{% endmacro %}

{#- Rows of loads above one; the loads say between which captures they lie, so that only those months are opened. -#}
{% macro in_loads_above(load, loads) -%}
    load_id > {{ load }}
        and captured_at >= (select min(l.captured_from) from {{ loads }} as l where l.load_id > {{ load }})
        and captured_at <= (select max(l.captured_to) from {{ loads }} as l where l.load_id > {{ load }})
{%- endmacro %}

{#-
A left join that gives each row of `touched` its captures between two times as `h`: found through the key row by row, or
all read and hashed in a full build. A row without captures stays.
-#}
{% macro history_of(touched, snapshots, between) -%}
    {%- set key %}h.workspace_id = {{ touched }}.workspace_id
            and h.account_id = {{ touched }}.account_id
            and h.post_id = {{ touched }}.post_id
            and h.captured_at >= {{ between[0] }}
            and h.captured_at < {{ between[1] }}{% endset -%}
    {% if is_incremental() -%}
    left join lateral (
        select *
        from {{ snapshots }} as h
        where
            {{ key }}
        offset 0
    ) as h on true
    {%- else -%}
    left join {{ snapshots }} as h
        on
            {{ key }}
    {%- endif %}
{%- endmacro %}

{#- After a full build: the tables that follow are planned with what is known of this one. -#}
{% macro analyze_when_full() -%}
    {%- if not is_incremental() -%}analyze {{ this }}{%- endif -%}
{%- endmacro %}

{#-
The strategy: every row of a key that the model computed again is replaced. A key that has nothing any more gives one
row whose column `meta.row_exists` is NULL: its old rows go, and nothing takes their place.
-#}
{% macro get_incremental_replace_sql(arg_dict) %}
    {%- set target, fresh = arg_dict['target_relation'], arg_dict['temp_relation'] -%}
    {%- set keys = arg_dict['unique_key'] -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set row_exists = config.get('meta', {}).get('row_exists') -%}
    analyze {{ fresh }} ({{ keys | join(', ') }});
    delete from {{ target }} as held
    using (select distinct {{ keys | join(', ') }} from {{ fresh }}) as touched
    where {% for key in keys %}held.{{ key }} = touched.{{ key }}{{ ' and ' if not loop.last }}{% endfor %};
    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ fresh }}
    {{ 'where ' ~ row_exists ~ ' is not null' if row_exists }}
    order by {{ keys | join(', ') }}; -- neighbours in the indexes one after the other: half the time of any order
    -- What is new in a large part is planned for at once: the statistics of before know nothing of it.
    do $$ begin
        if (select new.reltuples > 0.1 * held.reltuples from pg_class as new, pg_class as held
            where new.oid = '{{ fresh }}'::regclass and held.oid = '{{ target }}'::regclass) then
            analyze {{ target }} ({{ (keys + ['built_at']) | join(', ') }});
        end if;
    end $$
{% endmacro %}
