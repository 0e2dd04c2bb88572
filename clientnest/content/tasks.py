"""What happens to posts without anybody asking: the trash is emptied, and schedules follow the zones' new rules."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from clientnest.audit import SYSTEM
from clientnest.content import recurring
from clientnest.content.replanning import follow_zones
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.tasks.forgetting import in_short_transactions
from clientnest.tasks.queue import app
from clientnest.workspaces.access import nobody_in
from clientnest.zones import VERSION

KEPT_IN_TRASH = timedelta(days=30)
_AT_ONCE = 1_000
_MADE_ANEW_AFTER = timedelta(days=1)


@app.periodic(cron="23 3 * * *")
@app.task(name="content.empty_trash", queueing_lock="content.empty_trash", lock="content.empty_trash")
def empty_trash(timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Delete what has lain in the trash for 30 days, but for what a network has."""
    in_short_transactions("app.empty_trash", before=datetime.now(UTC) - KEPT_IN_TRASH, most=_AT_ONCE)


@app.periodic(cron="*/10 * * * *")
@app.task(name="content.follow_zones", queueing_lock="content.follow_zones", lock="content.follow_zones")
def follow_zones_everywhere(timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """After an upgrade that brought other zone data, resolve schedules still to come anew: each workspace by itself."""
    with session.tenant(Role.WORKER) as connection:
        found = connection.execute(text("SELECT app.planned_with_other_zones(:version)"), {"version": VERSION})
        workspaces: list[UUID] = list(found.scalars())
    for workspace_id in workspaces:
        with session.tenant(Role.WORKER, workspace_id=workspace_id) as connection:
            follow_zones(connection, workspace_id, datetime.now(UTC))


@app.periodic(cron="11 * * * *")
@app.task(name="content.come_again", queueing_lock="content.come_again", lock="content.come_again")
def come_again(timestamp: int) -> None:  # noqa: ARG001 - the library gives it
    """Make the posts of recurrences for another day, each recurrence by itself; as people do, by the API's role."""
    now = datetime.now(UTC)
    with session.tenant(Role.WORKER) as connection:
        due = connection.execute(
            text("SELECT workspace_id, recurrence_id FROM app.recurrences_due(:until, :most)"),
            {"until": now + recurring.AHEAD - _MADE_ANEW_AFTER, "most": _AT_ONCE},
        ).all()
    for row in due:
        with session.tenant(Role.API, workspace_id=row.workspace_id) as connection:
            recurring.make(connection, nobody_in(connection, row.workspace_id), row.recurrence_id, SYSTEM, now)
