"""Foundation: people, workspaces, jobs and imports in `app`, captures in `raw`, what learning serves in `ml`.

Revision: 0001
Follows: nothing
"""

from alembic import op

revision = "0001"
down_revision = None

_APP = """
CREATE FUNCTION app.current_workspace() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('clientnest.workspace_id', true), '')::uuid;
CREATE FUNCTION app.current_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('clientnest.person_id', true), '')::uuid;

CREATE TABLE app.workspace (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    timezone text NOT NULL DEFAULT 'UTC',
    is_demo boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.person (
    id uuid PRIMARY KEY,
    email text NOT NULL UNIQUE CHECK (email = lower(email) AND length(email) <= 320),
    name text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.membership (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES app.person ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'approver', 'analyst', 'client')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, person_id)
);
CREATE INDEX membership_person ON app.membership (person_id);

CREATE TABLE app.account (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    network text NOT NULL,
    external_id text NOT NULL,
    display_name text NOT NULL,
    url text,
    timezone text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, network, external_id)
);

CREATE TABLE app.job (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
    params jsonb NOT NULL DEFAULT '{}',
    step text,
    progress double precision CHECK (progress BETWEEN 0 AND 1),
    result jsonb,
    error jsonb,
    dagster_run_id text,
    lease_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    requested_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL)),
    CHECK (state <> 'failed' OR error IS NOT NULL)
);
CREATE INDEX job_open ON app.job (created_at) WHERE state IN ('queued', 'running');

CREATE TABLE app.event (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    subject_id uuid,
    payload jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE FUNCTION app.announce_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('clientnest_event', json_build_object(
        'workspace_id', NEW.workspace_id, 'id', NEW.id, 'kind', NEW.kind, 'subject_id', NEW.subject_id)::text);
    RETURN NULL;
END $$;
CREATE TRIGGER event_announced AFTER INSERT ON app.event
    FOR EACH ROW EXECUTE FUNCTION app.announce_event();

CREATE TABLE app.import_file (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    job_id uuid NOT NULL,
    position integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    size_bytes bigint NOT NULL,
    stored_path text NOT NULL,
    modified_at timestamptz,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'imported', 'refused')),
    format text,
    captured_at timestamptz,
    captured_at_source text CHECK (captured_at_source IN ('file', 'name', 'option', 'modified')),
    rows integer,
    accepted integer,
    rejected jsonb NOT NULL DEFAULT '[]',
    rejected_count integer,
    posts integer,
    snapshots integer,
    period_from date,
    period_to date,
    warnings jsonb NOT NULL DEFAULT '[]',
    error jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, job_id) REFERENCES app.job ON DELETE CASCADE,
    UNIQUE (workspace_id, job_id, position),
    CHECK (state <> 'refused' OR error IS NOT NULL)
);

-- Signing in happens before any person or workspace is known, so it goes through this one narrow door.
CREATE FUNCTION app.person_for_sign_in(sign_in_email text)
    RETURNS TABLE (id uuid, name text, password_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
    AS 'SELECT id, name, password_hash FROM app.person WHERE email = lower(sign_in_email)';
REVOKE ALL ON FUNCTION app.person_for_sign_in(text) FROM PUBLIC;
"""

_ML = """
CREATE TABLE ml.training_run (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    family text NOT NULL CHECK (family IN ('performance', 'best_times')),
    outcome text NOT NULL CHECK (outcome IN ('champion', 'not_better', 'too_few_posts')),
    reason text NOT NULL,
    model_name text,
    model_version text,
    mlflow_run_id text,
    metrics jsonb NOT NULL DEFAULT '{}',
    baselines jsonb NOT NULL DEFAULT '{}',
    comparison jsonb NOT NULL DEFAULT '{}',
    posts integer NOT NULL,
    data_from timestamptz,
    data_to timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE TABLE ml.best_time (
    workspace_id uuid NOT NULL,
    account_id uuid NOT NULL,
    hour_of_week smallint NOT NULL CHECK (hour_of_week BETWEEN 0 AND 167),
    uplift double precision NOT NULL,
    uplift_low double precision NOT NULL,
    uplift_high double precision NOT NULL,
    posts integer NOT NULL,
    training_run_id uuid NOT NULL,
    computed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, account_id, hour_of_week),
    FOREIGN KEY (workspace_id, account_id) REFERENCES app.account ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, training_run_id) REFERENCES ml.training_run ON DELETE CASCADE
);
"""

_RAW = """
CREATE TABLE raw.load (
    workspace_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL,
    import_file_id uuid,
    run_id text,
    captured_from timestamptz,
    captured_to timestamptz,
    posts integer NOT NULL DEFAULT 0,
    snapshots integer NOT NULL DEFAULT 0,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX load_order ON raw.load (id);

CREATE TABLE raw.post (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    network text NOT NULL,
    external_id text NOT NULL,
    published_at timestamptz,
    published_time_known boolean NOT NULL DEFAULT false, -- false: published_at is a day's midnight, or not known
    post_type text,
    title text,
    text text,
    url text,
    link_url text,
    duration_seconds double precision,
    is_repost boolean NOT NULL DEFAULT false,
    captured_at timestamptz NOT NULL,
    -- The latest capture that gave each attribute: what makes the result the same whatever the order of captures.
    published_at_seen timestamptz,
    post_type_seen timestamptz,
    title_seen timestamptz,
    text_seen timestamptz,
    url_seen timestamptz,
    link_url_seen timestamptz,
    duration_seconds_seen timestamptz,
    load_id bigint NOT NULL,
    PRIMARY KEY (id, workspace_id), -- in this order, so that a search by external id has one index to choose
    UNIQUE (workspace_id, account_id, external_id)
) WITH (fillfactor = 90);
CREATE INDEX post_load ON raw.post (load_id);

CREATE TABLE raw.post_snapshot (
    workspace_id uuid NOT NULL,
    account_id uuid NOT NULL,
    post_id uuid NOT NULL,
    captured_at timestamptz NOT NULL,
    source text NOT NULL,
    load_id bigint NOT NULL,
    impressions bigint, reach bigint, views bigint, video_views bigint, engaged_views bigint,
    unique_viewers bigint, likes bigint, dislikes bigint, comments bigint, shares bigint, quotes bigint,
    saves bigint, clicks bigint, link_clicks bigint, hashtag_clicks bigint, detail_expands bigint,
    profile_visits bigint, follows bigint, media_views bigint, engagements bigint, engaged_users bigint,
    negative_feedback bigint, promoted_impressions bigint, promoted_engagements bigint,
    watch_time_seconds double precision, average_view_seconds double precision,
    engagement_rate double precision, click_through_rate double precision, retention_rate double precision,
    PRIMARY KEY (workspace_id, account_id, post_id, captured_at)
) {partitioned};
CREATE INDEX post_snapshot_load ON raw.post_snapshot USING brin (load_id);

-- Of months that went to the Parquet history and were dropped here: the snapshots that marts still need.
-- A snapshot is in one of the two tables, never in both.
CREATE TABLE raw.post_snapshot_kept (LIKE raw.post_snapshot,
    PRIMARY KEY (workspace_id, account_id, post_id, captured_at));
CREATE INDEX post_snapshot_kept_load ON raw.post_snapshot_kept (load_id);

CREATE TABLE raw.account_snapshot (
    workspace_id uuid NOT NULL,
    account_id uuid NOT NULL,
    captured_at timestamptz NOT NULL,
    source text NOT NULL,
    load_id bigint NOT NULL,
    views bigint, video_views bigint, likes bigint, followers bigint, following bigint, posts_count bigint,
    PRIMARY KEY (workspace_id, account_id, captured_at)
) {partitioned};

CREATE TABLE raw.account_period (
    workspace_id uuid NOT NULL,
    account_id uuid NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL,
    dimension text NOT NULL,
    dimension_value text NOT NULL,
    captured_at timestamptz NOT NULL,
    source text NOT NULL,
    load_id bigint NOT NULL,
    impressions bigint, reach bigint, views bigint, video_views bigint, unique_viewers bigint, likes bigint,
    comments bigint, shares bigint, saves bigint, clicks bigint, link_clicks bigint, profile_visits bigint,
    follows bigint, unfollows bigint, engagements bigint, watch_time_seconds double precision,
    average_view_seconds double precision, engagement_rate double precision, followers bigint,
    PRIMARY KEY (workspace_id, account_id, period_start, period_end, dimension, dimension_value, captured_at),
    CHECK (period_start <= period_end)
);
CREATE INDEX account_period_load ON raw.account_period (load_id);
"""

# Where TimescaleDB is missing, months are native partitions; the writer asks for those it needs, and may make no other.
_NATIVE_PARTITIONS = """
CREATE FUNCTION raw.ensure_partitions(first timestamptz, last timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE
    month timestamptz;
    parent text;
    child text;
BEGIN
    IF last - first > interval '50 years' THEN
        RAISE EXCEPTION 'refusing to make partitions from % to %', first, last;
    END IF;
    FOR month IN SELECT generate_series(date_trunc('month', first), last, interval '1 month') LOOP
        FOREACH parent IN ARRAY ARRAY['post_snapshot', 'account_snapshot'] LOOP
            child := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
            CONTINUE WHEN to_regclass('raw.' || child) IS NOT NULL;
            PERFORM pg_advisory_xact_lock(hashtext('raw.ensure_partitions'));
            CONTINUE WHEN to_regclass('raw.' || child) IS NOT NULL;
            -- Made apart and attached: making it in place would wait for, and hold up, whoever reads the parent.
            EXECUTE format('CREATE TABLE raw.%I (LIKE raw.%I INCLUDING ALL)', child, parent);
            EXECUTE format('ALTER TABLE raw.%I ATTACH PARTITION raw.%I FOR VALUES FROM (%L) TO (%L)',
                parent, child, month, month + interval '1 month');
        END LOOP;
    END LOOP;
END $$;
-- For retention, which may drop whole months of post snapshots and nothing else.
CREATE FUNCTION raw.post_snapshot_pieces() RETURNS TABLE (first timestamptz, until timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog SET timezone = 'UTC' AS $$
    SELECT month, month + interval '1 month'
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    CROSS JOIN LATERAL to_timestamp(right(relname, 7), 'YYYY_MM') month
    WHERE inhparent = 'raw.post_snapshot'::regclass ORDER BY month
$$;
CREATE FUNCTION raw.drop_post_snapshots(first timestamptz, until timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE
    month timestamptz;
BEGIN
    FOR month IN SELECT p.first FROM raw.post_snapshot_pieces() p
        WHERE p.first >= drop_post_snapshots.first AND p.until <= drop_post_snapshots.until LOOP
        EXECUTE format('DROP TABLE raw.%I', 'post_snapshot_' || to_char(month, 'YYYY_MM'));
    END LOOP;
END $$;
"""
_HYPERTABLES = """
SELECT public.create_hypertable('raw.post_snapshot', 'captured_at',
    chunk_time_interval => interval '1 month', create_default_indexes => false);
SELECT public.create_hypertable('raw.account_snapshot', 'captured_at',
    chunk_time_interval => interval '1 month', create_default_indexes => false);
CREATE FUNCTION raw.ensure_partitions(first timestamptz, last timestamptz) RETURNS void
    LANGUAGE sql AS 'SELECT';  -- TimescaleDB makes its chunks itself
CREATE FUNCTION raw.post_snapshot_pieces() RETURNS TABLE (first timestamptz, until timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT range_start, range_end FROM timescaledb_information.chunks
    WHERE hypertable_schema = 'raw' AND hypertable_name = 'post_snapshot' ORDER BY range_start
$$;
CREATE FUNCTION raw.drop_post_snapshots(first timestamptz, until timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM public.drop_chunks('raw.post_snapshot', older_than => until, newer_than => first);
END $$;
"""
_COMPRESSION = """
ALTER TABLE raw.post_snapshot SET (timescaledb.compress,
    timescaledb.compress_segmentby = 'workspace_id, account_id',
    timescaledb.compress_orderby = 'post_id, captured_at');
SELECT public.add_compression_policy('raw.post_snapshot', interval '60 days');
ALTER TABLE raw.account_snapshot SET (timescaledb.compress,
    timescaledb.compress_segmentby = 'workspace_id, account_id',
    timescaledb.compress_orderby = 'captured_at');
SELECT public.add_compression_policy('raw.account_snapshot', interval '60 days');
"""

_TENANT_TABLES = (
    "app.membership", "app.account", "app.job", "app.event", "app.import_file", "ml.training_run", "ml.best_time",
)  # fmt: skip
_RIGHTS = """
GRANT USAGE ON SCHEMA app TO clientnest_api, clientnest_dashboards, clientnest_worker, clientnest_etl, clientnest_dbt;
GRANT USAGE ON SCHEMA ml TO clientnest_api, clientnest_dashboards, clientnest_etl;
GRANT USAGE ON SCHEMA raw TO clientnest_etl, clientnest_dbt;

GRANT EXECUTE ON FUNCTION app.person_for_sign_in(text) TO clientnest_api, clientnest_dashboards;
GRANT SELECT ON app.workspace, app.membership, app.account, app.job, app.event, app.import_file,
    ml.training_run, ml.best_time TO clientnest_api, clientnest_dashboards;
GRANT SELECT (id, email, name, created_at) ON app.person TO clientnest_api, clientnest_dashboards;
GRANT INSERT ON app.job, app.event, app.import_file TO clientnest_api, clientnest_dashboards;
GRANT UPDATE (display_name, timezone) ON app.account TO clientnest_api;

GRANT SELECT ON app.workspace, app.account TO clientnest_etl, clientnest_dbt;
GRANT SELECT, INSERT, UPDATE ON app.account, app.job, app.import_file, ml.training_run TO clientnest_etl;
GRANT SELECT, INSERT, UPDATE, DELETE ON ml.best_time TO clientnest_etl;
GRANT INSERT, SELECT ON app.event TO clientnest_etl;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA raw TO clientnest_etl;
GRANT SELECT ON ALL TABLES IN SCHEMA raw TO clientnest_dbt;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA raw FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA raw TO clientnest_etl;
"""


def upgrade() -> None:
    connection = op.get_bind()
    licence = connection.exec_driver_sql(
        "SELECT current_setting('timescaledb.license', true) FROM pg_extension WHERE extname = 'timescaledb'"
    ).scalar()
    op.execute(_APP)
    op.execute(_ML)
    partitioned = "PARTITION BY RANGE (captured_at)" if licence is None else ""
    op.execute(_RAW.replace("{partitioned}", partitioned))
    op.execute(_NATIVE_PARTITIONS if licence is None else _HYPERTABLES)
    if licence == "timescale":
        op.execute(_COMPRESSION)
    op.execute(_RIGHTS)
    for table in _TENANT_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} TO clientnest_api, clientnest_dashboards, clientnest_worker "
            "USING (workspace_id = app.current_workspace()) WITH CHECK (workspace_id = app.current_workspace())"
        )
        op.execute(f"CREATE POLICY every_workspace ON {table} TO clientnest_etl USING (true) WITH CHECK (true)")
    op.execute("CREATE POLICY own ON app.membership FOR SELECT TO clientnest_api, clientnest_dashboards "
               "USING (person_id = app.current_person())")  # fmt: skip
    op.execute("CREATE POLICY dimensions ON app.account FOR SELECT TO clientnest_dbt USING (true)")
    op.execute("ALTER TABLE app.workspace ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY every_workspace ON app.workspace TO clientnest_etl, clientnest_dbt USING (true)")
    op.execute("CREATE POLICY tenant ON app.workspace TO clientnest_api, clientnest_dashboards, clientnest_worker "
               "USING (id = app.current_workspace() OR EXISTS (SELECT FROM app.membership m "
               "WHERE m.workspace_id = id AND m.person_id = app.current_person()))")  # fmt: skip
    op.execute("ALTER TABLE app.person ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY self ON app.person TO clientnest_api, clientnest_dashboards "
               "USING (id = app.current_person())")  # fmt: skip


def downgrade() -> None:
    raise NotImplementedError("The first migration has nothing to go back to; drop the database instead.")
