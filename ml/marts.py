"""What learning reads (marts) and leaves for the product (`ml.training_run`, `ml.best_time`)."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from clientnest.ids import new_id
from ml.features import as_posts
from ml.features.frame import INSTANT

TRAINING_POSTS = 300_000  # the latest of a workspace; bounds the memory and the time of a training

# Microseconds since 1970 keep instants exact through CSV; a repost's results belong to somebody else's post.
_POSTS = """
COPY (
    SELECT p.post_id, p.account_id, p.network, a.timezone, p.post_type, p.text, p.title, p.has_link,
        (extract(epoch FROM p.published_at) * 1000000)::bigint AS published_at, p.published_time_known AS time_known,
        (extract(epoch FROM r.captured_at) * 1000000)::bigint AS captured_at,
        r.engagement, r.engagement_24h, r.engagement_7d
    FROM marts.dim_post p
    JOIN marts.fct_post_performance r USING (workspace_id, post_id)
    JOIN marts.dim_account a ON a.workspace_id = p.workspace_id AND a.account_id = p.account_id
    WHERE p.workspace_id = %(workspace)s AND p.published_at IS NOT NULL AND NOT p.is_repost
    ORDER BY p.published_at DESC, p.post_id DESC
    LIMIT %(limit)s
) TO STDOUT (FORMAT csv, HEADER)
"""
_SCHEMA = {
    "post_id": pl.String, "account_id": pl.String, "network": pl.String, "timezone": pl.String, "post_type": pl.String,
    "text": pl.String, "title": pl.String, "has_link": pl.String, "published_at": pl.Int64, "time_known": pl.String,
    "captured_at": pl.Int64, "engagement": pl.Float64, "engagement_24h": pl.Float64,
    "engagement_7d": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True)
class TrainingRow:
    """A row of `ml.training_run`; `metrics`, `baselines` and `comparison` are JSON-able figures by name."""

    family: str
    outcome: str
    reason: str
    posts: int
    data_from: datetime | None
    data_to: datetime | None
    model_name: str | None = None
    model_version: str | None = None
    mlflow_run_id: str | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    baselines: Mapping[str, Any] = field(default_factory=dict)
    comparison: Mapping[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=new_id)


def read_posts(connection: Connection, workspace_id: UUID) -> pl.DataFrame:
    """The latest `TRAINING_POSTS` posts of a workspace as canonical posts (role etl)."""
    with tempfile.TemporaryFile() as file:
        with connection.cursor() as cursor:
            query = cursor.mogrify(_POSTS, {"workspace": str(workspace_id), "limit": TRAINING_POSTS}).decode()
            cursor.copy_expert(query, file)
        file.seek(0)
        read = pl.read_csv(file, schema=_SCHEMA)
    instants = [pl.from_epoch(name, time_unit="us").cast(INSTANT) for name in ("published_at", "captured_at")]
    return as_posts(read.with_columns(*instants, pl.col("has_link", "time_known") == "t"))


def is_demo(connection: Connection, workspace_id: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_demo FROM app.workspace WHERE id = %s", (str(workspace_id),))
        row = cursor.fetchone()
    return bool(row and row[0])


def write_training(
    connection: Connection, workspace_id: UUID, rows: list[TrainingRow], times: pl.DataFrame, times_run: UUID
) -> None:
    """Record trainings, oldest first, and replace the workspace's best times, in the caller's transaction.

    times: `BestTimes.table` (no rows: the workspace has none now), learned by the training `times_run`.
    """
    with connection.cursor() as cursor:
        for row in rows:
            cursor.execute(
                "INSERT INTO ml.training_run (workspace_id, id, family, outcome, reason, model_name, model_version, "
                "mlflow_run_id, metrics, baselines, comparison, posts, data_from, data_to, created_at) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())",
                (
                    str(workspace_id), str(row.id), row.family, row.outcome, row.reason, row.model_name,
                    row.model_version, row.mlflow_run_id, json.dumps(row.metrics), json.dumps(row.baselines),
                    json.dumps(row.comparison), row.posts, row.data_from, row.data_to,
                ),
            )  # fmt: skip
        cursor.execute("DELETE FROM ml.best_time WHERE workspace_id = %s", (str(workspace_id),))
        # An account that was removed while its hours were learned has no best times.
        cursor.execute("SELECT id::text FROM app.account WHERE workspace_id = %s FOR KEY SHARE", (str(workspace_id),))
        accounts = {account for (account,) in cursor.fetchall()}
        execute_values(
            cursor,
            "INSERT INTO ml.best_time (workspace_id, account_id, hour_of_week, uplift, uplift_low, uplift_high, posts, "
            "training_run_id) VALUES %s",
            [
                (str(workspace_id), account, hour, uplift, low, high, posts, str(times_run))
                for account, hour, uplift, low, high, posts in times.select(
                    "account_id", "hour_of_week", "uplift", "uplift_low", "uplift_high", "posts"
                ).iter_rows()
                if account in accounts
            ],
            page_size=5_000,
        )
