"""Posts that come again: a rule, and the posts that were made by it.

Revision: 0017
Follows: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"

_TABLES = """
CREATE TABLE app.recurrence (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    post_id uuid NOT NULL, -- whose words come again
    rule text NOT NULL CHECK (length(rule) <= 500), -- RFC 5545, on the clocks of `timezone`
    starts timestamp NOT NULL,
    timezone text NOT NULL,
    excluded timestamp[] NOT NULL DEFAULT '{}',
    made_until timestamptz NOT NULL DEFAULT now(), -- as far as its posts are there
    made_of integer NOT NULL DEFAULT 0, -- the revision of the post whose words they have
    problem text, -- why the latest of them does not go out
    ended_at timestamptz,
    revision integer NOT NULL DEFAULT 1,
    created_by uuid REFERENCES app.person ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, post_id),
    FOREIGN KEY (workspace_id, post_id) REFERENCES app.post ON DELETE CASCADE
);
CREATE INDEX recurrence_maker ON app.recurrence (created_by);
CREATE INDEX recurrence_due ON app.recurrence (made_until) WHERE ended_at IS NULL;

-- One for each time, whoever makes it: two workers at once make none twice.
CREATE TABLE app.recurrence_post (
    workspace_id uuid NOT NULL,
    recurrence_id uuid NOT NULL,
    local_time timestamp NOT NULL,
    post_id uuid, -- NULL: it was deleted since
    made_revision integer, -- the post's when it was made: later ones are somebody's own
    PRIMARY KEY (workspace_id, recurrence_id, local_time),
    FOREIGN KEY (workspace_id, recurrence_id) REFERENCES app.recurrence ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, post_id) REFERENCES app.post ON DELETE SET NULL (post_id)
);
CREATE INDEX recurrence_post_post ON app.recurrence_post (workspace_id, post_id);

CREATE FUNCTION app.recurrences_due(until timestamptz, most integer)
    RETURNS TABLE (workspace_id uuid, recurrence_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT r.workspace_id, r.id FROM app.recurrence r WHERE r.ended_at IS NULL AND r.made_until < until
    ORDER BY r.made_until LIMIT most
$$;
REVOKE ALL ON FUNCTION app.recurrences_due(timestamptz, integer) FROM PUBLIC;
"""

_RIGHTS = """
GRANT SELECT, INSERT, UPDATE (rule, starts, timezone, excluded, made_until, made_of, problem, ended_at, revision)
    ON app.recurrence TO clientnest_api;
GRANT SELECT, INSERT, UPDATE (post_id, made_revision), DELETE ON app.recurrence_post TO clientnest_api;
GRANT EXECUTE ON FUNCTION app.recurrences_due(timestamptz, integer) TO clientnest_worker;
"""

_POLICY = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON app.{table} TO clientnest_api
    USING (workspace_id = app.current_workspace()) WITH CHECK (workspace_id = app.current_workspace());
"""


def upgrade() -> None:
    op.execute(_TABLES)
    op.execute(_RIGHTS)
    for table in ("recurrence", "recurrence_post"):
        op.execute(_POLICY.format(table=table))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
