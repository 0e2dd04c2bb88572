"""Credentials of networks' accounts and their apps, sealed.

Who may read what is sealed: the worker, which publishes and renews, opens tokens. The API connects accounts: it reads
an app's secret and the verifier of its own person's attempt, and writes tokens that it cannot read back. Dashboards
have no right here at all.

Revision: 0003
Follows: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"

_TABLES = """
CREATE TABLE app.network_app (
    id uuid PRIMARY KEY,
    workspace_id uuid REFERENCES app.workspace ON DELETE CASCADE, -- NULL: for every workspace of the installation
    network text NOT NULL,
    server text NOT NULL DEFAULT '', -- of a network that has many; '' where it has one
    client_id text NOT NULL CHECK (client_id <> ''),
    sealed_secret bytea, -- NULL: a public client
    extra jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (workspace_id, network, server)
);

CREATE TABLE app.credential (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    account_id uuid NOT NULL,
    network_app_id uuid REFERENCES app.network_app ON DELETE SET NULL,
    state text NOT NULL CHECK (state IN ('connected', 'expiring', 'needs_reconnect', 'disconnected')),
    problem text,
    advice text,
    sealed_access_token bytea,
    sealed_refresh_token bytea,
    has_refresh_token boolean NOT NULL GENERATED ALWAYS AS (sealed_refresh_token IS NOT NULL) STORED,
    scopes text[] NOT NULL DEFAULT '{}',
    expires_at timestamptz, -- NULL: the access does not end by itself
    refresh_expires_at timestamptz,
    due_at timestamptz, -- when to renew, to try again, or to say that it ends
    failures integer NOT NULL DEFAULT 0, -- renewals that failed in a row
    last_refreshed_at timestamptz,
    last_checked_at timestamptz, -- when the network last said yes or no to this access
    connected_by uuid REFERENCES app.person ON DELETE SET NULL,
    connected_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, account_id),
    FOREIGN KEY (workspace_id, account_id) REFERENCES app.account ON DELETE CASCADE,
    CHECK ((state IN ('expiring', 'needs_reconnect')) = (problem IS NOT NULL)),
    CHECK ((problem IS NULL) = (advice IS NULL)),
    CHECK ((state = 'disconnected') = (sealed_access_token IS NULL)),
    CHECK (state <> 'disconnected' OR sealed_refresh_token IS NULL),
    CHECK (due_at IS NULL OR state IN ('connected', 'expiring'))
);
CREATE INDEX credential_due ON app.credential (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX credential_app ON app.credential (network_app_id);

CREATE TABLE app.connection_attempt (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    person_id uuid NOT NULL REFERENCES app.person ON DELETE CASCADE,
    network_app_id uuid NOT NULL REFERENCES app.network_app ON DELETE CASCADE,
    account_id uuid, -- the account to reconnect; NULL for a new one
    network text NOT NULL,
    state_hash text NOT NULL UNIQUE, -- SHA-256 of the state, which only the browser has
    sealed_verifier bytea, -- PKCE; gone once used
    redirect_uri text NOT NULL,
    scopes text[] NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, account_id) REFERENCES app.account ON DELETE CASCADE,
    CHECK ((used_at IS NULL) = (sealed_verifier IS NOT NULL))
);
CREATE INDEX connection_attempt_person ON app.connection_attempt (person_id);

-- What is due lies in every workspace; the worker learns where, and then enters one workspace at a time.
CREATE FUNCTION app.credentials_due(until timestamptz, most integer)
    RETURNS TABLE (workspace_id uuid, account_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
    AS 'SELECT workspace_id, account_id FROM app.credential WHERE due_at <= until ORDER BY due_at LIMIT most';
REVOKE ALL ON FUNCTION app.credentials_due(timestamptz, integer) FROM PUBLIC;
"""

_PLAIN_COLUMNS = (
    "workspace_id, account_id, network_app_id, state, problem, advice, has_refresh_token, scopes, expires_at, "
    "refresh_expires_at, due_at, failures, last_refreshed_at, last_checked_at, connected_by, connected_at, updated_at"
)
_RENEWED_COLUMNS = (
    "state, problem, advice, sealed_access_token, sealed_refresh_token, scopes, expires_at, refresh_expires_at, "
    "due_at, failures, last_refreshed_at, last_checked_at, updated_at"
)
_RIGHTS = f"""
GRANT SELECT, INSERT, UPDATE, DELETE ON app.network_app TO clientnest_api;
GRANT SELECT ({_PLAIN_COLUMNS}), INSERT,
    UPDATE ({_RENEWED_COLUMNS}, network_app_id, connected_by, connected_at) ON app.credential TO clientnest_api;
GRANT SELECT, INSERT, DELETE, UPDATE (used_at, sealed_verifier) ON app.connection_attempt TO clientnest_api;
GRANT INSERT ON app.account TO clientnest_api;

GRANT SELECT ON app.network_app, app.account TO clientnest_worker;
GRANT SELECT, UPDATE ({_RENEWED_COLUMNS}) ON app.credential TO clientnest_worker;
GRANT INSERT ON app.event TO clientnest_worker;
GRANT EXECUTE ON FUNCTION app.credentials_due(timestamptz, integer) TO clientnest_worker;
"""

_POLICIES = """
ALTER TABLE app.network_app ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.credential ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.connection_attempt ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON app.network_app TO clientnest_api, clientnest_dashboards, clientnest_worker
    USING (workspace_id = app.current_workspace()) WITH CHECK (workspace_id = app.current_workspace());
CREATE POLICY installation ON app.network_app FOR SELECT TO clientnest_api, clientnest_worker
    USING (workspace_id IS NULL);
CREATE POLICY tenant ON app.credential TO clientnest_api, clientnest_dashboards, clientnest_worker
    USING (workspace_id = app.current_workspace()) WITH CHECK (workspace_id = app.current_workspace());
-- A connection is finished by the person who began it, before the workspace is known: the network sends back a state.
CREATE POLICY tenant ON app.connection_attempt FOR INSERT TO clientnest_api
    WITH CHECK (workspace_id = app.current_workspace() AND person_id = app.current_person());
CREATE POLICY own ON app.connection_attempt FOR SELECT TO clientnest_api USING (person_id = app.current_person());
CREATE POLICY own_use ON app.connection_attempt FOR UPDATE TO clientnest_api USING (person_id = app.current_person());
CREATE POLICY own_end ON app.connection_attempt FOR DELETE TO clientnest_api USING (person_id = app.current_person());
"""


def upgrade() -> None:
    op.execute(_TABLES)
    op.execute(_RIGHTS)
    op.execute(_POLICIES)


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
