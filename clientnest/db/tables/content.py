"""Posts, a variant of each for an account, what they became, and every state they were in."""

from sqlalchemy import ARRAY, Date, DateTime, Integer, LargeBinary, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from clientnest.db.tables.base import instant, metadata, of, text, uuid

campaign = Table(
    "campaign", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), text("name"),
    of("starts_on", Date(), nullable=True), of("ends_on", Date(), nullable=True), of("revision", Integer()),
    uuid("created_by", nullable=True), instant("created_at"), schema="app",
)  # fmt: skip

label = Table(
    "label", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), text("name"), text("colour"),
    of("revision", Integer()), uuid("created_by", nullable=True), instant("created_at"), schema="app",
)  # fmt: skip

post = Table(
    "post", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), text("title"),
    uuid("campaign_id", nullable=True), of("revision", Integer()), uuid("created_by", nullable=True),
    instant("created_at"), instant("updated_at"), instant("trashed_at", nullable=True),
    uuid("trashed_by", nullable=True), schema="app",
)  # fmt: skip

post_label = Table(
    "post_label", metadata,
    uuid("workspace_id", primary_key=True), uuid("post_id", primary_key=True), uuid("label_id", primary_key=True),
    schema="app",
)  # fmt: skip

post_variant = Table(
    "post_variant", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), uuid("post_id"), uuid("account_id"),
    of("content", JSONB()), of("digest", LargeBinary()), text("state"), instant("state_since"),
    of("local_time", DateTime(), nullable=True), text("timezone", nullable=True), of("fold", SmallInteger()),
    text("tz_version", nullable=True), instant("scheduled_at", nullable=True), instant("slot_at", nullable=True),
    instant("created_at"), schema="app",
)  # fmt: skip

variant_media = Table(
    "variant_media", metadata,
    uuid("workspace_id", primary_key=True), uuid("variant_id", primary_key=True), uuid("media_id", primary_key=True),
    schema="app",
)  # fmt: skip

post_media = Table(
    "post_media", metadata,
    uuid("workspace_id", primary_key=True), uuid("post_id", primary_key=True), uuid("media_id", primary_key=True),
    schema="app",
)  # fmt: skip

variant_step = Table(
    "variant_step", metadata, text("from_state", primary_key=True), text("to_state", primary_key=True), schema="app"
)

variant_transition = Table(
    "variant_transition", metadata,
    uuid("workspace_id", primary_key=True), uuid("variant_id", primary_key=True),
    of("number", Integer(), primary_key=True), text("from_state", nullable=True), text("to_state"),
    text("actor_kind"), uuid("actor_id", nullable=True), text("reason"), instant("at"), schema="app",
)  # fmt: skip

post_revision = Table(
    "post_revision", metadata,
    uuid("workspace_id", primary_key=True), uuid("post_id", primary_key=True),
    of("number", Integer(), primary_key=True), of("snapshot", JSONB()), of("changed", ARRAY(Text())),
    of("restored_from", Integer(), nullable=True), text("actor_kind"), uuid("actor_id", nullable=True), instant("at"),
    schema="app",
)  # fmt: skip

# `words` is made of `document` by the database.
post_search = Table(
    "post_search", metadata,
    uuid("workspace_id", primary_key=True), uuid("post_id", primary_key=True), text("document"),
    of("words", TSVECTOR(), nullable=True), schema="app",
)  # fmt: skip
