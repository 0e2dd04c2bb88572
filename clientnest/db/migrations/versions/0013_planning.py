"""Planning: the weekly slots of accounts' queues, and secret addresses of calendars.

Revision: 0013
Follows: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"

_TABLES = """
CREATE TABLE app.queue_slot (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    weekday smallint NOT NULL CHECK (weekday BETWEEN 0 AND 6), -- 0: Monday
    local_time time NOT NULL,
    timezone text, -- NULL: the account's, or else the workspace's, whatever it becomes
    revision integer NOT NULL DEFAULT 1,
    created_by uuid REFERENCES app.person ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, account_id, weekday, local_time),
    FOREIGN KEY (workspace_id, account_id) REFERENCES app.account ON DELETE CASCADE
);
CREATE INDEX queue_slot_maker ON app.queue_slot (created_by);

CREATE TABLE app.calendar_feed (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    person_id uuid NOT NULL REFERENCES app.person ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    filters jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX calendar_feed_person ON app.calendar_feed (person_id);

-- Whose calendar an address shows, before any workspace is known; nothing where it was revoked, or they have left.
-- Its use is noted, to the minute.
CREATE FUNCTION app.open_calendar_feed(presented bytea)
    RETURNS TABLE (workspace_id uuid, id uuid, person_id uuid, filters jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT f.workspace_id, f.id, f.person_id, f.filters FROM app.calendar_feed AS f
        JOIN app.membership AS m ON m.workspace_id = f.workspace_id AND m.person_id = f.person_id
        WHERE f.token_hash = presented AND f.revoked_at IS NULL;
    IF FOUND THEN
        UPDATE app.calendar_feed SET last_used_at = now()
        WHERE token_hash = presented AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute');
    END IF;
END $$;
REVOKE ALL ON FUNCTION app.open_calendar_feed(bytea) FROM PUBLIC;
"""

_RIGHTS = """
GRANT SELECT, INSERT, UPDATE (weekday, local_time, timezone, revision), DELETE ON app.queue_slot TO clientnest_api;
GRANT SELECT ON app.queue_slot TO clientnest_worker;
GRANT SELECT (workspace_id, id, person_id, name, filters, created_at, last_used_at, revoked_at), INSERT,
    UPDATE (revoked_at) ON app.calendar_feed TO clientnest_api;
GRANT EXECUTE ON FUNCTION app.open_calendar_feed(bytea) TO clientnest_api;
"""

_POLICY = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON app.{table} TO {roles}
    USING (workspace_id = app.current_workspace()) WITH CHECK (workspace_id = app.current_workspace());
"""


def upgrade() -> None:
    op.execute(_TABLES)
    op.execute(_RIGHTS)
    op.execute(_POLICY.format(table="queue_slot", roles="clientnest_api, clientnest_worker"))
    op.execute(_POLICY.format(table="calendar_feed", roles="clientnest_api"))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
