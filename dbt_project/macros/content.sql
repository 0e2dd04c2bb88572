{#- Facts about a post's words and hour. Text is read with Postgres's own Unicode rules, whatever the database's locale. -#}

{#- Hours since Monday 00:00 on the clock of the account: 0 to 167. -#}
{% macro hour_of_week(local) -%}
    ((extract(isodow from {{ local }}) - 1) * 24 + extract(hour from {{ local }}))::smallint
{%- endmacro %}

{#-
The different hashtags of a text in lower case without their sign, in order of appearance. A hashtag is a # (or the full-width one) that follows
no letter, digit, &, / or another #, and then everything up to white space, punctuation or a symbol. Marks are part of
it (Hindi, Thai), emoji are not, and digits alone make none ("#1").
-#}
{% macro hashtags(text) -%}
    array(
        select found.tag
        from (
            select
                lower(matched.parts[1] collate "pg_c_utf8") as tag,
                min(matched.position) as position
            from regexp_matches(
                -- Most texts are in this form already, and asking is cheaper than making it so.
                case when {{ text }} is nfc normalized then {{ text }} else normalize({{ text }}, nfc) end
                collate "pg_c_utf8",
                '(?<![[:alnum:]_&/#＃])[#＃]({{ hashtag_character() }}+)',
                'g'
            ) with ordinality as matched (parts, position)
            where matched.parts[1] !~ '^[[:digit:]_]+$'
            group by 1
        ) as found
        order by found.position
    )
{%- endmacro %}

{#- Anything but white space, controls, punctuation (save _ and the two joiners), symbols and emoji. -#}
{% macro hashtag_character() -%}
    [^[:space:]\u0001-\u002F\u003A-\u0040\u005B-\u005E\u0060\u007B-\u00A9\u00AB-\u00B4\u00B6-\u00B9\u00BB-\u00BF\u00D7\u00F7\u060C\u061B\u061F\u06D4\u0964\u0965\u2000-\u200B\u200E-\u206F\u20A0-\u20CF\u2100-\u214F\u2190-\u2BFF\u3000-\u3004\u3008-\u3020\u3030\uFE00-\uFE0F\uFF01-\uFF0F\uFF1A-\uFF20\uFF3B-\uFF3E\uFF40\uFF5B-\uFF65\uFFE0-\uFFFF\U0001F000-\U0001FAFF\U000E0000-\U000E01EF]
{%- endmacro %}

{% macro mentions_link(text) -%}
    coalesce({{ text }} ~* '(https?://|\mwww\.)[^[:space:]]', false)
{%- endmacro %}
