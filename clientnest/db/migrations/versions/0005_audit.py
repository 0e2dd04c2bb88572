"""The audit log and the sealed personal values beside it.

Revision: 0005
Follows: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"

# One log for workspaces and one for people, of the same shape: {log} is `audit` or `personal`, {scope} whose it is.
# Neither refers to that workspace or person: what happened in a workspace outlives it.
_LOG = """
CREATE TABLE app.{log}_event (
    {scope} uuid NOT NULL,
    id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(), -- not now(): the events of one transaction keep their order
    action text COLLATE "C" NOT NULL CHECK (length(action) <= 100), -- so that an index finds how a name begins
    actor_kind text NOT NULL CHECK (actor_kind IN ('person', 'api_key', 'system', 'client_link')),
    actor_id uuid,
    object_type text NOT NULL CHECK (length(object_type) <= 100),
    object_id text CHECK (length(object_id) <= 200),
    changed text[] NOT NULL DEFAULT '{{}}',
    details jsonb NOT NULL DEFAULT '{{}}' CHECK (octet_length(details::text) <= 32768),
    request_id text CHECK (length(request_id) <= 64),
    PRIMARY KEY ({scope}, id),
    CHECK ((actor_kind = 'system') = (actor_id IS NULL))
);
CREATE INDEX {log}_event_order ON app.{log}_event ({scope}, at, id);

CREATE TABLE app.{log}_value (
    {scope} uuid NOT NULL,
    event_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    names text[] NOT NULL,
    ciphertext bytea, -- under the subject's own key; NULL where the subject had been erased before
    PRIMARY KEY ({scope}, event_id, subject_id),
    FOREIGN KEY ({scope}, event_id) REFERENCES app.{log}_event ON DELETE CASCADE
);

CREATE FUNCTION app.{log}_value_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT FROM app.{log}_event WHERE {scope} = OLD.{scope} AND id = OLD.event_id) THEN
        RAISE EXCEPTION 'app.{log}_value only grows: DELETE is refused' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD; -- its event has expired
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR TRUNCATE ON app.{log}_event
    FOR EACH STATEMENT EXECUTE FUNCTION app.log_only_grows();
CREATE TRIGGER only_grows BEFORE UPDATE OR TRUNCATE ON app.{log}_value
    FOR EACH STATEMENT EXECUTE FUNCTION app.log_only_grows();
CREATE TRIGGER stays BEFORE DELETE ON app.{log}_event FOR EACH ROW EXECUTE FUNCTION app.event_stays();
CREATE TRIGGER stays BEFORE DELETE ON app.{log}_value FOR EACH ROW EXECUTE FUNCTION app.{log}_value_stays();

ALTER TABLE app.{log}_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.{log}_value ENABLE ROW LEVEL SECURITY;
-- All columns but `at`: when something happened is said by the server's clock and nobody else.
GRANT INSERT ({scope}, id, action, actor_kind, actor_id, object_type, object_id, changed, details, request_id)
    ON app.{log}_event TO clientnest_api, clientnest_dashboards, clientnest_worker, clientnest_identity;
GRANT INSERT ON app.{log}_value TO clientnest_api, clientnest_dashboards, clientnest_worker, clientnest_identity;
GRANT SELECT ON app.{log}_event, app.{log}_value TO clientnest_api;
"""

# The tables' owner obeys triggers too; only who drops a trigger first gets past it.
_GUARDS = """
CREATE FUNCTION app.log_only_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'app.% only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION app.event_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF current_setting('clientnest.expiring_events', true) = 'yes'
        AND OLD.at < clock_timestamp() - interval '1 year' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'app.% only grows: DELETE is refused', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""

_EXPIRY = """
-- Retention, the one way out of the log: whole events of both logs, none of them younger than a year.
CREATE FUNCTION app.expire_events(before timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    of_workspaces bigint;
    of_people bigint;
BEGIN
    PERFORM set_config('clientnest.expiring_events', 'yes', true);
    DELETE FROM app.audit_event WHERE at < before;
    GET DIAGNOSTICS of_workspaces = ROW_COUNT;
    DELETE FROM app.personal_event WHERE at < before;
    GET DIAGNOSTICS of_people = ROW_COUNT;
    PERFORM set_config('clientnest.expiring_events', '', true);
    RETURN of_workspaces + of_people;
END $$;
REVOKE ALL ON FUNCTION app.expire_events(timestamptz) FROM PUBLIC;
"""

# Keys have no owner among the workspaces: whoever knows a subject's id may ask for that one, nobody may list them.
_KEYS = """
CREATE TABLE app.subject_key (
    subject_id uuid PRIMARY KEY,
    sealed_key bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    erased_at timestamptz,
    CHECK ((sealed_key IS NULL) = (erased_at IS NOT NULL))
);
ALTER TABLE app.subject_key ENABLE ROW LEVEL SECURITY;

CREATE FUNCTION app.erased_stays_erased() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.sealed_key IS NOT NULL OR NEW.sealed_key IS NULL)
        AND NEW.subject_id = OLD.subject_id THEN
        RETURN NEW; -- sealed anew, or erased
    END IF;
    RAISE EXCEPTION 'the key of a subject is erased once and for all: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON app.subject_key
    FOR EACH ROW EXECUTE FUNCTION app.erased_stays_erased();
CREATE TRIGGER only_grows BEFORE TRUNCATE ON app.subject_key
    FOR EACH STATEMENT EXECUTE FUNCTION app.log_only_grows();

CREATE FUNCTION app.subject_keys(subjects uuid[]) RETURNS TABLE (subject_id uuid, sealed_key bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT k.subject_id, k.sealed_key FROM app.subject_key k WHERE k.subject_id = ANY (subjects)
$$;
-- The key that stands afterwards: the fresh one, or what another transaction kept first; NULL where it was erased.
CREATE FUNCTION app.keep_subject_key(subject uuid, fresh bytea) RETURNS bytea
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO app.subject_key (subject_id, sealed_key) VALUES (subject, fresh) ON CONFLICT DO NOTHING;
    RETURN (SELECT k.sealed_key FROM app.subject_key k WHERE k.subject_id = subject);
END $$;
CREATE FUNCTION app.erase_subject(subject uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    INSERT INTO app.subject_key AS k (subject_id, erased_at) VALUES (subject, now())
    ON CONFLICT (subject_id) DO UPDATE SET sealed_key = NULL, erased_at = now() WHERE k.erased_at IS NULL
$$;
REVOKE ALL ON FUNCTION app.subject_keys(uuid[]), app.keep_subject_key(uuid, bytea), app.erase_subject(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.subject_keys(uuid[]), app.keep_subject_key(uuid, bytea)
    TO clientnest_api, clientnest_dashboards, clientnest_worker, clientnest_identity;
GRANT EXECUTE ON FUNCTION app.erase_subject(uuid) TO clientnest_identity;
"""

# By whom, what, and to which object: the questions that a long log is asked most.
_SEARCHED = """
CREATE INDEX audit_event_actor ON app.audit_event (workspace_id, actor_id, at, id);
CREATE INDEX audit_event_action ON app.audit_event (workspace_id, action, at, id);
CREATE INDEX audit_event_object ON app.audit_event (workspace_id, object_id, at, id);
"""

_ROWS = """
CREATE POLICY tenant ON app.audit_{table}
    TO clientnest_api, clientnest_dashboards, clientnest_worker, clientnest_identity
    USING (workspace_id = app.current_workspace()) WITH CHECK (workspace_id = app.current_workspace());
CREATE POLICY own ON app.personal_{table} TO clientnest_api, clientnest_dashboards, clientnest_worker
    USING (person_id = app.current_person()) WITH CHECK (person_id = app.current_person());
-- Who signs in is known only once they have; this role reads nothing back.
CREATE POLICY signing_in ON app.personal_{table} FOR INSERT TO clientnest_identity WITH CHECK (true);
"""


def upgrade() -> None:
    op.execute(_GUARDS)
    for log, scope in (("audit", "workspace_id"), ("personal", "person_id")):
        op.execute(_LOG.format(log=log, scope=scope))
    op.execute(_EXPIRY)
    op.execute(_KEYS)
    op.execute(_SEARCHED)
    for table in ("event", "value"):
        op.execute(_ROWS.format(table=table))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
