"""Reminders of what has waited for a day: each day again, five times at most, and never at night."""

from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from clientnest.db.tables.approvals import review_reminder as reminder_table
from clientnest.db.tables.notifications import notification_schedule as schedule_table
from clientnest.events import tell
from clientnest.notifications.preferences import zone_of
from clientnest.notifications.scope import on_behalf_of

PATIENCE = timedelta(hours=24)
MOST = 5
_MORNING, _EVENING = 8, 20
_c = reminder_table.c
_DUE = text("""
    SELECT r.id, r.post_id, r.level, a.person_id, coalesce(m.times, 0) AS times
    FROM app.review r
    CROSS JOIN LATERAL app.people_to_ask(r.workspace_id, r.id) AS a(person_id)
    LEFT JOIN app.review_reminder m ON m.workspace_id = r.workspace_id AND m.review_id = r.id AND m.level = r.level
        AND m.person_id = a.person_id
    WHERE r.workspace_id = :workspace AND r.closed_at IS NULL AND r.level_since <= :before
        AND coalesce(m.times, 0) < :most AND (m.last_at IS NULL OR m.last_at <= :before)
""")


def remind(connection: Connection, workspace_id: UUID, now: datetime) -> int:
    """Remind, in one workspace, whoever has been asked for a day and does not sleep; gives how many were. Who is away
    is not: their delegate is. Needs the role `worker` inside the workspace."""
    due = connection.execute(_DUE, {"workspace": workspace_id, "before": now - PATIENCE, "most": MOST}).all()
    awake = {person: _is_day(connection, person, now) for person in {row.person_id for row in due}}
    people: dict[UUID, set[UUID]] = defaultdict(set)
    reviews: dict[UUID, set[UUID]] = defaultdict(set)
    for row in due:
        if not awake[row.person_id]:
            continue
        key = {"workspace_id": workspace_id, "review_id": row.id, "level": row.level, "person_id": row.person_id}
        values = {"times": row.times + 1, "last_at": now}
        connection.execute(
            insert(reminder_table).values(**key, **values).on_conflict_do_update(index_elements=list(key), set_=values)
        )
        people[row.post_id].add(row.person_id)
        reviews[row.post_id].add(row.id)
    for post_id, meant in people.items():
        ids = {"people": sorted(map(str, meant)), "review_ids": sorted(map(str, reviews[post_id]))}
        tell(connection, workspace_id, "post.review_reminded", post_id, {"post_id": str(post_id), **ids})
    return len({person for meant in people.values() for person in meant})


def _is_day(connection: Connection, person_id: UUID, now: datetime) -> bool:
    columns = schedule_table.c
    with on_behalf_of(connection, person_id):
        chosen = connection.execute(
            select(columns.timezone).where(columns.person_id == person_id)
        ).scalar_one_or_none()  # fmt: skip
        zone = zone_of(connection, person_id, chosen)
    return _MORNING <= now.astimezone(zone).hour < _EVENING
