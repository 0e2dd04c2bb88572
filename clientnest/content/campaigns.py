"""Campaigns: what posts belong together for a while. For the role `api`."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select, update

from clientnest.content import reading
from clientnest.content.naming import MOST, full, named, once
from clientnest.db import session
from clientnest.db.tables.content import campaign as campaign_table
from clientnest.db.tables.content import post as post_table
from clientnest.errors import BadInput, NotFound
from clientnest.ids import new_id
from clientnest.workspaces import Membership
from clientnest.workspaces.revisions import stale

LONGEST_NAME = 120
_c, _p = campaign_table.c, post_table.c


@dataclass(frozen=True, slots=True)
class Campaign:
    """Both its days belong to it; None: it is open on that side. `posts`: how many that the member sees are of it,
    without the trash."""

    id: UUID
    name: str
    starts_on: date | None
    ends_on: date | None
    posts: int
    revision: int
    created_by: UUID | None
    created_at: datetime


class CampaignFields(TypedDict, total=False):
    """What of a campaign can be changed."""

    name: str
    starts_on: date | None
    ends_on: date | None


def campaigns(connection: Connection, membership: Membership) -> list[Campaign]:
    """All of them: the latest to begin first, those without a first day before the others."""
    rows = connection.execute(
        _campaigns(membership).order_by(_c.starts_on.desc().nulls_first(), func.lower(_c.name), _c.id)
    )
    return [Campaign(**row._mapping) for row in rows]


def campaign(connection: Connection, membership: Membership, campaign_id: UUID) -> Campaign:
    """One campaign; `NotFound` where the workspace has none of that id."""
    row = connection.execute(_campaigns(membership).where(_c.id == campaign_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such campaign.", advice="GET …/campaigns lists those there are.")
    return Campaign(**row._mapping)


def create(
    connection: Connection, membership: Membership, name: str, starts_on: date | None = None,
    ends_on: date | None = None,
) -> Campaign:  # fmt: skip
    """A new campaign. `Conflict` where the workspace has one of that name, or 500."""
    workspace_id, campaign_id = membership.workspace.id, new_id()
    session.in_turn(connection, f"{workspace_id}/campaigns")
    there = select(func.count()).where(_c.workspace_id == workspace_id)
    if connection.execute(there).scalar_one() >= MOST:
        raise full("campaign")
    _check_days(starts_on, ends_on)
    values = {"workspace_id": workspace_id, "id": campaign_id, "name": named(name, LONGEST_NAME),
              "starts_on": starts_on, "ends_on": ends_on, "created_by": membership.person_id}  # fmt: skip
    with once(connection, "campaign"):
        connection.execute(insert(campaign_table).values(values))
    return campaign(connection, membership, campaign_id)


def change(
    connection: Connection, membership: Membership, campaign_id: UUID, *, revision: int | None = None,
    **given: Unpack[CampaignFields],
) -> Campaign:  # fmt: skip
    """Change what is given. `revision`: the one the change was decided on; `Stale` (412) where there is a newer one."""
    connection.execute(select(_c.id).where(*_named(membership, campaign_id)).with_for_update())
    before = campaign(connection, membership, campaign_id)
    if revision is not None and before.revision != revision:
        raise stale("The campaign")
    _check_days(given.get("starts_on", before.starts_on), given.get("ends_on", before.ends_on))
    values: dict[str, Any] = {**given, "revision": _c.revision + 1}
    if "name" in given:
        values["name"] = named(given["name"], LONGEST_NAME)
    with once(connection, "campaign"):
        connection.execute(update(campaign_table).where(*_named(membership, campaign_id)).values(values))
    return campaign(connection, membership, campaign_id)


def remove(connection: Connection, membership: Membership, campaign_id: UUID) -> Campaign:
    """Remove a campaign; gives it as it was. Its posts stay, and belong to none."""
    gone = campaign(connection, membership, campaign_id)
    connection.execute(delete(campaign_table).where(*_named(membership, campaign_id)))
    return gone


def _check_days(starts_on: date | None, ends_on: date | None) -> None:
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        raise BadInput(
            f"The campaign would end on {ends_on}, before it begins on {starts_on}.",
            advice="Give a last day that is not before the first.", details={"field": "body.ends_on"},
        )  # fmt: skip


def _named(membership: Membership, campaign_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (_c.workspace_id == membership.workspace.id, _c.id == campaign_id)


def _campaigns(membership: Membership) -> Select[Any]:
    counted = (
        select(_p.campaign_id, func.count().label("posts"))
        .where(_p.campaign_id.is_not(None), *reading.visible(membership))
        .group_by(_p.campaign_id).subquery()
    )  # fmt: skip
    posts = func.coalesce(counted.c.posts, 0).label("posts")
    return (
        select(*(posts if name == "posts" else _c[name] for name in Campaign.__dataclass_fields__))
        .join(counted, counted.c.campaign_id == _c.id, isouter=True)
        .where(_c.workspace_id == membership.workspace.id)
    )
