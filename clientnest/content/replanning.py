"""A schedule is a wall-clock time: where a zone's rules changed, the instant follows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, select, update

from clientnest import audit
from clientnest.audit import SYSTEM, Action, Change
from clientnest.content.states import OUT_OF_HAND
from clientnest.db.tables.content import post_variant as variant_table
from clientnest.events import tell
from clientnest.planning.wall_clock import Kept, reresolve
from clientnest.zones import VERSION

_c = variant_table.c


def follow_zones(connection: Connection, workspace_id: UUID, now: datetime) -> int:
    """Resolve a workspace's schedules still to come with the present zone data; gives how many moved.

    What took a slot of a queue keeps its time, and the slot is looked for no more: the slot itself has moved, too.
    """
    rows = connection.execute(
        select(_c.id, _c.post_id, _c.local_time, _c.timezone, _c.fold, _c.tz_version, _c.scheduled_at)
        .where(_c.workspace_id == workspace_id, _c.scheduled_at > now, _c.tz_version != VERSION,
               _c.state.not_in([state.value for state in OUT_OF_HAND]))
        .with_for_update()
    ).all()  # fmt: skip
    posts = {row.id: row.post_id for row in rows}
    found = reresolve(
        (Kept(row.id, row.local_time, row.timezone, row.fold, row.tz_version, row.scheduled_at) for row in rows),
        now=now,
    )
    for old, resolution in found.moved:
        values = {"scheduled_at": resolution.instant, "slot_at": None, "tz_version": VERSION}
        connection.execute(update(variant_table).where(*_named(workspace_id, old.id)).values(values))
        audit.record(
            connection, Action.POST_MOVED_WITH_ZONE, actor=SYSTEM, workspace_id=workspace_id, object_type="post",
            object_id=posts[old.id], changes={
                "instant": Change(old.instant, resolution.instant), "timezone": Change(after=old.timezone),
                "tz_version": Change(old.tz_version, VERSION),
            },
        )  # fmt: skip
        tell(connection, workspace_id, "post.rescheduled", posts[old.id], {"reason": "zone_rules"})
    same = [one.id for one in found.same]
    connection.execute(
        update(variant_table).where(_c.workspace_id == workspace_id, _c.id.in_(same)).values(tz_version=VERSION)
    )
    return len(found.moved)


def _named(workspace_id: UUID, variant_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (_c.workspace_id == workspace_id, _c.id == variant_id)
