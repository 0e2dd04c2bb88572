"""Approvals: who has to approve what, rounds of reviews and what was decided in them, links for clients, delegates.

Who may decide, and whether something is approved, is said here once: services ask these functions, and no statement,
whoever sends it, takes a variant past them.

Revision: 0014
Follows: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"

_TABLES = """
CREATE TABLE app.approval_policy (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    account_id uuid,
    label_id uuid, -- neither: it is for the whole workspace
    mode text NOT NULL CHECK (mode IN ('none', 'optional', 'required')),
    revision integer NOT NULL DEFAULT 1,
    created_by uuid REFERENCES app.person ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE NULLS NOT DISTINCT (workspace_id, account_id, label_id),
    FOREIGN KEY (workspace_id, account_id) REFERENCES app.account ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, label_id) REFERENCES app.label ON DELETE CASCADE,
    CHECK (account_id IS NULL OR label_id IS NULL)
);
CREATE INDEX approval_policy_label ON app.approval_policy (workspace_id, label_id);
CREATE INDEX approval_policy_maker ON app.approval_policy (created_by);

CREATE TABLE app.approval_level (
    workspace_id uuid NOT NULL,
    policy_id uuid NOT NULL,
    number smallint NOT NULL CHECK (number >= 1),
    people uuid[] NOT NULL,
    roles text[] NOT NULL CHECK (roles <@ ARRAY['owner', 'admin', 'approver', 'client']),
    client_by_link boolean NOT NULL,
    PRIMARY KEY (workspace_id, policy_id, number),
    FOREIGN KEY (workspace_id, policy_id) REFERENCES app.approval_policy ON DELETE CASCADE,
    CHECK (client_by_link OR cardinality(people) + cardinality(roles) > 0)
);

CREATE TABLE app.review (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    post_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    number integer NOT NULL,
    digest bytea NOT NULL, -- of the content that it was opened for
    content jsonb NOT NULL, -- that content
    levels jsonb NOT NULL, -- as the policy had them
    level smallint NOT NULL DEFAULT 1,
    level_since timestamptz NOT NULL DEFAULT now(),
    then_schedule boolean NOT NULL DEFAULT false,
    opened_by uuid REFERENCES app.person ON DELETE SET NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    outcome text CHECK (outcome IN ('approved', 'changes_requested', 'withdrawn', 'superseded')),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, variant_id, number),
    FOREIGN KEY (workspace_id, variant_id) REFERENCES app.post_variant ON DELETE CASCADE,
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX review_open ON app.review (workspace_id, variant_id) WHERE closed_at IS NULL;
CREATE INDEX review_waiting ON app.review (level_since) WHERE closed_at IS NULL;
CREATE INDEX review_post ON app.review (workspace_id, post_id);
CREATE INDEX review_opener ON app.review (opened_by);

CREATE TABLE app.review_link (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    post_id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100), -- whom it is for
    email text CHECK (length(email) <= 320),
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_by uuid REFERENCES app.person ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, post_id) REFERENCES app.post ON DELETE CASCADE
);
CREATE INDEX review_link_post ON app.review_link (workspace_id, post_id);
CREATE INDEX review_link_maker ON app.review_link (created_by);

CREATE TABLE app.review_decision (
    workspace_id uuid NOT NULL,
    review_id uuid NOT NULL,
    level smallint NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('approve', 'changes')),
    comment text NOT NULL DEFAULT '' CHECK (length(comment) <= 5000),
    capacity text NOT NULL CHECK (capacity IN ('approver', 'delegate', 'in_place', 'vacant', 'client_link')),
    person_id uuid REFERENCES app.person ON DELETE SET NULL,
    behalf_of uuid REFERENCES app.person ON DELETE SET NULL, -- whose delegate decided
    link_id uuid,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, review_id, level), -- one counts at each level
    FOREIGN KEY (workspace_id, review_id) REFERENCES app.review ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, link_id) REFERENCES app.review_link ON DELETE SET NULL (link_id),
    CHECK (verdict = 'approve' OR comment <> '')
);
CREATE INDEX review_decision_person ON app.review_decision (person_id);
CREATE INDEX review_decision_behalf ON app.review_decision (behalf_of);
CREATE INDEX review_decision_link ON app.review_decision (workspace_id, link_id);

-- Of each member one at most; with either of the two it goes.
CREATE TABLE app.approval_delegation (
    workspace_id uuid NOT NULL,
    person_id uuid NOT NULL,
    delegate_id uuid NOT NULL CHECK (delegate_id <> person_id),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz CHECK (ends_at > starts_at), -- NULL: until they end it
    PRIMARY KEY (workspace_id, person_id),
    FOREIGN KEY (workspace_id, person_id) REFERENCES app.membership ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, delegate_id) REFERENCES app.membership ON DELETE CASCADE
);
CREATE INDEX approval_delegation_delegate ON app.approval_delegation (workspace_id, delegate_id);

CREATE TABLE app.review_reminder (
    workspace_id uuid NOT NULL,
    review_id uuid NOT NULL,
    level smallint NOT NULL,
    person_id uuid NOT NULL REFERENCES app.person ON DELETE CASCADE,
    times smallint NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, review_id, level, person_id),
    FOREIGN KEY (workspace_id, review_id) REFERENCES app.review ON DELETE CASCADE
);
CREATE INDEX review_reminder_person ON app.review_reminder (person_id);
"""

# What services and guards both ask. They run as whoever calls them, whom row-level security still binds.
_QUESTIONS = """
-- The policy that holds for a variant: its account's, else the strictest of its labels', else the workspace's.
CREATE FUNCTION app.approval_policy_of(workspace uuid, variant uuid)
    RETURNS TABLE (policy_id uuid, mode text, levels jsonb)
    LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT p.id, p.mode, l.levels
    FROM app.post_variant v
    JOIN app.approval_policy p ON p.workspace_id = v.workspace_id AND (p.account_id = v.account_id
        OR (p.account_id IS NULL AND p.label_id IS NULL)
        OR EXISTS (SELECT FROM app.post_label o WHERE o.workspace_id = v.workspace_id AND o.post_id = v.post_id
            AND o.label_id = p.label_id))
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_agg(jsonb_build_object('people', to_jsonb(a.people), 'roles', to_jsonb(a.roles),
            'client_by_link', a.client_by_link) ORDER BY a.number), '[]') AS levels
        FROM app.approval_level a WHERE a.workspace_id = p.workspace_id AND a.policy_id = p.id) l
    WHERE v.workspace_id = workspace AND v.id = variant
    ORDER BY p.account_id IS NULL, p.label_id IS NULL, array_position(ARRAY['required', 'optional', 'none'], p.mode),
        jsonb_array_length(l.levels) DESC, p.id
    LIMIT 1
$$;

-- Whom the present level of an open round asks, and who stands in for them. Nobody is asked about what they wrote or
-- sent in themselves, and only who may approve at this moment.
CREATE FUNCTION app.level_approvers(workspace uuid, review uuid)
    RETURNS TABLE (person_id uuid, behalf_of uuid, away boolean)
    LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    WITH asked AS (
        SELECT r.levels -> (r.level - 1) AS level, array[r.opened_by, p.created_by] AS own
        FROM app.review r JOIN app.post p ON p.workspace_id = r.workspace_id AND p.id = r.post_id
        WHERE r.workspace_id = workspace AND r.id = review AND r.closed_at IS NULL AND p.trashed_at IS NULL
    ), able AS (
        SELECT m.person_id, m.role FROM app.membership m, asked
        WHERE m.workspace_id = workspace AND m.role IN ('owner', 'admin', 'approver', 'client')
            AND (m.person_id = ANY (asked.own)) IS NOT TRUE
    ), meant AS (
        SELECT able.person_id FROM able, asked
        WHERE asked.level -> 'people' ? able.person_id::text OR asked.level -> 'roles' ? able.role
    ), standing_in AS (
        SELECT d.delegate_id, d.person_id FROM app.approval_delegation d
        WHERE d.workspace_id = workspace AND now() >= d.starts_at AND (d.ends_at IS NULL OR now() < d.ends_at)
            AND d.person_id IN (SELECT meant.person_id FROM meant)
            AND d.delegate_id IN (SELECT able.person_id FROM able)
    )
    SELECT m.person_id, NULL::uuid, m.person_id IN (SELECT s.person_id FROM standing_in s) FROM meant m
    UNION ALL
    SELECT s.delegate_id, s.person_id, false FROM standing_in s
$$;

-- Who is told that an open round waits: those whom it asks, but for who is away; owner and admins where it asks nobody.
CREATE FUNCTION app.people_to_ask(workspace uuid, review uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    WITH asked AS (SELECT * FROM app.level_approvers(workspace, review))
    SELECT a.person_id FROM asked a WHERE NOT a.away
    UNION
    SELECT m.person_id
    FROM app.review r JOIN app.post p ON p.workspace_id = r.workspace_id AND p.id = r.post_id
    JOIN app.membership m ON m.workspace_id = r.workspace_id AND m.role IN ('owner', 'admin')
    WHERE r.workspace_id = workspace AND r.id = review AND r.closed_at IS NULL AND p.trashed_at IS NULL
        AND NOT (r.levels -> (r.level - 1) ->> 'client_by_link')::boolean AND NOT EXISTS (SELECT FROM asked)
$$;

-- As what somebody may decide at the present level of an open round; no row: they may not. Owner and admins may in
-- place of those whom it asks (`in_place`), or because it asks nobody any more (`vacant`).
CREATE FUNCTION app.deciding_as(workspace uuid, review uuid, person uuid)
    RETURNS TABLE (capacity text, behalf_of uuid)
    LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    WITH asked AS (SELECT * FROM app.level_approvers(workspace, review))
    SELECT found.capacity, found.behalf_of FROM (
        SELECT CASE WHEN a.behalf_of IS NULL THEN 'approver' ELSE 'delegate' END AS capacity, a.behalf_of,
            CASE WHEN a.behalf_of IS NULL THEN 1 ELSE 2 END AS place
        FROM asked a WHERE a.person_id = person
        UNION ALL
        SELECT CASE WHEN (r.levels -> (r.level - 1) ->> 'client_by_link')::boolean OR EXISTS (SELECT FROM asked)
            THEN 'in_place' ELSE 'vacant' END, NULL, 3
        FROM app.review r JOIN app.membership m ON m.workspace_id = r.workspace_id AND m.person_id = person
        WHERE r.workspace_id = workspace AND r.id = review AND r.closed_at IS NULL AND m.role IN ('owner', 'admin')
    ) found
    ORDER BY found.place, found.behalf_of LIMIT 1
$$;

-- Whether this form of a variant has been through all levels of its latest round.
CREATE FUNCTION app.is_approved(workspace uuid, variant uuid, form bytea) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT coalesce((
        SELECT r.outcome = 'approved' AND r.digest = form FROM app.review r
        WHERE r.workspace_id = workspace AND r.variant_id = variant ORDER BY r.number DESC LIMIT 1), false)
$$;
REVOKE ALL ON FUNCTION app.approval_policy_of(uuid, uuid), app.level_approvers(uuid, uuid),
    app.people_to_ask(uuid, uuid), app.deciding_as(uuid, uuid, uuid), app.is_approved(uuid, uuid, bytea) FROM PUBLIC;
"""

_GUARDS = """
-- Beside `app.guard_variant`, and after it, so that the digest is that of the new content.
CREATE FUNCTION app.guard_approval() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.state NOT IN ('approved', 'scheduled') OR (NEW.state = OLD.state AND NEW.digest = OLD.digest)
            OR OLD.state = 'publishing' THEN -- a try that may be made again was let through before
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM app.approval_policy p WHERE p.workspace_id = NEW.workspace_id AND p.mode = 'required')
            AND EXISTS (SELECT FROM app.approval_policy_of(NEW.workspace_id, NEW.id) p WHERE p.mode = 'required')
            AND NOT app.is_approved(NEW.workspace_id, NEW.id, NEW.digest) THEN
        RAISE EXCEPTION 'This form of the variant was not approved, so it cannot be %.', NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'variant_approval';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_approval BEFORE UPDATE ON app.post_variant
    FOR EACH ROW EXECUTE FUNCTION app.guard_approval();

-- A round is about what is in review; whatever else takes a variant out of it ends the round.
CREATE FUNCTION app.leave_review() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE app.review SET closed_at = now(), outcome = 'withdrawn'
    WHERE workspace_id = NEW.workspace_id AND variant_id = NEW.id AND closed_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER leave_review AFTER UPDATE OF state ON app.post_variant
    FOR EACH ROW WHEN (OLD.state = 'in_review' AND NEW.state <> 'in_review') EXECUTE FUNCTION app.leave_review();

-- What a round is about, and whom it asks, is found here and told by nobody.
CREATE FUNCTION app.begin_review() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    variant app.post_variant;
BEGIN
    SELECT v.* INTO variant FROM app.post_variant v
    WHERE v.workspace_id = NEW.workspace_id AND v.id = NEW.variant_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NEW; -- its reference refuses it
    END IF;
    IF variant.state <> 'in_review' THEN
        RAISE EXCEPTION 'A round is opened for what is in review.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_state';
    END IF;
    SELECT p.levels INTO NEW.levels FROM app.approval_policy_of(NEW.workspace_id, NEW.variant_id) p
    WHERE p.mode <> 'none';
    IF NEW.levels IS NULL THEN
        RAISE EXCEPTION 'Nothing is approved here: no policy asks for it.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_policy';
    END IF;
    NEW.post_id := variant.post_id;
    NEW.digest := variant.digest;
    NEW.content := variant.content;
    NEW.number := 1 + coalesce((SELECT max(r.number) FROM app.review r
        WHERE r.workspace_id = NEW.workspace_id AND r.variant_id = NEW.variant_id), 0);
    NEW.level := 1;
    NEW.level_since := now();
    NEW.opened_at := now();
    NEW.closed_at := NULL;
    NEW.outcome := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER begin_review BEFORE INSERT ON app.review FOR EACH ROW EXECUTE FUNCTION app.begin_review();

-- A round goes on, and ends, by what was decided in it; it can also be given up.
CREATE FUNCTION app.guard_review() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    passed integer := (SELECT count(*) FROM app.review_decision d WHERE d.workspace_id = OLD.workspace_id
        AND d.review_id = OLD.id AND d.verdict = 'approve');
BEGIN
    IF (NEW.workspace_id, NEW.id, NEW.post_id, NEW.variant_id, NEW.number, NEW.digest, NEW.content, NEW.levels)
            IS DISTINCT FROM
            (OLD.workspace_id, OLD.id, OLD.post_id, OLD.variant_id, OLD.number, OLD.digest, OLD.content, OLD.levels)
        OR (OLD.closed_at IS NOT NULL AND
            (NEW.level, NEW.closed_at, NEW.outcome) IS DISTINCT FROM (OLD.level, OLD.closed_at, OLD.outcome))
        OR NEW.level NOT IN (OLD.level, passed + 1)
        OR (OLD.closed_at IS NULL AND NEW.outcome = 'approved' AND passed <> jsonb_array_length(OLD.levels))
        OR (OLD.closed_at IS NULL AND NEW.outcome = 'changes_requested' AND NOT EXISTS (
            SELECT FROM app.review_decision d WHERE d.workspace_id = OLD.workspace_id AND d.review_id = OLD.id
                AND d.verdict = 'changes'))
    THEN
        RAISE EXCEPTION 'A round goes on, and ends, by what is decided in it.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_course';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_review BEFORE UPDATE ON app.review FOR EACH ROW EXECUTE FUNCTION app.guard_review();

-- Who decides, and as what, is found here: an approver of the level, at this moment, about what is still there.
CREATE FUNCTION app.take_decision() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    round app.review;
BEGIN
    SELECT r.* INTO round FROM app.review r
    WHERE r.workspace_id = NEW.workspace_id AND r.id = NEW.review_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NEW; -- its reference refuses it
    END IF;
    IF round.closed_at IS NOT NULL OR NEW.level IS DISTINCT FROM round.level THEN
        RAISE EXCEPTION 'This was decided by somebody else meanwhile.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_decided';
    END IF;
    IF NOT EXISTS (SELECT FROM app.post_variant v WHERE v.workspace_id = round.workspace_id
            AND v.id = round.variant_id AND v.digest = round.digest AND v.state = 'in_review') THEN
        RAISE EXCEPTION 'What was to be decided on is not there any more.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_form';
    END IF;
    NEW.capacity := NULL;
    NEW.behalf_of := NULL;
    NEW.at := now();
    IF NEW.link_id IS NULL THEN
        SELECT d.capacity, d.behalf_of INTO NEW.capacity, NEW.behalf_of
        FROM app.deciding_as(NEW.workspace_id, NEW.review_id, NEW.person_id) d;
    ELSIF (round.levels -> (round.level - 1) ->> 'client_by_link')::boolean AND NEW.person_id IS NULL AND EXISTS (
            SELECT FROM app.review_link l WHERE l.workspace_id = NEW.workspace_id AND l.id = NEW.link_id
                AND l.post_id = round.post_id AND l.revoked_at IS NULL AND l.expires_at > now()) THEN
        NEW.capacity := 'client_link';
    END IF;
    IF NEW.capacity IS NULL THEN
        RAISE EXCEPTION 'This is for others to decide.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_approver';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER take BEFORE INSERT ON app.review_decision FOR EACH ROW EXECUTE FUNCTION app.take_decision();

CREATE FUNCTION app.follow_decision() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE app.review r SET
        level = CASE WHEN NEW.verdict = 'approve' AND r.level < jsonb_array_length(r.levels) THEN r.level + 1
            ELSE r.level END,
        level_since = now(),
        closed_at = CASE WHEN NEW.verdict = 'changes' OR r.level = jsonb_array_length(r.levels) THEN now() END,
        outcome = CASE WHEN NEW.verdict = 'changes' THEN 'changes_requested'
            WHEN r.level = jsonb_array_length(r.levels) THEN 'approved' END
    WHERE r.workspace_id = NEW.workspace_id AND r.id = NEW.review_id;
    RETURN NULL;
END $$;
CREATE TRIGGER follow AFTER INSERT ON app.review_decision FOR EACH ROW EXECUTE FUNCTION app.follow_decision();
"""

_OUTSIDE = """
-- What a client's link opens, before any workspace is known; nothing where it is over. Its use is noted, to the minute.
CREATE FUNCTION app.open_review_link(presented bytea)
    RETURNS TABLE (workspace_id uuid, id uuid, post_id uuid, name text, expires_at timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT l.workspace_id, l.id, l.post_id, l.name, l.expires_at FROM app.review_link AS l
        JOIN app.post AS p ON p.workspace_id = l.workspace_id AND p.id = l.post_id
        WHERE l.token_hash = presented AND l.revoked_at IS NULL AND l.expires_at > now() AND p.trashed_at IS NULL;
    IF FOUND THEN
        UPDATE app.review_link SET last_used_at = now()
        WHERE token_hash = presented AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute');
    END IF;
END $$;

-- Where something has waited since before an instant: the worker learns which workspaces, and enters one at a time.
CREATE FUNCTION app.reviews_waiting(before timestamptz) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT DISTINCT r.workspace_id FROM app.review r WHERE r.closed_at IS NULL AND r.level_since <= before
$$;
REVOKE ALL ON FUNCTION app.open_review_link(bytea), app.reviews_waiting(timestamptz) FROM PUBLIC;
"""

_RIGHTS = """
GRANT SELECT, INSERT, UPDATE (mode, revision), DELETE ON app.approval_policy TO clientnest_api;
GRANT SELECT, INSERT, DELETE ON app.approval_level TO clientnest_api;
GRANT SELECT, INSERT, UPDATE (closed_at, outcome) ON app.review TO clientnest_api;
GRANT SELECT, INSERT ON app.review_decision TO clientnest_api;
GRANT SELECT (workspace_id, id, post_id, name, email, created_by, created_at, expires_at, last_used_at, revoked_at),
    INSERT, UPDATE (revoked_at) ON app.review_link TO clientnest_api;
GRANT SELECT, INSERT, UPDATE (delegate_id, starts_at, ends_at), DELETE ON app.approval_delegation TO clientnest_api;
GRANT SELECT ON app.review, app.approval_delegation TO clientnest_worker;
GRANT SELECT, INSERT, UPDATE (times, last_at) ON app.review_reminder TO clientnest_worker;
GRANT EXECUTE ON FUNCTION app.approval_policy_of(uuid, uuid), app.deciding_as(uuid, uuid, uuid),
    app.is_approved(uuid, uuid, bytea), app.open_review_link(bytea) TO clientnest_api;
GRANT EXECUTE ON FUNCTION app.level_approvers(uuid, uuid) TO clientnest_api, clientnest_worker;
GRANT EXECUTE ON FUNCTION app.people_to_ask(uuid, uuid), app.reviews_waiting(timestamptz) TO clientnest_worker;
"""

_POLICY = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON app.{table} TO {roles}
    USING (workspace_id = app.current_workspace()) WITH CHECK (workspace_id = app.current_workspace());
"""
_OF_API = ("approval_policy", "approval_level", "review_link", "review_decision")
_OF_BOTH = ("review", "approval_delegation")


def upgrade() -> None:
    for statements in (_TABLES, _QUESTIONS, _GUARDS, _OUTSIDE, _RIGHTS):
        op.execute(statements)
    for table in _OF_API:
        op.execute(_POLICY.format(table=table, roles="clientnest_api"))
    for table in _OF_BOTH:
        op.execute(_POLICY.format(table=table, roles="clientnest_api, clientnest_worker"))
    op.execute(_POLICY.format(table="review_reminder", roles="clientnest_worker"))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
