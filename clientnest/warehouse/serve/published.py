"""What posts came to, by the day they were published: known from a single capture, unlike movement."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, cast, func, select
from sqlalchemy.types import Date

from clientnest.warehouse.serve import views
from clientnest.warehouse.serve.filters import Filters
from clientnest.warehouse.serve.query import read

PUBLISHED_METRICS = ("engagement", "views", "impressions", "comments", "shares", "clicks")


@dataclass(frozen=True, slots=True)
class PublishedDay:
    """Posts that an account published on one day of its zone; `metrics`: their totals as last captured, added up,
    None where none of them has the metric."""

    account_id: UUID
    day: date
    posts: int
    metrics: dict[str, int | None]


def published_daily(connection: Connection, filters: Filters) -> tuple[PublishedDay, ...]:
    """Days with at least one post, by account and day."""
    post = views.post.c
    day = cast(post.published_local, Date).label("day")
    statement = (
        select(post.account_id, day, func.count().label("posts"),
               *(func.sum(post[name]).label(name) for name in PUBLISHED_METRICS))
        .where(post.published_local.is_not(None), *filters.conditions())
        .group_by(post.account_id, day)
        .order_by(post.account_id, day)
    )  # fmt: skip
    return tuple(
        PublishedDay(
            row.account_id,
            row.day,
            row.posts,
            {name: None if getattr(row, name) is None else int(getattr(row, name)) for name in PUBLISHED_METRICS},
        )
        for row in read(connection, statement)
    )
