"""What was captured: posts, and wide typed snapshots whose metric columns come from the catalogue."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Identity, Integer, Table

from clientnest.db.tables.base import instant, metadata, of, text, uuid
from clientnest.metrics import Grain, columns, sql_type

POST_ATTRIBUTES = ("published_at", "post_type", "title", "text", "url", "link_url", "duration_seconds")
"""What captures may say about a post; beside each is when it was last said, in a column named `<attribute>_seen`."""


def _metrics(grain: Grain) -> "list[Column[Any]]":
    return [
        of(name, BigInteger() if sql_type(name) == "bigint" else Float(53), nullable=True) for name in columns(grain)
    ]


load = Table(
    "load", metadata,
    uuid("workspace_id", primary_key=True),
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("source"), uuid("import_file_id", nullable=True), text("run_id", nullable=True),
    instant("captured_from", nullable=True), instant("captured_to", nullable=True), of("posts", Integer()),
    of("snapshots", Integer()), instant("loaded_at"), schema="raw",
)  # fmt: skip

post = Table(
    "post", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), uuid("account_id"), text("network"),
    text("external_id"), instant("published_at", nullable=True), of("published_time_known", Boolean()),
    text("post_type", nullable=True), text("title", nullable=True), text("text", nullable=True),
    text("url", nullable=True), text("link_url", nullable=True),
    of("duration_seconds", Float(53), nullable=True), of("is_repost", Boolean()),
    instant("captured_at"), *(instant(f"{name}_seen", nullable=True) for name in POST_ATTRIBUTES),
    of("load_id", BigInteger()), schema="raw",
)  # fmt: skip


def _post_snapshot(name: str) -> Table:
    return Table(
        name, metadata,
        uuid("workspace_id", primary_key=True), uuid("account_id", primary_key=True), uuid("post_id", primary_key=True),
        instant("captured_at", primary_key=True), text("source"), of("load_id", BigInteger()), *_metrics(Grain.POST),
        schema="raw",
    )  # fmt: skip


post_snapshot = _post_snapshot("post_snapshot")
post_snapshot_kept = _post_snapshot("post_snapshot_kept")

account_snapshot = Table(
    "account_snapshot", metadata,
    uuid("workspace_id", primary_key=True), uuid("account_id", primary_key=True),
    instant("captured_at", primary_key=True), text("source"), of("load_id", BigInteger()), *_metrics(Grain.ACCOUNT),
    schema="raw",
)  # fmt: skip

account_period = Table(
    "account_period", metadata,
    uuid("workspace_id", primary_key=True), uuid("account_id", primary_key=True),
    of("period_start", Date(), primary_key=True), of("period_end", Date(), primary_key=True),
    text("dimension", primary_key=True), text("dimension_value", primary_key=True),
    instant("captured_at", primary_key=True), text("source"), of("load_id", BigInteger()), *_metrics(Grain.PERIOD),
    schema="raw",
)  # fmt: skip
