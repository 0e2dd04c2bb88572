"""Posts with their results: filtered, in any order, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from clientnest.errors import NotFound
from clientnest.warehouse.serve import cursor as cursors
from clientnest.warehouse.serve import views
from clientnest.warehouse.serve.catalogue import why_each_missing
from clientnest.warehouse.serve.filters import Filters
from clientnest.warehouse.serve.query import read

MOST_AT_ONCE = 200
_METRICS = views.ALL_POST_METRICS  # the last columns of the view as `views` lists it
_POSTS = select(*views.post.c)


class PostSort(StrEnum):
    """What posts can be ordered by. Posts without the value come last, whichever way."""

    PUBLISHED_AT = "published_at"
    ENGAGEMENT = "engagement"
    ENGAGEMENT_RATE_BY_IMPRESSIONS = "engagement_rate_by_impressions"
    ENGAGEMENT_RATE_BY_REACH = "engagement_rate_by_reach"
    ENGAGEMENT_24H = "engagement_24h"
    ENGAGEMENT_7D = "engagement_7d"
    IMPRESSIONS = "impressions"
    REACH = "reach"
    VIEWS = "views"
    VIDEO_VIEWS = "video_views"
    LIKES = "likes"
    COMMENTS = "comments"
    SHARES = "shares"
    SAVES = "saves"
    CLICKS = "clicks"
    LINK_CLICKS = "link_clicks"
    WATCH_TIME_SECONDS = "watch_time_seconds"


@dataclass(frozen=True, slots=True)
class PostResult:
    """One post and its totals when last captured.

    `metrics` holds every measure by name, None where there is no value; `missing` says why: each reason with the
    measures it holds for.
    `followers`: the account's when captured. `published_local` and `hour_of_week` (0 = Monday 00:00) are in the
    account's zone. `published_time_known` is False where only the day is known: midnight stands for it then.
    """

    post_id: UUID
    account_id: UUID
    account_name: str
    network: str
    external_id: str
    published_at: datetime | None
    published_time_known: bool
    published_local: datetime | None
    hour_of_week: int | None
    post_type: str | None
    title: str | None
    text: str | None
    url: str | None
    hashtags: tuple[str, ...]
    captured_at: datetime | None
    age_hours: float | None
    is_mature: bool
    followers: int | None
    flags: tuple[str, ...]
    metrics: dict[str, float | int | None]
    missing: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PostPage:
    """`next_cursor` is None on the last page."""

    items: tuple[PostResult, ...]
    next_cursor: str | None


def posts(
    connection: Connection,
    filters: Filters | None = None,
    *,
    sort: PostSort = PostSort.PUBLISHED_AT,
    descending: bool = True,
    limit: int = 50,
    cursor: str | None = None,
) -> PostPage:
    """One page of posts. Ties are broken by post id, so that no post is given twice or left out between pages."""
    filters = filters or Filters()
    belongs_to = cursors.fingerprint(sort.value, descending, filters)
    column = views.post.c[sort.value]
    post_id = views.post.c.post_id
    conditions = filters.conditions()
    if cursor is not None:
        conditions.append(
            _after(cursors.decode(cursor, belongs_to, instant=sort is PostSort.PUBLISHED_AT), column, descending)
        )
    order = (column.desc().nulls_last(), post_id.desc()) if descending else (column.asc().nulls_last(), post_id.asc())
    limit = max(1, min(limit, MOST_AT_ONCE))
    rows = read(connection, _POSTS.where(*conditions).order_by(*order).limit(limit + 1))
    page, last = rows[:limit], rows[min(limit, len(rows)) - 1] if rows else None
    more = len(rows) > limit and last is not None
    return PostPage(
        items=tuple(_post(row) for row in page),
        next_cursor=(
            cursors.encode(cursors.Cursor(getattr(last, sort.value), last.post_id), belongs_to)
            if more and last is not None
            else None
        ),
    )


def post(connection: Connection, post_id: UUID) -> PostResult:
    """One post of the workspace; `NotFound` otherwise."""
    rows = read(connection, _POSTS.where(views.post.c.post_id == post_id))
    if not rows:
        raise NotFound("There is no such post in this workspace.", advice="`…/insights/posts` lists those there are.")
    return _post(rows[0])


def _after(last: cursors.Cursor, column: ColumnElement[Any], descending: bool) -> ColumnElement[bool]:
    """Rows that come after the last one: by value, then by id, then those without a value."""
    post_id = views.post.c.post_id
    later = post_id < last.row_id if descending else post_id > last.row_id
    if last.value is None:
        return and_(column.is_(None), later)
    beyond = column < last.value if descending else column > last.value
    return or_(beyond, and_(column == last.value, later), column.is_(None))


def _post(row: Row[Any]) -> PostResult:
    metrics = dict(zip(_METRICS, row[-len(_METRICS) :], strict=True))
    unknown = tuple([name for name, value in metrics.items() if value is None])
    return PostResult(
        post_id=row.post_id,
        account_id=row.account_id,
        account_name=row.account_name,
        network=row.network,
        external_id=row.external_id,
        published_at=row.published_at,
        published_time_known=row.published_time_known,
        published_local=row.published_local,
        hour_of_week=row.hour_of_week,
        post_type=row.post_type,
        title=row.title,
        text=row.text,
        url=row.url,
        hashtags=tuple(row.hashtags or ()),
        captured_at=row.captured_at,
        age_hours=row.age_hours,
        is_mature=bool(row.is_mature),
        followers=row.followers,
        flags=tuple(row.flags or ()),
        metrics=metrics,
        missing=why_each_missing(unknown, row.network, row.captured_at.date() if row.captured_at else None),
    )
