"""What is posted: hashtags and types of content beside the account's own middle."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from clientnest.warehouse.serve import views
from clientnest.warehouse.serve.query import read


@dataclass(frozen=True, slots=True)
class HashtagEffect:
    """Posts of an account that carry a hashtag, beside all of its posts. An association, not a cause."""

    account_id: UUID
    hashtag: str
    posts: int
    median_engagement: float | None
    account_median_engagement: float | None


@dataclass(frozen=True, slots=True)
class ContentType:
    """Posts of an account of one type, beside all of its posts."""

    account_id: UUID
    post_type: str
    posts: int
    median_engagement: float | None
    mean_log_engagement: float | None
    account_median_engagement: float | None


def hashtags(
    connection: Connection, account_ids: tuple[UUID, ...] = (), *, at_least: int = 3, limit: int = 200
) -> tuple[HashtagEffect, ...]:
    """Hashtags on at least `at_least` posts of an account, the most used first."""
    view = views.hashtag
    statement = (
        select(*view.c)
        .where(view.c.posts >= at_least)
        .order_by(view.c.posts.desc(), view.c.hashtag, view.c.account_id)
        .limit(limit)
    )
    if account_ids:
        statement = statement.where(view.c.account_id.in_(account_ids))
    return tuple(
        HashtagEffect(row.account_id, row.hashtag, row.posts, row.median_engagement, row.account_median_engagement)
        for row in read(connection, statement)
    )


def content_types(connection: Connection, account_ids: tuple[UUID, ...] = ()) -> tuple[ContentType, ...]:
    """Types of content of accounts (all, where none is named), the most used first."""
    view = views.content_type
    statement = select(*view.c).order_by(view.c.account_id, view.c.posts.desc(), view.c.post_type)
    if account_ids:
        statement = statement.where(view.c.account_id.in_(account_ids))
    return tuple(
        ContentType(
            row.account_id, row.post_type, row.posts, row.median_engagement, row.mean_log_engagement,
            row.account_median_engagement,
        )
        for row in read(connection, statement)
    )  # fmt: skip
