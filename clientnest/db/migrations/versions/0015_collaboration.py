"""Working together: templates of texts, comments between colleagues and with clients, and who is mentioned in them.

Revision: 0015
Follows: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"

_TABLES = """
CREATE TABLE app.template (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    text text NOT NULL,
    network_texts jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(network_texts) = 'object'), -- by network
    first_comment text,
    link text,
    utm jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(utm) = 'object'),
    revision integer NOT NULL DEFAULT 1,
    created_by uuid REFERENCES app.person ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX template_name ON app.template (workspace_id, lower(name));
CREATE INDEX template_maker ON app.template (created_by);

CREATE TABLE app.template_label (
    workspace_id uuid NOT NULL,
    template_id uuid NOT NULL,
    label_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, template_id, label_id),
    FOREIGN KEY (workspace_id, template_id) REFERENCES app.template ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, label_id) REFERENCES app.label ON DELETE CASCADE
);
CREATE INDEX template_label_label ON app.template_label (workspace_id, label_id);

CREATE TABLE app.comment (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    post_id uuid NOT NULL,
    account_id uuid, -- whose variant it is about; NULL: the post as a whole
    parent_id uuid, -- the first of its thread; NULL: it begins one
    text text NOT NULL CHECK (length(text) <= 10000),
    internal boolean NOT NULL, -- not for clients
    author_kind text NOT NULL CHECK (author_kind IN ('person', 'api_key', 'client_link')),
    author_id uuid NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    edited_at timestamptz,
    resolved_at timestamptz,
    resolved_by uuid REFERENCES app.person ON DELETE SET NULL,
    deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, post_id, id),
    FOREIGN KEY (workspace_id, post_id) REFERENCES app.post ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, account_id) REFERENCES app.account ON DELETE SET NULL (account_id),
    FOREIGN KEY (workspace_id, post_id, parent_id) REFERENCES app.comment (workspace_id, post_id, id)
        ON DELETE CASCADE,
    CHECK (deleted_at IS NULL OR text = ''),
    CHECK (parent_id IS NULL OR resolved_at IS NULL) -- a thread is resolved as a whole
);
CREATE INDEX comment_thread ON app.comment (workspace_id, post_id, parent_id);
CREATE INDEX comment_account ON app.comment (workspace_id, account_id);
CREATE INDEX comment_resolver ON app.comment (resolved_by);

CREATE TABLE app.comment_mention (
    workspace_id uuid NOT NULL,
    comment_id uuid NOT NULL,
    person_id uuid NOT NULL REFERENCES app.person ON DELETE CASCADE,
    PRIMARY KEY (workspace_id, comment_id, person_id),
    FOREIGN KEY (workspace_id, comment_id) REFERENCES app.comment ON DELETE CASCADE
);
CREATE INDEX comment_mention_person ON app.comment_mention (person_id);
"""

_RULES = """
-- Nobody puts words into somebody else's mouth: not by the API, nor by a statement of its role.
CREATE FUNCTION app.guard_comment() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL THEN
        RAISE EXCEPTION 'What was deleted stays deleted.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'comment_deleted';
    END IF;
    IF NEW.author_kind = 'person' AND NEW.author_id IS DISTINCT FROM app.current_person()
            AND (TG_OP = 'INSERT' OR (NEW.text <> OLD.text AND NEW.deleted_at IS NULL)) THEN
        RAISE EXCEPTION 'A comment has the words of its author.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'comment_author';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON app.comment FOR EACH ROW EXECUTE FUNCTION app.guard_comment();

-- An answer stands in the thread of one that begins it, and clients read no thread whose beginning is not for them.
CREATE FUNCTION app.guard_answer() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT FROM app.comment c WHERE c.workspace_id = NEW.workspace_id AND c.id = NEW.parent_id
               AND (c.parent_id IS NOT NULL OR c.internal AND NOT NEW.internal
                    OR c.account_id IS DISTINCT FROM NEW.account_id)) THEN
        RAISE EXCEPTION 'An answer belongs to the first comment of its thread, and is for no more readers than it.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'comment_answer';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_answer BEFORE INSERT ON app.comment
    FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION app.guard_answer();
"""

_RIGHTS = """
GRANT SELECT, INSERT, UPDATE (name, text, network_texts, first_comment, link, utm, revision, updated_at), DELETE
    ON app.template TO clientnest_api;
GRANT SELECT, INSERT, DELETE ON app.template_label TO clientnest_api;
GRANT SELECT, INSERT, UPDATE (text, edited_at, revision, resolved_at, resolved_by, deleted_at)
    ON app.comment TO clientnest_api;
GRANT SELECT, INSERT, DELETE ON app.comment_mention TO clientnest_api;
-- Whom to tell; what was said is not the worker's.
GRANT SELECT (workspace_id, id, post_id, account_id, parent_id, internal, author_kind, author_id, deleted_at)
    ON app.comment TO clientnest_worker;
GRANT SELECT ON app.comment_mention TO clientnest_worker;
"""

_POLICY = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON app.{table} TO {roles}
    USING (workspace_id = app.current_workspace()) WITH CHECK (workspace_id = app.current_workspace());
"""


def upgrade() -> None:
    op.execute(_TABLES)
    op.execute(_RULES)
    op.execute(_RIGHTS)
    for table in ("template", "template_label"):
        op.execute(_POLICY.format(table=table, roles="clientnest_api"))
    for table in ("comment", "comment_mention"):
        op.execute(_POLICY.format(table=table, roles="clientnest_api, clientnest_worker"))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
