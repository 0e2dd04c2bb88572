"""What somebody with a client's link is shown: what waits to be approved of one post, and what they said of it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from clientnest.approvals import reading as rounds
from clientnest.approvals.links import OpenedLink
from clientnest.approvals.model import Round, Verdict
from clientnest.content import reading
from clientnest.content.model import Variant
from clientnest.content.states import State
from clientnest.db.tables.approvals import review as review_table
from clientnest.db.tables.approvals import review_decision as decision_table
from clientnest.db.tables.content import post_variant as variant_table
from clientnest.db.tables.media import media as media_table
from clientnest.media.model import Media, MediaState
from clientnest.media.reading import COLUMNS, media_of
from clientnest.workspaces import Membership

_r, _d, _v, _m = review_table.c, decision_table.c, variant_table.c, media_table.c


@dataclass(frozen=True, slots=True)
class ToDecide:
    """A variant in review, and its open round. `yours`: whether the client is asked now, or others first."""

    variant: Variant
    round: Round
    yours: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What was decided by a link."""

    account_id: UUID
    verdict: Verdict
    comment: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ForClient:
    """All that a link shows. `media`: by id, those of the variants that can be seen. `said`: the latest first."""

    workspace_name: str
    items: tuple[ToDecide, ...]
    media: Mapping[UUID, Media]
    said: tuple[Said, ...]


def for_client(connection: Connection, client: Membership, opened: OpenedLink) -> ForClient:
    """What waits of the post that the link is for. `client`: as `links.as_client` has it."""
    post = reading.by_id(connection, client, [opened.post_id]).get(opened.post_id)
    found = [] if post is None else rounds.of_post(connection, client, post)
    variants = {one.id: one for one in (post.variants if post else ()) if one.state is State.IN_REVIEW}
    items = tuple(
        ToDecide(variants[one.variant_id], one, one.waiting.client_by_link)
        for one in found if one.waiting is not None and one.variant_id in variants
    )  # fmt: skip
    shown = {media_id for one in items for media_id in one.variant.content.media_ids}
    media = _media(connection, opened.workspace_id, shown)
    return ForClient(client.workspace.name, items, media, tuple(_said(connection, opened)))


def _said(connection: Connection, opened: OpenedLink) -> Iterator[Said]:
    for row in connection.execute(
        select(_v.account_id, _d.verdict, _d.comment, _d.at)
        .join_from(decision_table, review_table, (_r.workspace_id == _d.workspace_id) & (_r.id == _d.review_id))
        .join(variant_table, (_v.workspace_id == _r.workspace_id) & (_v.id == _r.variant_id))
        .where(_d.workspace_id == opened.workspace_id, _d.link_id == opened.id).order_by(_d.at.desc(), _v.account_id)
    ):  # fmt: skip
        yield Said(row.account_id, Verdict(row.verdict), row.comment, row.at)


def _media(connection: Connection, workspace_id: UUID, media_ids: Collection[UUID]) -> dict[UUID, Media]:
    ready = (_m.workspace_id == workspace_id, _m.id.in_(media_ids), _m.state == MediaState.READY.value)
    rows = connection.execute(select(*COLUMNS).where(*ready))
    return {row.id: media_of(row) for row in rows}
