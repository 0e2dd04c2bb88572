"""Signing in: sessions, refresh tokens, second factors, passkeys, invitations, keys of programs, mail.

Revision: 0002
Follows: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"

_PEOPLE = """
ALTER TABLE app.person
    ALTER password_hash DROP NOT NULL, -- somebody who signs in with a passkey or another provider has none
    ADD email_verified_at timestamptz,
    ADD is_operator boolean NOT NULL DEFAULT false;
-- Whoever made this installation runs it.
UPDATE app.person SET is_operator = true, email_verified_at = now() WHERE id = (
    SELECT m.person_id FROM app.membership m JOIN app.workspace w ON w.id = m.workspace_id
    WHERE m.role = 'owner' AND NOT w.is_demo ORDER BY w.id LIMIT 1);

CREATE TABLE app.auth_session (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES app.person ON DELETE CASCADE,
    method text NOT NULL CHECK (method IN ('password', 'passkey', 'provider')),
    second_factor boolean NOT NULL DEFAULT false,
    user_agent text CHECK (length(user_agent) <= 300),
    address text CHECK (length(address) <= 64),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_because text CHECK (revoked_because IN ('signed_out', 'revoked', 'reuse', 'password', 'second_factor')),
    CHECK ((revoked_at IS NULL) = (revoked_because IS NULL))
);
CREATE INDEX auth_session_person ON app.auth_session (person_id);

CREATE TABLE app.refresh_token (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    session_id uuid NOT NULL REFERENCES app.auth_session ON DELETE CASCADE,
    issued_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_token_session ON app.refresh_token (session_id);

CREATE TABLE app.one_time_token (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    purpose text NOT NULL,
    person_id uuid REFERENCES app.person ON DELETE CASCADE,
    payload jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX one_time_token_person ON app.one_time_token (person_id, purpose);
CREATE INDEX one_time_token_expiry ON app.one_time_token (expires_at);

CREATE TABLE app.totp_credential (
    person_id uuid PRIMARY KEY REFERENCES app.person ON DELETE CASCADE,
    sealed_secret bytea NOT NULL,
    last_step bigint, -- the newest time step whose code was taken: no code is taken twice
    created_at timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz
);
CREATE TABLE app.recovery_code (
    person_id uuid NOT NULL REFERENCES app.person ON DELETE CASCADE,
    code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz,
    PRIMARY KEY (person_id, code_hash)
);
CREATE TABLE app.passkey (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES app.person ON DELETE CASCADE,
    credential_id bytea NOT NULL UNIQUE CHECK (length(credential_id) <= 1023),
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    transports text[] NOT NULL DEFAULT '{}',
    backed_up boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz
);
CREATE INDEX passkey_person ON app.passkey (person_id);
CREATE TABLE app.external_identity (
    issuer text NOT NULL,
    subject text NOT NULL,
    person_id uuid NOT NULL REFERENCES app.person ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX external_identity_person ON app.external_identity (person_id);

-- Letters to people. The words are sealed, for links in them open doors, and go once they are sent.
CREATE TABLE app.mail (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    recipient text NOT NULL CHECK (length(recipient) <= 320),
    subject text NOT NULL,
    sealed_body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    problem text
);
"""

_WORKSPACES = """
ALTER TABLE app.workspace
    ADD require_second_factor boolean NOT NULL DEFAULT false,
    ADD revision integer NOT NULL DEFAULT 1;
ALTER TABLE app.membership ADD revision integer NOT NULL DEFAULT 1;

CREATE TABLE app.invitation (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    email text NOT NULL CHECK (email = lower(email) AND length(email) <= 320),
    role text NOT NULL CHECK (role IN ('admin', 'editor', 'approver', 'analyst', 'client')),
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    invited_by uuid REFERENCES app.person ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    accepted_by uuid REFERENCES app.person ON DELETE SET NULL,
    revoked_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX invitation_open ON app.invitation (workspace_id, email)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;

CREATE TABLE app.api_key (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    hint text NOT NULL, -- how the key begins, to tell keys apart
    key_hash bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    created_by uuid REFERENCES app.person ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);

-- A workspace is never left without an owner, whoever changes what in which order.
CREATE FUNCTION app.workspace_keeps_owner() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT FROM app.workspace WHERE id = OLD.workspace_id) AND NOT EXISTS (
        SELECT FROM app.membership WHERE workspace_id = OLD.workspace_id AND role = 'owner') THEN
        RAISE EXCEPTION 'a workspace keeps an owner' USING ERRCODE = 'check_violation', CONSTRAINT = 'keeps_owner';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER membership_keeps_owner AFTER UPDATE OR DELETE ON app.membership
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.role = 'owner') EXECUTE FUNCTION app.workspace_keeps_owner();

-- Who works together knows each other's names; nothing else of a person shows.
CREATE FUNCTION app.colleagues() RETURNS TABLE (id uuid, email text, name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT p.id, p.email, p.name FROM app.person p JOIN app.membership m ON m.person_id = p.id
    WHERE m.workspace_id = app.current_workspace()
$$;
REVOKE ALL ON FUNCTION app.colleagues() FROM PUBLIC;
"""

_RIGHTS = """
GRANT USAGE ON SCHEMA app TO clientnest_identity;
GRANT EXECUTE ON FUNCTION app.person_for_sign_in(text) TO clientnest_identity;
GRANT SELECT, INSERT ON app.person TO clientnest_identity;
GRANT UPDATE (email, name, password_hash, email_verified_at) ON app.person TO clientnest_identity;
GRANT SELECT, INSERT, UPDATE ON app.auth_session, app.refresh_token, app.one_time_token TO clientnest_identity;
GRANT DELETE ON app.auth_session, app.one_time_token TO clientnest_identity;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.totp_credential, app.recovery_code, app.passkey, app.external_identity
    TO clientnest_identity;
GRANT SELECT, INSERT ON app.mail TO clientnest_identity;
GRANT INSERT ON app.mail TO clientnest_api;
GRANT SELECT, UPDATE ON app.mail TO clientnest_worker;
GRANT SELECT ON app.invitation, app.api_key TO clientnest_identity;
GRANT UPDATE (last_used_at) ON app.api_key TO clientnest_identity;
GRANT SELECT (id, name) ON app.workspace TO clientnest_identity;
GRANT SELECT (id, person_id, method, second_factor, user_agent, address, created_at, last_used_at, expires_at,
    revoked_at, revoked_because) ON app.auth_session TO clientnest_api, clientnest_dashboards;
GRANT SELECT, INSERT ON app.invitation, app.api_key TO clientnest_api;
GRANT UPDATE (accepted_at, accepted_by, revoked_at) ON app.invitation TO clientnest_api;
GRANT UPDATE (revoked_at) ON app.api_key TO clientnest_api;
GRANT INSERT, UPDATE (name, timezone, require_second_factor, revision) ON app.workspace TO clientnest_api;
GRANT INSERT, UPDATE (role, revision), DELETE ON app.membership TO clientnest_api;
GRANT EXECUTE ON FUNCTION app.colleagues() TO clientnest_api;
"""

# What belongs to a person is for signing in only; a person's own sessions show in the API too.
_OF_PEOPLE = ("auth_session", "refresh_token", "one_time_token", "totp_credential", "recovery_code", "passkey",
              "external_identity", "mail")  # fmt: skip


def upgrade() -> None:
    op.execute(_PEOPLE)
    op.execute(_WORKSPACES)
    op.execute(_RIGHTS)
    for table in (*_OF_PEOPLE, "invitation", "api_key"):
        op.execute(f"ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY signing_in ON app.{table} TO clientnest_identity USING (true) WITH CHECK (true)")
    for table in ("invitation", "api_key"):
        op.execute(f"CREATE POLICY tenant ON app.{table} TO clientnest_api "
                   "USING (workspace_id = app.current_workspace()) "
                   "WITH CHECK (workspace_id = app.current_workspace())")  # fmt: skip
    op.execute("CREATE POLICY own ON app.auth_session FOR SELECT TO clientnest_api, clientnest_dashboards "
               "USING (person_id = app.current_person())")  # fmt: skip
    op.execute("CREATE POLICY signing_in ON app.person TO clientnest_identity USING (true) WITH CHECK (true)")
    op.execute("CREATE POLICY signing_in ON app.workspace FOR SELECT TO clientnest_identity USING (true)")
    op.execute("CREATE POLICY writing ON app.mail FOR INSERT TO clientnest_api WITH CHECK (true)")
    op.execute("CREATE POLICY sending ON app.mail TO clientnest_worker USING (true) WITH CHECK (true)")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
