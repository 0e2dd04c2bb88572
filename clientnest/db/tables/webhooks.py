"""Where events are sent to, what was sent, and what came back."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Integer, LargeBinary, Table, Text

from clientnest.db.tables.base import instant, metadata, of, text, uuid

webhook_endpoint = Table(
    "webhook_endpoint", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), text("url"), of("events", ARRAY(Text())),
    of("enabled", Boolean()), text("disabled_reason", nullable=True), instant("disabled_at", nullable=True),
    of("failures", Integer()), instant("failing_since", nullable=True), instant("not_before", nullable=True),
    uuid("turn", nullable=True), instant("turn_until", nullable=True), of("revision", Integer()),
    uuid("created_by", nullable=True), instant("created_at"), schema="app",
)  # fmt: skip

webhook_secret = Table(
    "webhook_secret", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), uuid("endpoint_id"),
    of("sealed_secret", LargeBinary()), instant("ends_at", nullable=True), instant("created_at"), schema="app",
)  # fmt: skip

webhook_message = Table(
    "webhook_message", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), of("event_id", BigInteger(), nullable=True),
    text("kind"), text("body"), instant("created_at"), schema="app",
)  # fmt: skip

webhook_delivery = Table(
    "webhook_delivery", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), uuid("endpoint_id"), uuid("message_id"),
    text("state"), instant("next_attempt_at", nullable=True), of("attempts", Integer()), of("tries", Integer()),
    of("last_status", Integer(), nullable=True), text("problem", nullable=True), instant("finished_at", nullable=True),
    instant("created_at"), schema="app",
)  # fmt: skip

webhook_attempt = Table(
    "webhook_attempt", metadata,
    uuid("workspace_id", primary_key=True), uuid("delivery_id", primary_key=True),
    of("number", Integer(), primary_key=True), uuid("turn"), instant("started_at"), instant("ended_at", nullable=True),
    of("duration_ms", Integer(), nullable=True), of("status", Integer(), nullable=True),
    text("problem", nullable=True), text("answer", nullable=True), schema="app",
)  # fmt: skip
