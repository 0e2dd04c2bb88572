"""What the predictor reads of the workspace, through its own scope: accounts and their past results."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import polars as pl
from sqlalchemy import Connection, text

from clientnest.errors import NotFound
from ml.features import as_posts, no_posts
from ml.features.history import HISTORY_POSTS

_ACCOUNTS = text("""
    SELECT a.id, a.network, coalesce(a.timezone, w.timezone) AS timezone
    FROM app.account a JOIN app.workspace w ON w.id = a.workspace_id WHERE a.id = ANY(:ids)
""")
_POSTS = text("""
    SELECT p.post_id::text, p.account_id::text, p.network, p.published_at, p.published_time_known AS time_known,
        p.post_type, p.captured_at,
        p.engagement::double precision AS engagement, p.engagement_24h, p.engagement_7d
    FROM unnest(CAST(:ids AS uuid[])) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT * FROM serve.post WHERE account_id = wanted.id AND published_at IS NOT NULL
        ORDER BY published_at DESC LIMIT :posts
    ) AS p
""")
_REASON = text("""
    SELECT reason FROM ml.training_run
    WHERE family = 'performance' AND metrics ->> 'target' = :target ORDER BY created_at DESC LIMIT 1
""")


@dataclass(frozen=True)
class Account:
    id: UUID
    network: str
    timezone: str


def read_accounts(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Account]:
    """The accounts of the connection's workspace; `NotFound` names one that it does not have."""
    rows = connection.execute(_ACCOUNTS, {"ids": list(ids)})
    found = {row.id: Account(row.id, row.network, row.timezone) for row in rows}
    for account_id in ids:
        if account_id not in found:
            raise NotFound(f"This workspace has no account {account_id}.", advice="Choose one of its accounts.")
    return found


def read_history(connection: Connection, accounts: Collection[Account]) -> pl.DataFrame:
    """Canonical posts: the last `HISTORY_POSTS` of each account, with their latest results."""
    ids = [str(account.id) for account in accounts]
    rows = connection.execute(_POSTS, {"ids": ids, "posts": HISTORY_POSTS}).fetchall()
    if not rows:
        return no_posts()
    zones = {str(account.id): account.timezone for account in accounts}
    frame = pl.DataFrame(
        [tuple(row) for row in rows], schema=list(rows[0]._fields), orient="row", infer_schema_length=None
    ).with_columns(pl.lit("").alias("text"), timezone=pl.col("account_id").replace_strict(zones))
    return as_posts(frame)


def last_reason(connection: Connection, target: str) -> str | None:
    """Why the last training of a target ended as it did."""
    found: str | None = connection.execute(_REASON, {"target": target}).scalar()
    return found
