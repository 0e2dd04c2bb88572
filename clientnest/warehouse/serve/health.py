"""How good the data is: what was captured, from where, how lately, and what is odd in it."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import Connection, select

from clientnest.warehouse.serve import views
from clientnest.warehouse.serve.query import read


@dataclass(frozen=True, slots=True)
class Coverage:
    """`reported_share`: the part of the account's posts whose value is known (0 to 1).

    `expected`: the catalogue says that the network reports it.
    """

    metric: str
    reported_share: float
    expected: bool


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """What one source gave for one account."""

    account_id: UUID
    network: str
    source: str
    last_captured_at: datetime | None
    last_loaded_at: datetime | None
    posts: int
    snapshots: int
    flagged_negative: int
    flagged_rate_above_100: int
    coverage: tuple[Coverage, ...]


def data_health(connection: Connection) -> tuple[SourceHealth, ...]:
    """One entry per account and source, with the coverage of every metric."""
    view = views.data_health
    rows = read(connection, select(*view.c).order_by(view.c.account_id, view.c.source, view.c.metric))
    found = []
    for _, group in groupby(rows, key=lambda row: (row.account_id, row.source)):
        entries = list(group)
        first = entries[0]
        found.append(
            SourceHealth(
                first.account_id, first.network, first.source, first.last_captured_at, first.last_loaded_at,
                first.posts, first.snapshots, first.flagged_negative, first.flagged_rate_above_100,
                tuple(Coverage(row.metric, row.reported_share or 0.0, row.expected) for row in entries if row.metric),
            )
        )  # fmt: skip
    return tuple(found)
