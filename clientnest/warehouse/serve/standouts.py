"""Posts that did unlike their own account's usual: a comparison that holds across networks."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

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
    published_time_known: bool
    engagement: int
    usual: float
    times_usual: float


def standouts(connection: Connection, filters: Filters, *, limit: int = 5) -> tuple[Standout, ...]:
    """The posts furthest above their account's usual engagement. Accounts without mature posts have no usual."""
    post, type_of = views.post.c, views.content_type.c
    # The account's median stands beside each of its types: computed once per build, not over all posts at each look.
    usual = select(type_of.account_id, type_of.account_median_engagement.label("usual")).distinct().cte("usual")
    times = post.engagement / usual.c.usual
    statement = (
        select(
            post.post_id, post.account_id, post.account_name, post.network, post.post_type, post.title, post.text,
            post.url, post.published_local, post.published_time_known, post.engagement, usual.c.usual,
            times.label("times_usual"),
        )
        .join_from(views.post, usual, usual.c.account_id == post.account_id)
        .where(usual.c.usual > 0, post.engagement.is_not(None), *filters.conditions())
        .order_by(times.desc(), post.post_id)
        .limit(limit)
    )  # fmt: skip
    return tuple(Standout(**row._mapping) for row in read(connection, statement))
