"""Events of a workspace have an order: the one in which they were committed.

Revision: 0006
Follows: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"

# Whoever follows events asks for those after the last one they saw. Ids are given out long before they are committed,
# so one could appear behind an id already seen, and be passed over. The place in the order is taken at the commit, when
# a workspace's events wait for one another for no longer than that takes.
_ORDER = """
ALTER TABLE app.event ADD sequence bigint;
UPDATE app.event SET sequence = id;
CREATE SEQUENCE app.event_sequence;
SELECT setval('app.event_sequence', (SELECT coalesce(max(id), 0) + 1 FROM app.event), false);
CREATE UNIQUE INDEX event_order ON app.event (workspace_id, sequence);
CREATE FUNCTION app.order_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('event ' || NEW.workspace_id::text, 0));
    UPDATE app.event SET sequence = nextval('app.event_sequence')
        WHERE workspace_id = NEW.workspace_id AND id = NEW.id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER event_in_order AFTER INSERT ON app.event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.order_event();
"""


def upgrade() -> None:
    op.execute(_ORDER)


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
