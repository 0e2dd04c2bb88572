"""How somebody wants to hear of things: for each workspace and category, in the app or not, and when by letter."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from clientnest.db.tables.identity import membership as membership_table
from clientnest.db.tables.identity import workspace as workspace_table
from clientnest.db.tables.notifications import notification_preference as preference_table
from clientnest.db.tables.notifications import notification_schedule as schedule_table
from clientnest.errors import BadInput
from clientnest.notifications.clock import next_digest
from clientnest.notifications.kinds import DEFAULTS, Category, Channels, Email
from clientnest.workspaces.revisions import stale
from clientnest.zones import zone

_DIGESTS = (Email.DAILY, Email.WEEKLY)


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose in one workspace: each category has its channels."""

    workspace_id: UUID
    categories: Mapping[Category, Channels]


@dataclass(frozen=True, slots=True)
class Preferences:
    """All that somebody chose. `timezone` is an IANA name, None for that of their first workspace."""

    timezone: str | None
    choices: Collection[Choice]
    revision: int = field(default=1)


def preferences(connection: Connection, person_id: UUID) -> Preferences:
    """What holds for each workspace that somebody belongs to: chosen, or the defaults. Needs them in the scope."""
    kept = connection.execute(select(schedule_table).where(schedule_table.c.person_id == person_id)).one_or_none()
    chosen = chosen_by(connection, person_id)
    choices = [
        Choice(one, {category: chosen.get((one, category), DEFAULTS[category]) for category in Category})
        for one in _workspaces(connection, person_id)
    ]
    return Preferences(kept.timezone if kept else None, choices, kept.revision if kept else 1)


def replace_preferences(
    connection: Connection, person_id: UUID, wanted: Preferences, *, now: datetime, revision: int | None = None
) -> Preferences:
    """Put what is wanted in the place of what was chosen; workspaces and categories that are not named go back to the
    defaults. `revision`: the one it was decided on; `Stale` (412) where there is a newer one."""
    if wanted.timezone is not None:
        zone(wanted.timezone, field="body.timezone")
    strangers = {choice.workspace_id for choice in wanted.choices} - set(_workspaces(connection, person_id))
    if strangers:
        raise BadInput(
            "You do not belong to a workspace that is named.", advice="GET /v1/workspaces lists those you belong to.",
            details={"field": "body.workspaces"},
        )  # fmt: skip
    _begin_change(connection, person_id, revision)
    connection.execute(delete(preference_table).where(preference_table.c.person_id == person_id))
    for choice in wanted.choices:
        for category, channels in choice.categories.items():
            _keep(connection, person_id, choice.workspace_id, category, channels)
    connection.execute(
        update(schedule_table).where(schedule_table.c.person_id == person_id).values(timezone=wanted.timezone)
    )
    _wake(connection, person_id, now)
    return preferences(connection, person_id)


def silence(
    connection: Connection, person_id: UUID, workspace_id: UUID | None, category: Category | None
) -> None:  # fmt: skip
    """No letters any more: of a category, of a workspace; of neither: no digests, whatever they hold."""
    if not _workspaces(connection, person_id):
        return  # they have left, or are gone
    _begin_change(connection, person_id, None)
    for choice in preferences(connection, person_id).choices:
        for one, channels in choice.categories.items():
            if workspace_id is None and category is None:
                meant = channels.email in _DIGESTS
            else:
                meant = workspace_id in {None, choice.workspace_id} and category in {None, one}
            if meant:
                silent = Channels(in_app=channels.in_app, email=Email.NEVER)
                _keep(connection, person_id, choice.workspace_id, one, silent)


def chosen_by(connection: Connection, person_id: UUID) -> dict[tuple[UUID, str], Channels]:
    """What somebody chose, by workspace and category; what is not here has its default."""
    columns = preference_table.c
    rows = connection.execute(select(preference_table).where(columns.person_id == person_id))
    return {(row.workspace_id, row.category): Channels(in_app=row.in_app, email=Email(row.email)) for row in rows}


def zone_of(connection: Connection, person_id: UUID, timezone: str | None) -> ZoneInfo:
    """Where somebody's mornings are: their own time zone, else that of the first workspace they joined, else UTC."""
    if timezone is None:
        timezone = connection.execute(
            select(workspace_table.c.timezone)
            .join(membership_table, membership_table.c.workspace_id == workspace_table.c.id)
            .where(membership_table.c.person_id == person_id)
            .order_by(workspace_table.c.is_demo, membership_table.c.created_at, workspace_table.c.id)
            .limit(1)
        ).scalar_one_or_none()
    try:
        return zone(timezone or "UTC")
    except BadInput:  # it was known when it was chosen
        return ZoneInfo("UTC")


def _workspaces(connection: Connection, person_id: UUID) -> list[UUID]:
    columns = membership_table.c
    rows = connection.execute(
        select(columns.workspace_id)
        .where(columns.person_id == person_id)
        .order_by(columns.created_at, columns.workspace_id)
    )
    return [row.workspace_id for row in rows]


def _begin_change(connection: Connection, person_id: UUID, revision: int | None) -> None:
    """One change after the other, each decided on what is there."""
    columns = schedule_table.c
    connection.execute(insert(schedule_table).values(person_id=person_id, revision=1).on_conflict_do_nothing())
    statement = update(schedule_table).where(columns.person_id == person_id)
    if revision is not None:
        statement = statement.where(columns.revision == revision)
    if not connection.execute(statement.values(revision=columns.revision + 1)).rowcount:
        raise stale("What you chose")


def _keep(
    connection: Connection, person_id: UUID, workspace_id: UUID, category: Category, channels: Channels
) -> None:  # fmt: skip
    values = {"in_app": channels.in_app, "email": channels.email.value}
    key = {"person_id": person_id, "workspace_id": workspace_id, "category": category.value}
    connection.execute(
        insert(preference_table).values(**key, **values)
        .on_conflict_do_update(index_elements=list(key), set_=values)
    )  # fmt: skip


def _wake(connection: Connection, person_id: UUID, now: datetime) -> None:
    """Look anew, at the next morning as it is from now on, at what waits."""
    kept = connection.execute(select(schedule_table).where(schedule_table.c.person_id == person_id)).one()
    if kept.digest_due_at is not None:
        zone = zone_of(connection, person_id, kept.timezone)
        connection.execute(
            update(schedule_table).where(schedule_table.c.person_id == person_id)
            .values(digest_due_at=next_digest(zone, now, sent_on=kept.digest_sent_on))
        )  # fmt: skip
