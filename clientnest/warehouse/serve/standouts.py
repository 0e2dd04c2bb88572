"""Posts that did unlike their own account's usual: a comparison that holds across networks."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select

from clientnest.warehouse.serve import views
from clientnest.warehouse.serve.filters import Filters
from clientnest.warehouse.serve.query import read


@dataclass(frozen=True, slots=True)
class Standout:
    """`times_usual`: the post's engagement over `usual`, the median of its account's posts at least 7 days old."""

    post_id: UUID
    account_id: UUID
    account_name: str
    network: str
    post_type: str | None
    title: str | None
    text: str | None
    url: str | None
    published_local: datetime | None
    engagement: int
    usual: float
    times_usual: float


def standouts(connection: Connection, filters: Filters, *, limit: int = 5) -> tuple[Standout, ...]:
    """The posts furthest above their account's usual engagement. Accounts without mature posts have no usual."""
    post = views.post.c
    usual = (
        select(post.account_id, func.percentile_cont(0.5).within_group(post.engagement).label("usual"))
        .where(post.is_mature, post.engagement.is_not(None))
        .group_by(post.account_id)
        .cte("usual")
    )
    times = post.engagement / usual.c.usual
    statement = (
        select(
            post.post_id, post.account_id, post.account_name, post.network, post.post_type, post.title, post.text,
            post.url, post.published_local, post.engagement, usual.c.usual, times.label("times_usual"),
        )
        .join_from(views.post, usual, usual.c.account_id == post.account_id)
        .where(usual.c.usual > 0, post.engagement.is_not(None), *filters.conditions())
        .order_by(times.desc(), post.post_id)
        .limit(limit)
    )  # fmt: skip
    return tuple(Standout(**row._mapping) for row in read(connection, statement))
