"""What calendar programs read at the secret address of somebody's feed: what that person may see, and no more."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from clientnest import registry
from clientnest.content.planned import CalendarFilters, CalendarPost, CalendarVariant, planned
from clientnest.content.states import State
from clientnest.planning.feed import Entry
from clientnest.workspaces import Membership

BEHIND, AHEAD = timedelta(days=30), timedelta(days=365)
_LASTING = timedelta(minutes=15)
_TITLE = 80
_SETTLED = frozenset({State.SCHEDULED, State.PUBLISHING, State.PUBLISHED, State.UNCONFIRMED})


def entries(connection: Connection, membership: Membership, kept: Mapping[str, Any], now: datetime) -> Sequence[Entry]:
    """An entry for each variant from 30 days ago to a year ahead. `kept`: the filters of the feed, as it keeps them."""
    filters = CalendarFilters(accounts=tuple(UUID(one) for one in kept.get("accounts", ())))
    posts, _ = planned(connection, membership, now - BEHIND, now + AHEAD, filters)
    return [_entry(post, variant) for post in posts for variant in post.variants]


def _entry(post: CalendarPost, variant: CalendarVariant) -> Entry:
    state = State(variant.state)
    named = registry.network(variant.network).label
    said = post.title or " ".join(variant.excerpt.split()) or "Without words"
    cut = "…" if variant.text_length > len(variant.excerpt) else ""
    return Entry(
        uid=f"{variant.id}@clientnest",
        instant=variant.instant,
        duration=_LASTING,
        title=f"{named}: {said if len(said) <= _TITLE else said[: _TITLE - 1] + '…'}",
        last_modified=max(post.updated_at, variant.state_since),
        description=f"{variant.account_name} · {state.value.replace('_', ' ')}\n\n{variant.excerpt}{cut}",
        status="CANCELLED" if state is State.CANCELLED else "CONFIRMED" if state in _SETTLED else "TENTATIVE",
    )
