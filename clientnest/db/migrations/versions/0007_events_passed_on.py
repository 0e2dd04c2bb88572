"""Events reach those who are not looking on: each one is a task of the worker, added where it happened.

Revision: 0007
Follows: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"

# Here and not where events are told, because some are told through connections that the queue's own library cannot use.
# How a job gets on is left out: it is told many times a minute, to those who look on.
_PASSED_ON = """
CREATE FUNCTION app.pass_event_on() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM queue.procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'events.pass_on', 0, NULL, NULL,
        jsonb_build_object('workspace_id', NEW.workspace_id, 'event_id', NEW.id), NULL
    )::queue.procrastinate_job_to_defer_v1]);
    RETURN NULL;
END $$;
CREATE TRIGGER event_passed_on AFTER INSERT ON app.event
    FOR EACH ROW WHEN (NEW.kind NOT IN ('job.claimed', 'job.progress')) EXECUTE FUNCTION app.pass_event_on();
GRANT SELECT ON app.event TO clientnest_worker;
"""


def upgrade() -> None:
    op.execute(_PASSED_ON)


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
