"""Notifications, how somebody wants to hear of them, and events that concern one person; events do not stay for ever.

Revision: 0009
Follows: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"

_NOTIFICATIONS = """
CREATE TABLE app.notification (
    person_id uuid NOT NULL REFERENCES app.person ON DELETE CASCADE,
    id uuid NOT NULL,
    workspace_id uuid REFERENCES app.workspace ON DELETE CASCADE, -- NULL: it concerns no workspace
    personal boolean NOT NULL, -- it shows whether or not the person belongs to the workspace
    event_id bigint, -- the place of what happened in the order of app.event, whose rows go earlier
    kind text NOT NULL,
    category text NOT NULL,
    subject_type text NOT NULL,
    subject_id uuid NOT NULL,
    payload jsonb NOT NULL DEFAULT '{}',
    in_app boolean NOT NULL, -- false: it is made for a letter only
    waits_for_digest boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    read_at timestamptz,
    mailed_at timestamptz,
    PRIMARY KEY (person_id, id),
    UNIQUE (person_id, event_id), -- hearing of an event twice makes one
    CHECK (personal OR workspace_id IS NOT NULL),
    CHECK (NOT waits_for_digest OR mailed_at IS NULL)
);
CREATE INDEX notification_unread ON app.notification (person_id) WHERE read_at IS NULL AND in_app;
CREATE INDEX notification_waiting ON app.notification (person_id) WHERE waits_for_digest;
CREATE INDEX notification_workspace ON app.notification (workspace_id);
CREATE INDEX notification_age ON app.notification (created_at);
CREATE INDEX notification_read ON app.notification (read_at) WHERE read_at IS NOT NULL;

-- What somebody chose; where there is no row the defaults hold.
CREATE TABLE app.notification_preference (
    workspace_id uuid NOT NULL,
    person_id uuid NOT NULL,
    category text NOT NULL,
    in_app boolean NOT NULL,
    email text NOT NULL CHECK (email IN ('at_once', 'daily', 'weekly', 'never')),
    PRIMARY KEY (workspace_id, person_id, category),
    FOREIGN KEY (workspace_id, person_id) REFERENCES app.membership ON DELETE CASCADE
);
CREATE INDEX notification_preference_person ON app.notification_preference (person_id);

CREATE TABLE app.notification_schedule (
    person_id uuid PRIMARY KEY REFERENCES app.person ON DELETE CASCADE,
    timezone text, -- NULL: that of their first workspace
    revision integer NOT NULL DEFAULT 1, -- of all they chose
    digest_due_at timestamptz, -- when to look whether there is something to write; NULL: nothing waits
    digest_sent_on date -- the person's day of the last digest: no day has two
);
CREATE INDEX notification_schedule_due ON app.notification_schedule (digest_due_at) WHERE digest_due_at IS NOT NULL;

-- What is due is everybody's; the worker learns whose, and then writes to one person at a time.
CREATE FUNCTION app.digests_due(until timestamptz, most integer) RETURNS TABLE (person_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT person_id FROM app.notification_schedule WHERE digest_due_at <= until ORDER BY digest_due_at LIMIT most
$$;
-- Of a workspace that somebody was removed from they may know the name, where a notification of theirs says it.
CREATE FUNCTION app.notified_workspaces() RETURNS TABLE (id uuid, name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT w.id, w.name FROM app.workspace w WHERE w.id IN (
        SELECT n.workspace_id FROM app.notification n WHERE n.person_id = app.current_person() AND n.personal)
$$;
-- Retention, the one way out: what was read three months ago, and what is older than a year.
CREATE FUNCTION app.forget_notifications(most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    gone integer;
BEGIN
    DELETE FROM app.notification WHERE (person_id, id) IN (
        SELECT person_id, id FROM app.notification
        WHERE read_at < now() - interval '90 days' OR created_at < now() - interval '1 year'
        LIMIT most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;
REVOKE ALL ON FUNCTION app.digests_due(timestamptz, integer), app.notified_workspaces(),
    app.forget_notifications(integer) FROM PUBLIC;
"""

_EVENTS = """
ALTER TABLE app.event ADD person_id uuid; -- whom alone it concerns; NULL: whoever may hear of its kind
DROP TRIGGER event_passed_on ON app.event;
CREATE TRIGGER event_passed_on AFTER INSERT ON app.event
    FOR EACH ROW WHEN (NEW.kind NOT IN ('job.claimed', 'job.progress') AND NEW.person_id IS NULL)
    EXECUTE FUNCTION app.pass_event_on();

CREATE INDEX event_age ON app.event (created_at);
-- How far a workspace's events have gone: whoever has seen less cannot be told what they missed.
CREATE TABLE app.event_horizon (
    workspace_id uuid PRIMARY KEY REFERENCES app.workspace ON DELETE CASCADE,
    sequence bigint NOT NULL
);
CREATE FUNCTION app.expire_feed(most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    expired integer;
BEGIN
    WITH gone AS (
        DELETE FROM app.event WHERE (workspace_id, id) IN (
            SELECT workspace_id, id FROM app.event WHERE created_at < now() - interval '30 days'
            ORDER BY created_at LIMIT most FOR UPDATE SKIP LOCKED)
        RETURNING workspace_id, sequence
    ), noted AS (
        INSERT INTO app.event_horizon AS h (workspace_id, sequence)
        SELECT workspace_id, max(sequence) FROM gone GROUP BY workspace_id ORDER BY workspace_id
        ON CONFLICT (workspace_id) DO UPDATE SET sequence = greatest(h.sequence, EXCLUDED.sequence)
    )
    SELECT count(*) INTO expired FROM gone;
    RETURN expired;
END $$;
REVOKE ALL ON FUNCTION app.expire_feed(integer) FROM PUBLIC;
"""

_MAIL = """
ALTER TABLE app.mail ADD sealed_unsubscribe bytea; -- the address that ends letters of this kind; NULL: nothing does
GRANT INSERT ON app.mail TO clientnest_worker;
"""

_RIGHTS = """
GRANT SELECT, UPDATE (read_at) ON app.notification TO clientnest_api;
GRANT SELECT, INSERT, UPDATE (waits_for_digest, mailed_at) ON app.notification TO clientnest_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.notification_preference TO clientnest_api;
GRANT SELECT ON app.notification_preference TO clientnest_worker;
GRANT SELECT, INSERT (person_id, timezone, revision), UPDATE (timezone, revision, digest_due_at)
    ON app.notification_schedule TO clientnest_api;
GRANT SELECT, INSERT (person_id, digest_due_at), UPDATE (digest_due_at, digest_sent_on)
    ON app.notification_schedule TO clientnest_worker;
GRANT SELECT ON app.event_horizon TO clientnest_api;
GRANT EXECUTE ON FUNCTION app.digests_due(timestamptz, integer), app.forget_notifications(integer),
    app.expire_feed(integer), app.colleagues() TO clientnest_worker;
GRANT EXECUTE ON FUNCTION app.notified_workspaces() TO clientnest_api, clientnest_worker;

-- To whom, and about what: the worker sees who belongs to the workspace it works in, and whom it writes to.
GRANT SELECT ON app.membership, app.workspace TO clientnest_worker;
GRANT SELECT (id, email, name, email_verified_at) ON app.person TO clientnest_worker;
GRANT SELECT (workspace_id, id, requested_by, result) ON app.job TO clientnest_worker;
"""

_OWN = "person_id = app.current_person()"
_STILL = (
    f"{_OWN} AND (personal OR EXISTS (SELECT FROM app.membership m "
    "WHERE m.workspace_id = notification.workspace_id AND m.person_id = notification.person_id))"
)
_POLICIES = f"""
ALTER TABLE app.notification ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.notification_preference ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.notification_schedule ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.event_horizon ENABLE ROW LEVEL SECURITY;
-- Who has left a workspace sees nothing of it any more, but what was about themselves.
CREATE POLICY own ON app.notification FOR SELECT TO clientnest_api, clientnest_worker USING ({_STILL});
CREATE POLICY own_change ON app.notification FOR UPDATE TO clientnest_api, clientnest_worker USING ({_STILL});
CREATE POLICY making ON app.notification FOR INSERT TO clientnest_worker
    WITH CHECK (workspace_id = app.current_workspace() AND {_OWN});
CREATE POLICY own ON app.notification_preference TO clientnest_api USING ({_OWN}) WITH CHECK ({_OWN});
CREATE POLICY reading ON app.notification_preference FOR SELECT TO clientnest_worker
    USING (workspace_id = app.current_workspace() OR {_OWN});
CREATE POLICY own ON app.notification_schedule TO clientnest_api, clientnest_worker USING ({_OWN}) WITH CHECK ({_OWN});
CREATE POLICY tenant ON app.event_horizon FOR SELECT TO clientnest_api
    USING (workspace_id = app.current_workspace());
CREATE POLICY recipient ON app.membership FOR SELECT TO clientnest_worker USING ({_OWN});
CREATE POLICY recipient ON app.person FOR SELECT TO clientnest_worker USING (id = app.current_person());
"""


def upgrade() -> None:
    op.execute(_NOTIFICATIONS)
    op.execute(_EVENTS)
    op.execute(_MAIL)
    op.execute(_RIGHTS)
    op.execute(_POLICIES)


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
