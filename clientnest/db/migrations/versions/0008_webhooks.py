"""Outgoing webhooks: where events are sent, what was sent, and what came back.

The API, which admins speak to, writes signing secrets that it cannot read back; the worker opens them to sign.

Revision: 0008
Follows: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"

_TABLES = """
CREATE TABLE app.webhook_endpoint (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    url text NOT NULL CHECK (length(url) BETWEEN 1 AND 2048),
    events text[] NOT NULL CHECK (cardinality(events) BETWEEN 1 AND 50), -- kinds; '*', or 'job.*', for many
    enabled boolean NOT NULL DEFAULT true,
    disabled_reason text CHECK (disabled_reason IN ('by_hand', 'gone', 'failing')),
    disabled_at timestamptz,
    failures integer NOT NULL DEFAULT 0, -- attempts that failed in a row
    failing_since timestamptz, -- when the first of them did
    not_before timestamptz, -- nothing is sent before: it asked for a pause, or seems to be away
    turn uuid, -- who sends at present: one at a time
    turn_until timestamptz, -- when they are taken for dead
    revision integer NOT NULL DEFAULT 1,
    created_by uuid REFERENCES app.person ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    CHECK (enabled = (disabled_reason IS NULL)),
    CHECK (enabled = (disabled_at IS NULL)),
    CHECK ((failures = 0) = (failing_since IS NULL)),
    CHECK ((turn IS NULL) = (turn_until IS NULL))
);
CREATE INDEX webhook_endpoint_maker ON app.webhook_endpoint (created_by);

CREATE TABLE app.webhook_secret (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    sealed_secret bytea NOT NULL,
    ends_at timestamptz, -- NULL: the current one; else a former one, which signs beside it until then
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, endpoint_id) REFERENCES app.webhook_endpoint ON DELETE CASCADE
);
CREATE UNIQUE INDEX webhook_secret_current ON app.webhook_secret (workspace_id, endpoint_id) WHERE ends_at IS NULL;
CREATE INDEX webhook_secret_endpoint ON app.webhook_secret (workspace_id, endpoint_id);

CREATE TABLE app.webhook_message (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    event_id bigint, -- its place in the order of app.event, whose rows may go earlier; NULL: a test
    kind text NOT NULL,
    body text NOT NULL, -- to the letter: it is what is signed
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, event_id)
);
CREATE INDEX webhook_message_age ON app.webhook_message (created_at);

CREATE TABLE app.webhook_delivery (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    message_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    next_attempt_at timestamptz DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0, -- all there were
    tries integer NOT NULL DEFAULT 0, -- those of the schedule under way: a replay begins it anew
    last_status integer, -- what the last attempt was answered; NULL: there was no answer
    problem text, -- why the last attempt failed, or why there will be none
    finished_at timestamptz, -- when it was delivered, or given up
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, endpoint_id, message_id), -- hearing of an event twice makes one
    FOREIGN KEY (workspace_id, endpoint_id) REFERENCES app.webhook_endpoint ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, message_id) REFERENCES app.webhook_message ON DELETE CASCADE,
    CHECK ((state = 'waiting') = (next_attempt_at IS NOT NULL)),
    CHECK ((state = 'waiting') = (finished_at IS NULL)),
    CHECK (state <> 'dead' OR problem IS NOT NULL)
);
CREATE INDEX webhook_delivery_due ON app.webhook_delivery (workspace_id, endpoint_id, next_attempt_at)
    WHERE state = 'waiting';
CREATE INDEX webhook_delivery_overdue ON app.webhook_delivery (next_attempt_at) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_order ON app.webhook_delivery (workspace_id, endpoint_id, id);
CREATE INDEX webhook_delivery_message ON app.webhook_delivery (workspace_id, message_id);

-- Written before the request leaves: what a worker that died was about to send is known to have been begun.
CREATE TABLE app.webhook_attempt (
    workspace_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    number integer NOT NULL,
    turn uuid NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz, -- NULL: under way
    duration_ms integer,
    status integer,
    problem text,
    answer text, -- its beginning
    PRIMARY KEY (workspace_id, delivery_id, number),
    FOREIGN KEY (workspace_id, delivery_id) REFERENCES app.webhook_delivery ON DELETE CASCADE
);
CREATE INDEX webhook_attempt_open ON app.webhook_attempt (workspace_id, delivery_id) WHERE ended_at IS NULL;

-- What was to be sent a while ago, in all workspaces, and nobody sends: the worker learns where, and enters one at a
-- time. A wake-up call that was lost costs a minute, never a delivery.
CREATE FUNCTION app.webhooks_overdue(most integer) RETURNS TABLE (workspace_id uuid, endpoint_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT DISTINCT e.workspace_id, e.id FROM app.webhook_delivery d
    JOIN app.webhook_endpoint e ON e.workspace_id = d.workspace_id AND e.id = d.endpoint_id
    WHERE d.state = 'waiting' AND d.next_attempt_at < now() - interval '30 seconds' AND e.enabled
        AND (e.not_before IS NULL OR e.not_before < now()) AND (e.turn_until IS NULL OR e.turn_until < now())
    LIMIT most
$$;
REVOKE ALL ON FUNCTION app.webhooks_overdue(integer) FROM PUBLIC;

CREATE FUNCTION app.forget_webhooks(before timestamptz, most integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH old AS (
        SELECT m.workspace_id, m.id FROM app.webhook_message m WHERE m.created_at < before AND NOT EXISTS (
            SELECT FROM app.webhook_delivery d
            WHERE d.workspace_id = m.workspace_id AND d.message_id = m.id AND d.state = 'waiting')
        ORDER BY m.created_at LIMIT most
    ), gone AS (
        DELETE FROM app.webhook_message m USING old
        WHERE m.workspace_id = old.workspace_id AND m.id = old.id RETURNING 1
    )
    SELECT count(*)::integer FROM gone
$$;
REVOKE ALL ON FUNCTION app.forget_webhooks(timestamptz, integer) FROM PUBLIC;
"""

_STANDING = "enabled, disabled_reason, disabled_at, failures, failing_since, not_before, revision"
_FATE = "state, next_attempt_at, tries, problem, finished_at"
_RIGHTS = f"""
GRANT SELECT, INSERT, UPDATE (url, events, {_STANDING}), DELETE ON app.webhook_endpoint TO clientnest_api;
GRANT SELECT (workspace_id, id, endpoint_id, ends_at, created_at), INSERT, UPDATE (ends_at), DELETE
    ON app.webhook_secret TO clientnest_api;
GRANT SELECT, INSERT ON app.webhook_message TO clientnest_api;
GRANT SELECT, INSERT, UPDATE ({_FATE}) ON app.webhook_delivery TO clientnest_api;
GRANT SELECT ON app.webhook_attempt TO clientnest_api;

GRANT SELECT, UPDATE ({_STANDING}, turn, turn_until) ON app.webhook_endpoint TO clientnest_worker;
GRANT SELECT ON app.webhook_secret TO clientnest_worker;
GRANT SELECT, INSERT ON app.webhook_message TO clientnest_worker;
GRANT SELECT, INSERT, UPDATE ({_FATE}, attempts, last_status) ON app.webhook_delivery TO clientnest_worker;
GRANT SELECT, INSERT, UPDATE (ended_at, duration_ms, status, problem, answer) ON app.webhook_attempt
    TO clientnest_worker;
GRANT EXECUTE ON FUNCTION app.webhooks_overdue(integer), app.forget_webhooks(timestamptz, integer)
    TO clientnest_worker;
"""

_POLICY = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON app.{table} TO clientnest_api, clientnest_worker
    USING (workspace_id = app.current_workspace()) WITH CHECK (workspace_id = app.current_workspace());
"""


def upgrade() -> None:
    op.execute(_TABLES)
    op.execute(_RIGHTS)
    for table in ("webhook_endpoint", "webhook_secret", "webhook_message", "webhook_delivery", "webhook_attempt"):
        op.execute(_POLICY.format(table=table))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
