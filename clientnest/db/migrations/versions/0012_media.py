"""Media: pictures and videos of posts, and the uploads that bring them.

Bytes lie in the store of media; rows say what there is. A file that no row names is removed, never the other way round.

Revision: 0012
Follows: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"

_TABLES = """
CREATE TABLE app.media (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('uploading', 'processing', 'ready', 'refused')),
    filename text NOT NULL CHECK (length(filename) BETWEEN 1 AND 200),
    alt_text text NOT NULL DEFAULT '' CHECK (length(alt_text) <= 5000),
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0), -- until it is ready: as announced
    kind text CHECK (kind IN ('image', 'video')),
    mime_type text,
    width integer,
    height integer, -- as shown, after any rotation
    duration_seconds double precision, -- of videos, and of images that move
    frame_rate double precision,
    video_codec text,
    audio_codec text, -- NULL: silent
    sha256 bytea CHECK (length(sha256) = 32),
    colour text CHECK (colour ~ '^#[0-9a-f]{6}$'), -- its average, to show before it has loaded
    stored uuid, -- names its files in the store
    notes text[] NOT NULL DEFAULT '{}', -- what was changed about it, in sentences
    problem text, -- why it was refused
    derived_from uuid,
    recipe jsonb, -- how it is made of that
    revision integer NOT NULL DEFAULT 1,
    created_by uuid REFERENCES app.person ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    state_since timestamptz NOT NULL DEFAULT now(),
    unused_since timestamptz DEFAULT now(), -- as seen by a daily look
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, derived_from) REFERENCES app.media (workspace_id, id)
        ON DELETE SET NULL (derived_from),
    CHECK ((state = 'refused') = (problem IS NOT NULL)),
    CHECK (state <> 'ready' OR (kind IS NOT NULL AND mime_type IS NOT NULL AND width > 0 AND height > 0
        AND sha256 IS NOT NULL AND stored IS NOT NULL))
);
CREATE INDEX media_source ON app.media (workspace_id, derived_from);
CREATE INDEX media_maker ON app.media (created_by);
CREATE INDEX media_unused ON app.media (unused_since);
CREATE INDEX media_order ON app.media (workspace_id, kind, id);

CREATE TABLE app.media_upload (
    workspace_id uuid NOT NULL,
    media_id uuid NOT NULL,
    length bigint NOT NULL CHECK (length > 0),
    received bigint NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND length),
    expires_at timestamptz NOT NULL,
    turn uuid, -- who writes at present: one at a time
    turn_until timestamptz, -- when they are taken for dead
    PRIMARY KEY (workspace_id, media_id),
    FOREIGN KEY (workspace_id, media_id) REFERENCES app.media ON DELETE CASCADE,
    CHECK ((turn IS NULL) = (turn_until IS NULL))
);
CREATE INDEX media_upload_expiry ON app.media_upload (expires_at);

-- A piece is noted once it lies in the store: what is noted can be read.
CREATE TABLE app.media_piece (
    workspace_id uuid NOT NULL,
    media_id uuid NOT NULL,
    start bigint NOT NULL,
    bytes bigint NOT NULL CHECK (bytes > 0),
    stored uuid NOT NULL,
    PRIMARY KEY (workspace_id, media_id, start),
    FOREIGN KEY (workspace_id, media_id) REFERENCES app.media_upload ON DELETE CASCADE
);

-- What a post shows cannot be removed; but a workspace goes with all it has, and what holds its media goes first.
ALTER TABLE app.variant_media ADD FOREIGN KEY (workspace_id) REFERENCES app.workspace ON DELETE CASCADE,
    ADD FOREIGN KEY (workspace_id, media_id) REFERENCES app.media;
ALTER TABLE app.post_media ADD FOREIGN KEY (workspace_id, media_id) REFERENCES app.media ON DELETE CASCADE;

-- Notes what any form of a post uses and what none does, of all workspaces; gives how many changed.
CREATE FUNCTION app.note_media_use() RETURNS integer
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH seen AS (
        SELECT m.workspace_id, m.id, EXISTS (SELECT FROM app.post_media v
            WHERE v.workspace_id = m.workspace_id AND v.media_id = m.id) AS used FROM app.media m
    ), changed AS (
        UPDATE app.media m SET unused_since = CASE WHEN NOT seen.used THEN now() END FROM seen
        WHERE m.workspace_id = seen.workspace_id AND m.id = seen.id AND seen.used = (m.unused_since IS NOT NULL)
        RETURNING 1
    )
    SELECT count(*)::integer FROM changed
$$;
REVOKE ALL ON FUNCTION app.note_media_use() FROM PUBLIC;

-- Uploads that expired, media long unused, and what was begun a day ago and is not finished, in all workspaces: the
-- worker learns where, and enters one at a time.
CREATE FUNCTION app.media_overdue(before timestamptz, most integer) RETURNS TABLE (workspace_id uuid, media_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    (SELECT u.workspace_id, u.media_id FROM app.media_upload u WHERE u.expires_at < now()
     ORDER BY u.expires_at LIMIT most)
    UNION ALL
    (SELECT m.workspace_id, m.id FROM app.media m WHERE m.unused_since < before AND m.state IN ('ready', 'refused')
     ORDER BY m.unused_since LIMIT most)
    UNION ALL
    (SELECT m.workspace_id, m.id FROM app.media m
     WHERE m.state = 'processing' AND m.state_since < now() - interval '1 day' LIMIT most)
$$;
REVOKE ALL ON FUNCTION app.media_overdue(timestamptz, integer) FROM PUBLIC;
"""

_FATE = (
    "state, state_since, filename, size_bytes, kind, mime_type, width, height, duration_seconds, frame_rate, "
    "video_codec, audio_codec, sha256, colour, stored, notes, problem"
)
_RIGHTS = f"""
GRANT SELECT, INSERT, UPDATE (state, state_since, filename, alt_text, revision), DELETE
    ON app.media TO clientnest_api;
GRANT SELECT, INSERT, UPDATE (received, expires_at, turn, turn_until), DELETE ON app.media_upload TO clientnest_api;
GRANT SELECT, INSERT ON app.media_piece TO clientnest_api;

GRANT SELECT, UPDATE ({_FATE}, unused_since), DELETE ON app.media TO clientnest_worker;
GRANT SELECT, DELETE ON app.media_upload, app.media_piece TO clientnest_worker;
GRANT EXECUTE ON FUNCTION app.media_overdue(timestamptz, integer), app.note_media_use() TO clientnest_worker;
"""

_POLICY = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON app.{table} TO clientnest_api, clientnest_worker
    USING (workspace_id = app.current_workspace()) WITH CHECK (workspace_id = app.current_workspace());
"""


def upgrade() -> None:
    op.execute(_TABLES)
    op.execute(_RIGHTS)
    for table in ("media", "media_upload", "media_piece"):
        op.execute(_POLICY.format(table=table))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
