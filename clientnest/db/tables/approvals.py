"""Who has to approve what, rounds of reviews, what was decided in them, links for clients, delegates, reminders."""

from sqlalchemy import ARRAY, Boolean, Integer, LargeBinary, SmallInteger, Table, Text, Uuid

from clientnest.db.tables.base import instant, json, metadata, of, text, uuid

approval_policy = Table(
    "approval_policy", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), uuid("account_id", nullable=True),
    uuid("label_id", nullable=True), text("mode"), of("revision", Integer()), uuid("created_by", nullable=True),
    instant("created_at"), schema="app",
)  # fmt: skip

approval_level = Table(
    "approval_level", metadata,
    uuid("workspace_id", primary_key=True), uuid("policy_id", primary_key=True),
    of("number", SmallInteger(), primary_key=True), of("people", ARRAY(Uuid())), of("roles", ARRAY(Text())),
    of("client_by_link", Boolean()), schema="app",
)  # fmt: skip

review = Table(
    "review", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), uuid("post_id"), uuid("variant_id"),
    of("number", Integer()), of("digest", LargeBinary()), json("content"), json("levels"),
    of("level", SmallInteger()), instant("level_since"), of("then_schedule", Boolean()),
    uuid("opened_by", nullable=True), instant("opened_at"), instant("closed_at", nullable=True),
    text("outcome", nullable=True), schema="app",
)  # fmt: skip

review_link = Table(
    "review_link", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), uuid("post_id"), text("name"),
    text("email", nullable=True), of("token_hash", LargeBinary()), uuid("created_by", nullable=True),
    instant("created_at"), instant("expires_at"), instant("last_used_at", nullable=True),
    instant("revoked_at", nullable=True), schema="app",
)  # fmt: skip

review_decision = Table(
    "review_decision", metadata,
    uuid("workspace_id", primary_key=True), uuid("review_id", primary_key=True),
    of("level", SmallInteger(), primary_key=True), text("verdict"), text("comment"), text("capacity"),
    uuid("person_id", nullable=True), uuid("behalf_of", nullable=True), uuid("link_id", nullable=True),
    instant("at"), schema="app",
)  # fmt: skip

approval_delegation = Table(
    "approval_delegation", metadata,
    uuid("workspace_id", primary_key=True), uuid("person_id", primary_key=True), uuid("delegate_id"),
    instant("starts_at"), instant("ends_at", nullable=True), schema="app",
)  # fmt: skip

review_reminder = Table(
    "review_reminder", metadata,
    uuid("workspace_id", primary_key=True), uuid("review_id", primary_key=True),
    of("level", SmallInteger(), primary_key=True), uuid("person_id", primary_key=True), of("times", SmallInteger()),
    instant("last_at"), schema="app",
)  # fmt: skip
