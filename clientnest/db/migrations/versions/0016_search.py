"""Search: what can be found of each post, kept beside it by triggers.

Whole words are found by full text, parts of words by trigrams. Texts are folded the same way when they are kept and
when they are looked for, so neither case nor accents matter, in any language. Folding needs nothing but Postgres
itself: the rules of its extension `unaccent` lie in files of the server, and would differ between servers.

Revision: 0016
Follows: 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"

# Both may be created by the owner of a database.
_EXTENSIONS = """
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA app;
CREATE EXTENSION IF NOT EXISTS btree_gin SCHEMA app;
"""

_FOLDING = r"""
-- Without case, without accents and Arabic vowel signs, and without what nobody sees; compatible forms are one. Letters
-- that carry their stroke for good (ø, ł) are folded by name.
CREATE FUNCTION app.fold(words text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT normalize(replace(replace(replace(replace(translate(regexp_replace(
        lower(normalize(words, NFKD) COLLATE pg_c_utf8),
        U&'[\0300-\036F\0640\064B-\065F\0670\00AD\200B-\200F\202A-\202E\2060-\2064\FE00-\FE0F\FEFF]', '', 'g'),
        'øłđðħıŧς', 'olddhitσ'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), NFKC)
$$;
"""

_TABLE = """
CREATE TABLE app.post_search (
    workspace_id uuid NOT NULL,
    post_id uuid NOT NULL,
    document text NOT NULL, -- all that can be found, folded
    words tsvector GENERATED ALWAYS AS (strip(to_tsvector('pg_catalog.simple', document))) STORED,
    PRIMARY KEY (workspace_id, post_id),
    FOREIGN KEY (workspace_id, post_id) REFERENCES app.post ON DELETE CASCADE
);
-- With the workspace in it, what others have written makes nobody's search slower.
CREATE INDEX post_search_found ON app.post_search
    USING gin (workspace_id app.uuid_ops, document app.gin_trgm_ops, words);

-- All that can be found of posts, but for what variants in these states say. A post that takes an hour to read is found
-- by its first 100,000 characters.
CREATE FUNCTION app.searched_text(workspace uuid, posts uuid[], hidden text[])
    RETURNS TABLE (post_id uuid, document text)
    LANGUAGE sql STABLE COST 10000 SET search_path = pg_catalog SET enable_nestloop = off AS $$
    -- Each table is read once for all posts: of a workspace that the statistics do not know yet, the planner expects a
    -- row or two, and would look through all of its rows for each post.
    SELECT p.id, left(app.fold(left(concat_ws(E'\\n', p.title,
        (SELECT c.name FROM app.campaign c WHERE c.workspace_id = workspace AND c.id = p.campaign_id),
        labelled.names, said.words
    ), 100000)), 100000)
    FROM app.post p
    LEFT JOIN (
        SELECT o.post_id, string_agg(l.name, E'\\n' ORDER BY l.id) AS names
        FROM app.post_label o JOIN app.label l ON l.workspace_id = workspace AND l.id = o.label_id
        WHERE o.workspace_id = workspace AND o.post_id = ANY (posts) GROUP BY o.post_id
    ) labelled ON labelled.post_id = p.id
    LEFT JOIN (
        SELECT v.post_id, string_agg(concat_ws(E'\\n', v.content ->> 'title',
            (SELECT string_agg(concat_ws(E'\\n', part ->> 'text',
                (SELECT string_agg(shown ->> 'alt_text', E'\\n') FROM jsonb_array_elements(part -> 'media') shown)
             ), E'\\n') FROM jsonb_array_elements(v.content -> 'parts') part),
            v.content ->> 'first_comment',
            CASE WHEN jsonb_path_exists(v.content, '$.parts[*].media[*]') THEN
                (SELECT string_agg(concat_ws(E'\\n', nullif(m.alt_text, ''), m.filename), E'\\n' ORDER BY m.id)
                 FROM app.variant_media h JOIN app.media m ON m.workspace_id = workspace AND m.id = h.media_id
                 WHERE h.workspace_id = workspace AND h.variant_id = v.id) END
        ), E'\\n' ORDER BY v.id) AS words
        FROM app.post_variant v
        WHERE v.workspace_id = workspace AND v.post_id = ANY (posts) AND v.state <> ALL (hidden) GROUP BY v.post_id
    ) said ON said.post_id = p.id
    WHERE p.workspace_id = workspace AND p.id = ANY (posts)
$$;

CREATE FUNCTION app.note_searched(workspace uuid, posts uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    INSERT INTO app.post_search (workspace_id, post_id, document)
    SELECT workspace, found.post_id, found.document FROM app.searched_text(workspace, posts, '{}') found
    ON CONFLICT (workspace_id, post_id) DO UPDATE SET document = excluded.document
        WHERE post_search.document <> excluded.document
$$;
REVOKE ALL ON FUNCTION app.searched_text(uuid, uuid[], text[]), app.note_searched(uuid, uuid[]) FROM PUBLIC;

-- Posts that hold all of this: patterns of LIKE, and words as they are. Row-level security keeps these operators from
-- using an index, for they could tell of rows they do not give; here the workspace is part of what is looked for.
CREATE FUNCTION app.posts_with(patterns text[], whole tsquery, before uuid) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN QUERY EXECUTE
        'SELECT s.post_id FROM app.post_search s WHERE s.workspace_id = $1 AND ($4 IS NULL OR s.post_id < $4)'
        || (SELECT coalesce(string_agg(format(' AND s.document LIKE $2[%s]', n), ''), '')
            FROM generate_series(1, cardinality(patterns)) n)
        || CASE WHEN numnode(whole) > 0 THEN ' AND s.words @@ $3' ELSE '' END
    USING app.current_workspace(), patterns, whole, before;
END $$;
REVOKE ALL ON FUNCTION app.posts_with(text[], tsquery, uuid) FROM PUBLIC;
"""

_TRIGGER = """
CREATE FUNCTION app.search_{event}_{table}() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM app.note_searched(found.workspace_id, array_agg(DISTINCT found.post_id))
    FROM ({posts}) found GROUP BY found.workspace_id;
    RETURN NULL;
END $$;
CREATE TRIGGER search_{event} AFTER {event} ON app.{table} REFERENCING {rows}
    FOR EACH STATEMENT EXECUTE FUNCTION app.search_{event}_{table}();
"""
_NEW, _OLD = "NEW TABLE AS after", "OLD TABLE AS before"
_BOTH = "before b JOIN after a USING (workspace_id, id)"  # stands for {both}
# What changes a post's document: by statements, so that many rows at once are one look.
_CHANGES = (
    ("insert", "post", "SELECT workspace_id, id AS post_id FROM after WHERE title <> '' OR campaign_id IS NOT NULL"),
    ("update", "post", "SELECT workspace_id, id AS post_id FROM {both} "
                       "WHERE (a.title, a.campaign_id) IS DISTINCT FROM (b.title, b.campaign_id)"),
    ("insert", "post_variant", "SELECT workspace_id, post_id FROM after"),
    ("update", "post_variant", "SELECT workspace_id, a.post_id FROM {both} WHERE a.content <> b.content"),
    ("delete", "post_variant", "SELECT workspace_id, post_id FROM before"),
    ("insert", "post_label", "SELECT workspace_id, post_id FROM after"),
    ("delete", "post_label", "SELECT workspace_id, post_id FROM before"),
    ("update", "label", "SELECT workspace_id, o.post_id FROM {both} JOIN app.post_label o USING (workspace_id) "
                        "WHERE o.label_id = id AND a.name <> b.name"),
    ("update", "campaign", "SELECT workspace_id, p.id AS post_id FROM {both} JOIN app.post p USING (workspace_id) "
                           "WHERE p.campaign_id = a.id AND a.name <> b.name"),
    ("update", "media", "SELECT workspace_id, v.post_id FROM {both} JOIN app.variant_media h USING (workspace_id) "
                        "JOIN app.post_variant v USING (workspace_id) WHERE h.media_id = a.id AND v.id = h.variant_id "
                        "AND (a.alt_text, a.filename) <> (b.alt_text, b.filename)"),
)  # fmt: skip

_RIGHTS = """
GRANT SELECT ON app.post_search TO clientnest_api;
GRANT EXECUTE ON FUNCTION app.searched_text(uuid, uuid[], text[]), app.posts_with(text[], tsquery, uuid)
    TO clientnest_api;
ALTER TABLE app.post_search ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON app.post_search TO clientnest_api
    USING (workspace_id = app.current_workspace()) WITH CHECK (workspace_id = app.current_workspace());
"""


def upgrade() -> None:
    for statements in (_EXTENSIONS, _FOLDING, _TABLE):
        op.execute(statements)
    for event, table, posts in _CHANGES:
        rows = {"insert": _NEW, "update": f"{_OLD} {_NEW}", "delete": _OLD}[event]
        op.execute(_TRIGGER.format(event=event, table=table, posts=posts.format(both=_BOTH), rows=rows))
    op.execute("SELECT app.note_searched(workspace_id, array_agg(id)) FROM app.post GROUP BY workspace_id")
    op.execute(_RIGHTS)


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
