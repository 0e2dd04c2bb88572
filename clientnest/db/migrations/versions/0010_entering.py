"""Entering a workspace takes one question; and what people do outside of one is counted, too.

Revision: 0010
Follows: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"

# Sets whose transaction it is, looks whether they belong to the workspace, and only then lets the transaction into it:
# in this order, which a single query would not promise. As its caller, whom row-level security still binds.
_ENTER = """
CREATE FUNCTION app.enter(person uuid, wanted uuid, current_session uuid)
    RETURNS TABLE (workspace app.workspace, role text, goes_on boolean)
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_catalog.set_config('clientnest.person_id', person::text, true);
    RETURN QUERY
        SELECT w, m.role, current_session IS NULL OR EXISTS (
            SELECT FROM app.auth_session AS s WHERE s.id = current_session AND s.person_id = person
                AND s.revoked_at IS NULL AND s.expires_at > pg_catalog.now())
        FROM app.membership AS m JOIN app.workspace AS w ON w.id = m.workspace_id
        WHERE m.person_id = person AND m.workspace_id = wanted;
    IF FOUND THEN
        PERFORM pg_catalog.set_config('clientnest.workspace_id', wanted::text, true);
    END IF;
END $$;
REVOKE ALL ON FUNCTION app.enter(uuid, uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.enter(uuid, uuid, uuid) TO clientnest_api, clientnest_dashboards;
"""

_EVENTS = """
ALTER TABLE app.product_event DROP CONSTRAINT product_event_pkey;
ALTER TABLE app.product_event ADD PRIMARY KEY (id);
ALTER TABLE app.product_event ALTER workspace_id DROP NOT NULL;
CREATE INDEX product_event_workspace ON app.product_event (workspace_id);
GRANT INSERT ON app.product_event TO clientnest_identity, clientnest_dashboards;
ALTER POLICY tenant ON app.product_event TO clientnest_api, clientnest_worker, clientnest_dashboards;
CREATE POLICY outside ON app.product_event FOR INSERT TO clientnest_identity WITH CHECK (workspace_id IS NULL);
"""


def upgrade() -> None:
    op.execute(_ENTER)
    op.execute(_EVENTS)


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
