"""What went out in a period, by the results that were captured: posts written here or anywhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from weakref import WeakSet

from sqlalchemy import Connection, Engine, func, select, text

from clientnest.content.planned import EXCERPT, MOST_SHOWN, CalendarFilters, too_many
from clientnest.content.states import State
from clientnest.warehouse.serve import views
from clientnest.warehouse.serve.query import read
from clientnest.workspaces import Membership, Permission

_BUILT = text("SELECT coalesce(has_table_privilege(to_regclass('serve.post'), 'SELECT'), false)")
_with_results: WeakSet[Engine] = WeakSet()  # once built, they are there


@dataclass(frozen=True, slots=True)
class MeasuredPost:
    """A post as it was measured. `published_time_known` False: only the day is known, and midnight stands for it.
    `published_local`: on the clock of its account."""

    measured_id: UUID
    account_id: UUID
    network: str
    account_name: str
    published_at: datetime
    published_time_known: bool
    published_local: datetime
    title: str | None
    excerpt: str | None
    text_length: int | None
    url: str | None


def measured(
    connection: Connection, membership: Membership, starts_at: datetime, ends_at: datetime, filters: CalendarFilters
) -> Sequence[MeasuredPost]:
    """Measured posts in the order of time; none while results have not been built, for a program that may not see
    results, or where labels, campaigns or other states are asked for. `BadInput` for more than 10,000."""
    unmet = filters.labels or filters.campaigns or (filters.states and State.PUBLISHED not in filters.states)
    if unmet or (membership.key is not None and Permission.RESULTS_READ.value not in membership.key.scopes):
        return []
    if connection.engine not in _with_results:
        if not connection.execute(_BUILT).scalar_one():
            return []
        _with_results.add(connection.engine)
    post = views.post.c
    statement = select(
        post.post_id, post.account_id, post.network, post.account_name, post.published_at, post.published_time_known,
        post.published_local, post.title, func.left(post.text, EXCERPT), func.length(post.text), post.url,
    ).where(post.published_at >= starts_at, post.published_at < ends_at)  # fmt: skip
    if filters.accounts:
        statement = statement.where(post.account_id.in_(filters.accounts))
    if filters.networks:
        statement = statement.where(post.network.in_(filters.networks))
    rows = read(connection, statement.order_by(post.published_at, post.post_id).limit(MOST_SHOWN + 1))
    if len(rows) > MOST_SHOWN:
        raise too_many()
    return [MeasuredPost(*tuple(row)) for row in rows]
