"""Content: posts, a variant of each for an account, what they became, and every state they were in.

The rules of states stand here as well as in `clientnest/content/states.py`: no statement, whoever sends it, moves a
variant along a way that is not there, changes what a network has, or leaves a move untold.

Revision: 0011
Follows: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"

_TABLES = """
ALTER TABLE app.account ADD COLUMN told jsonb; -- what the network says that it may publish, in its own words

CREATE TABLE app.campaign (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    starts_on date,
    ends_on date,
    revision integer NOT NULL DEFAULT 1,
    created_by uuid REFERENCES app.person ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    CHECK (ends_on >= starts_on)
);
CREATE UNIQUE INDEX campaign_name ON app.campaign (workspace_id, lower(name));
CREATE INDEX campaign_maker ON app.campaign (created_by);

CREATE TABLE app.label (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    colour text NOT NULL CHECK (colour ~ '^#[0-9a-f]{6}$'),
    revision integer NOT NULL DEFAULT 1,
    created_by uuid REFERENCES app.person ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX label_name ON app.label (workspace_id, lower(name));
CREATE INDEX label_maker ON app.label (created_by);

CREATE TABLE app.post (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    title text NOT NULL DEFAULT '' CHECK (length(title) <= 200), -- for the team; no network sees it
    campaign_id uuid,
    revision integer NOT NULL DEFAULT 1, -- the number of the latest in app.post_revision
    created_by uuid REFERENCES app.person ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    trashed_at timestamptz,
    trashed_by uuid REFERENCES app.person ON DELETE SET NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, campaign_id) REFERENCES app.campaign ON DELETE SET NULL (campaign_id)
);
CREATE INDEX post_campaign ON app.post (workspace_id, campaign_id);
CREATE INDEX post_maker ON app.post (created_by);
CREATE INDEX post_trasher ON app.post (trashed_by);
CREATE INDEX post_trashed ON app.post (trashed_at) WHERE trashed_at IS NOT NULL;

CREATE TABLE app.post_label (
    workspace_id uuid NOT NULL,
    post_id uuid NOT NULL,
    label_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, post_id, label_id),
    FOREIGN KEY (workspace_id, post_id) REFERENCES app.post ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, label_id) REFERENCES app.label ON DELETE CASCADE
);
CREATE INDEX post_label_label ON app.post_label (workspace_id, label_id);

CREATE TABLE app.post_variant (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    post_id uuid NOT NULL,
    account_id uuid NOT NULL,
    content jsonb NOT NULL CHECK (jsonb_typeof(content) = 'object'), -- `clientnest.content.model.Content`
    digest bytea NOT NULL, -- of the content: what an approval was given to
    state text NOT NULL DEFAULT 'draft',
    state_since timestamptz NOT NULL DEFAULT now(),
    local_time timestamp, -- as somebody meant it, on the clock of `timezone`
    timezone text,
    fold smallint NOT NULL DEFAULT 0 CHECK (fold IN (0, 1)), -- 1: the second of a time that comes twice
    tz_version text, -- of the zone data that `scheduled_at` was computed with
    scheduled_at timestamptz,
    slot_at timestamptz, -- the instant of the queue's slot that it takes; NULL: none
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, post_id, account_id),
    FOREIGN KEY (workspace_id, post_id) REFERENCES app.post ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, account_id) REFERENCES app.account ON DELETE CASCADE,
    CHECK ((local_time IS NULL) = (scheduled_at IS NULL)),
    CHECK ((local_time IS NULL) = (timezone IS NULL)),
    CHECK ((local_time IS NULL) = (tz_version IS NULL)),
    CHECK (slot_at IS NULL OR slot_at = scheduled_at),
    CHECK (state NOT IN ('scheduled', 'publishing', 'published', 'unconfirmed', 'failed', 'missed')
        OR scheduled_at IS NOT NULL)
);
CREATE INDEX post_variant_account ON app.post_variant (workspace_id, account_id, scheduled_at);
CREATE INDEX post_variant_time ON app.post_variant (workspace_id, scheduled_at);
CREATE INDEX post_variant_zones ON app.post_variant (tz_version, scheduled_at);
CREATE INDEX post_variant_due ON app.post_variant (scheduled_at) WHERE state = 'scheduled';
CREATE UNIQUE INDEX post_variant_slot ON app.post_variant (workspace_id, account_id, slot_at)
    WHERE slot_at IS NOT NULL AND state <> 'cancelled';

-- Kept by a trigger, so that what the content shows and what is held for it are never two things.
CREATE TABLE app.variant_media (
    workspace_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    media_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, variant_id, media_id),
    FOREIGN KEY (workspace_id, variant_id) REFERENCES app.post_variant ON DELETE CASCADE
);
CREATE INDEX variant_media_media ON app.variant_media (workspace_id, media_id);

-- Whatever any form of a post has shown: what an earlier revision needs is not taken for unused.
CREATE TABLE app.post_media (
    workspace_id uuid NOT NULL,
    post_id uuid NOT NULL,
    media_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, post_id, media_id),
    FOREIGN KEY (workspace_id, post_id) REFERENCES app.post ON DELETE CASCADE
);
CREATE INDEX post_media_media ON app.post_media (workspace_id, media_id);

CREATE TABLE app.variant_step (from_state text, to_state text, PRIMARY KEY (from_state, to_state));
INSERT INTO app.variant_step VALUES
    ('draft', 'in_review'), ('draft', 'approved'), ('draft', 'scheduled'), ('draft', 'cancelled'),
    ('in_review', 'draft'), ('in_review', 'changes_requested'), ('in_review', 'approved'), ('in_review', 'cancelled'),
    ('changes_requested', 'draft'), ('changes_requested', 'in_review'), ('changes_requested', 'cancelled'),
    ('approved', 'draft'), ('approved', 'in_review'), ('approved', 'changes_requested'), ('approved', 'scheduled'),
    ('approved', 'cancelled'),
    ('scheduled', 'draft'), ('scheduled', 'in_review'), ('scheduled', 'changes_requested'), ('scheduled', 'approved'),
    ('scheduled', 'publishing'), ('scheduled', 'missed'), ('scheduled', 'cancelled'),
    ('publishing', 'published'), ('publishing', 'failed'), ('publishing', 'unconfirmed'), ('publishing', 'scheduled'),
    ('unconfirmed', 'published'), ('unconfirmed', 'failed'), ('unconfirmed', 'publishing'),
    ('failed', 'draft'), ('failed', 'scheduled'), ('failed', 'cancelled'),
    ('missed', 'draft'), ('missed', 'scheduled'), ('missed', 'cancelled'),
    ('cancelled', 'draft');

CREATE TABLE app.variant_transition (
    workspace_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    number integer NOT NULL,
    from_state text, -- NULL: it was made
    to_state text NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('person', 'api_key', 'client_link', 'system', 'database')),
    actor_id uuid,
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, variant_id, number),
    FOREIGN KEY (workspace_id, variant_id) REFERENCES app.post_variant ON DELETE CASCADE
);

CREATE TABLE app.post_revision (
    workspace_id uuid NOT NULL,
    post_id uuid NOT NULL,
    number integer NOT NULL,
    snapshot jsonb NOT NULL, -- the whole post: `clientnest.content.revisions`
    changed text[] NOT NULL, -- which fields, beside the revision before
    restored_from integer,
    actor_kind text NOT NULL,
    actor_id uuid,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, post_id, number),
    FOREIGN KEY (workspace_id, post_id) REFERENCES app.post ON DELETE CASCADE
);
"""

_RULES = """
CREATE FUNCTION app.variant_digest(content jsonb) RETURNS bytea
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$ SELECT sha256(convert_to(content::text, 'UTF8')) $$;

CREATE FUNCTION app.guard_variant() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'A variant begins as a draft, not as %.', NEW.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'variant_step';
        END IF;
    ELSE
        IF (NEW.workspace_id, NEW.id, NEW.post_id, NEW.account_id)
                IS DISTINCT FROM (OLD.workspace_id, OLD.id, OLD.post_id, OLD.account_id) THEN
            RAISE EXCEPTION 'A variant stays with its post and its account.'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'variant_place';
        END IF;
        IF NEW.state <> OLD.state AND NOT EXISTS (
                SELECT FROM app.variant_step s WHERE s.from_state = OLD.state AND s.to_state = NEW.state) THEN
            RAISE EXCEPTION 'From % a variant does not become %.', OLD.state, NEW.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'variant_step';
        END IF;
        IF NEW.content <> OLD.content AND OLD.state IN ('publishing', 'published', 'unconfirmed') THEN
            RAISE EXCEPTION 'What a network has, or may have, is not changed here: the variant is %.', OLD.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'variant_content';
        END IF;
        IF NEW.scheduled_at IS DISTINCT FROM OLD.scheduled_at
                AND OLD.state IN ('publishing', 'published', 'unconfirmed') THEN
            RAISE EXCEPTION 'What is % has had its time.', OLD.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'variant_time';
        END IF;
        IF NEW.state <> OLD.state THEN
            NEW.state_since := now();
        ELSE
            NEW.state_since := OLD.state_since;
        END IF;
        IF NEW.state = 'scheduled' AND NEW.scheduled_at < now() - interval '5 minutes'
                AND (OLD.state NOT IN ('scheduled', 'publishing') OR NEW.scheduled_at <> OLD.scheduled_at) THEN
            RAISE EXCEPTION 'A variant is not scheduled for what is past.'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'variant_time';
        END IF;
    END IF;
    NEW.digest := app.variant_digest(NEW.content);
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON app.post_variant
    FOR EACH ROW EXECUTE FUNCTION app.guard_variant();

-- `clientnest.actor` says who acts, and why: {"kind", "id", "reason"}. Where nobody does, it was done by hand.
-- Without sequential scans: a session keeps the plan that it made while a table was small.
CREATE FUNCTION app.tell_transition() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET enable_seqscan = off AS $$
DECLARE
    said jsonb := coalesce(nullif(current_setting('clientnest.actor', true), ''), '{}')::jsonb;
    before text;
    place integer := 1;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state = NEW.state THEN
            RETURN NULL;
        END IF;
        before := OLD.state;
        SELECT t.number + 1 INTO place FROM app.variant_transition t
            WHERE t.workspace_id = NEW.workspace_id AND t.variant_id = NEW.id ORDER BY t.number DESC LIMIT 1;
    END IF;
    INSERT INTO app.variant_transition
        (workspace_id, variant_id, number, from_state, to_state, actor_kind, actor_id, reason)
    VALUES (NEW.workspace_id, NEW.id, coalesce(place, 1), before, NEW.state, coalesce(said ->> 'kind', 'database'),
        (said ->> 'id')::uuid, coalesce(said ->> 'reason', ''));
    RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER INSERT OR UPDATE OF state ON app.post_variant
    FOR EACH ROW EXECUTE FUNCTION app.tell_transition();

CREATE FUNCTION app.hold_media() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET enable_seqscan = off AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.content = OLD.content THEN
            RETURN NULL;
        END IF;
        DELETE FROM app.variant_media WHERE workspace_id = NEW.workspace_id AND variant_id = NEW.id;
    END IF;
    IF NOT jsonb_path_exists(NEW.content, '$.parts[*].media[*]') THEN
        RETURN NULL;
    END IF;
    INSERT INTO app.variant_media (workspace_id, variant_id, media_id)
    SELECT DISTINCT NEW.workspace_id, NEW.id, (shown ->> 'media_id')::uuid
    FROM jsonb_path_query(NEW.content, '$.parts[*].media[*]') AS shown;
    INSERT INTO app.post_media (workspace_id, post_id, media_id)
    SELECT v.workspace_id, NEW.post_id, v.media_id FROM app.variant_media v
    WHERE v.workspace_id = NEW.workspace_id AND v.variant_id = NEW.id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER hold AFTER INSERT OR UPDATE OF content ON app.post_variant
    FOR EACH ROW EXECUTE FUNCTION app.hold_media();

-- Taken out of a post only while no network has it; with the whole post or workspace it goes all the same.
CREATE FUNCTION app.keep_variant() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF pg_trigger_depth() = 1 AND OLD.state IN ('publishing', 'published', 'unconfirmed') THEN
        RAISE EXCEPTION 'What a network has, or may have, is not removed here: the variant is %.', OLD.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'variant_content';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER keep BEFORE DELETE ON app.post_variant FOR EACH ROW EXECUTE FUNCTION app.keep_variant();

-- What a post is, by what its variants are: the one that needs somebody first, then the one that is least far.
CREATE FUNCTION app.post_state(states text[]) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT CASE
        WHEN cardinality(states) = 0 THEN 'draft'
        WHEN states <@ ARRAY['cancelled'] THEN 'cancelled'
        WHEN states <@ ARRAY['published', 'cancelled'] THEN 'published'
        WHEN 'publishing' = ANY (states) THEN 'publishing'
        WHEN 'published' = ANY (states) THEN 'partially_published'
        ELSE (
            SELECT s FROM unnest(ARRAY['unconfirmed', 'failed', 'missed', 'changes_requested', 'draft', 'in_review',
                                       'approved', 'scheduled']) WITH ORDINALITY AS o(s, place)
            WHERE s = ANY (states) ORDER BY place LIMIT 1)
    END
$$;

-- What lay in the trash for long enough; not what a network has, whose history is kept.
CREATE FUNCTION app.empty_trash(before timestamptz, most integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH old AS (
        SELECT p.workspace_id, p.id FROM app.post p WHERE p.trashed_at < before AND NOT EXISTS (
            SELECT FROM app.post_variant v WHERE v.workspace_id = p.workspace_id AND v.post_id = p.id
                AND v.state IN ('publishing', 'published', 'unconfirmed'))
        ORDER BY p.trashed_at LIMIT most
    ), gone AS (
        DELETE FROM app.post p USING old WHERE p.workspace_id = old.workspace_id AND p.id = old.id RETURNING 1
    )
    SELECT count(*)::integer FROM gone
$$;
REVOKE ALL ON FUNCTION app.empty_trash(timestamptz, integer) FROM PUBLIC;

-- Workspaces with schedules still to come that other zone data was used for, but for zones that there are no more.
CREATE FUNCTION app.planned_with_other_zones(version text) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT DISTINCT v.workspace_id FROM app.post_variant v
    WHERE v.scheduled_at > now() AND v.tz_version <> version
        AND v.state NOT IN ('publishing', 'published', 'unconfirmed')
$$;
REVOKE ALL ON FUNCTION app.planned_with_other_zones(text) FROM PUBLIC;
"""

_TIMES = "local_time, timezone, fold, tz_version, scheduled_at, slot_at"
_RIGHTS = f"""
GRANT UPDATE (told) ON app.account TO clientnest_api;
GRANT SELECT, INSERT, UPDATE (name, starts_on, ends_on, revision), DELETE ON app.campaign TO clientnest_api;
GRANT SELECT, INSERT, UPDATE (name, colour, revision), DELETE ON app.label TO clientnest_api;
GRANT SELECT, INSERT, UPDATE (title, campaign_id, revision, updated_at, trashed_at, trashed_by)
    ON app.post TO clientnest_api;
GRANT SELECT, INSERT, DELETE ON app.post_label TO clientnest_api;
GRANT SELECT, INSERT, UPDATE (content, state, state_since, {_TIMES}), DELETE ON app.post_variant TO clientnest_api;
GRANT SELECT ON app.variant_media, app.post_media, app.variant_transition, app.variant_step
    TO clientnest_api, clientnest_worker;
GRANT SELECT, INSERT ON app.post_revision TO clientnest_api;
GRANT SELECT ON app.campaign, app.label, app.post, app.post_label, app.post_revision TO clientnest_worker;
GRANT SELECT, UPDATE (state, state_since, {_TIMES}) ON app.post_variant TO clientnest_worker;
GRANT EXECUTE ON FUNCTION app.empty_trash(timestamptz, integer), app.planned_with_other_zones(text)
    TO clientnest_worker;
"""

_POLICY = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON app.{table} TO clientnest_api, clientnest_worker
    USING (workspace_id = app.current_workspace()) WITH CHECK (workspace_id = app.current_workspace());
"""
_OF_TENANTS = ("campaign", "label", "post", "post_label", "post_variant", "variant_media", "post_media",
               "variant_transition", "post_revision")  # fmt: skip


# Not a tenant's: everybody may know the ways.
_WAYS = """
ALTER TABLE app.variant_step ENABLE ROW LEVEL SECURITY;
CREATE POLICY ways ON app.variant_step FOR SELECT TO clientnest_api, clientnest_worker USING (true);
"""


def upgrade() -> None:
    op.execute(_TABLES)
    op.execute(_RULES)
    op.execute(_RIGHTS)
    op.execute(_WAYS)
    for table in _OF_TENANTS:
        op.execute(_POLICY.format(table=table))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
