"""Plans and what they allow, usage, events of the product, counters of rate limits, answers kept for retries."""

from sqlalchemy import BigInteger, Boolean, Column, Computed, Date, Integer, LargeBinary, SmallInteger, Table, Uuid

from clientnest.db.tables.base import instant, json, metadata, of, text, uuid

plan = Table(
    "plan", metadata,
    text("id", primary_key=True), text("name"), of("monthly_price_cents", Integer(), nullable=True), schema="app",
)  # fmt: skip

plan_limit = Table(
    "plan_limit", metadata,
    text("plan", primary_key=True), text("key", primary_key=True), of("value", BigInteger(), nullable=True),
    schema="app",
)  # fmt: skip

subscription = Table(
    "subscription", metadata,
    uuid("workspace_id", primary_key=True), text("plan"), text("state"), instant("period_start", nullable=True),
    instant("period_end", nullable=True), text("source"), instant("updated_at"), schema="app",
)  # fmt: skip

limit_override = Table(
    "limit_override", metadata,
    uuid("workspace_id", primary_key=True), text("key", primary_key=True), of("value", BigInteger(), nullable=True),
    text("reason"), instant("updated_at"), schema="app",
)  # fmt: skip

usage = Table(
    "usage", metadata,
    uuid("workspace_id", primary_key=True), text("key", primary_key=True),
    of("period_start", Date(), primary_key=True), of("amount", BigInteger()), schema="app",
)  # fmt: skip

product_event = Table(
    "product_event", metadata,
    uuid("id", primary_key=True), uuid("workspace_id", nullable=True), instant("at"),
    uuid("person_id", nullable=True), text("name"), json("properties"), schema="app",
)  # fmt: skip

rate_counter = Table(
    "rate_counter", metadata,
    text("key", primary_key=True), instant("started_at"), of("current", BigInteger()), of("previous", BigInteger()),
    of("allowed", Boolean()), instant("expires_at"), schema="app",
)  # fmt: skip

idempotency = Table(
    "idempotency", metadata,
    Column("scope_id", Uuid, Computed("coalesce(workspace_id, person_id)", persisted=True), primary_key=True),
    uuid("caller_id", primary_key=True), text("key", primary_key=True), uuid("workspace_id", nullable=True),
    uuid("person_id", nullable=True), uuid("claim"), of("request_sha256", LargeBinary()),
    of("body_sha256", LargeBinary(), nullable=True), text("state"), of("status", SmallInteger(), nullable=True),
    json("headers"), of("body", LargeBinary(), nullable=True), instant("created_at"), instant("lease_until"),
    instant("expires_at"), schema="app",
)  # fmt: skip
