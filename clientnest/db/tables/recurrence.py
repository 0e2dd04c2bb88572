"""Posts that come again: a rule, and the posts that were made by it."""

from sqlalchemy import ARRAY, DateTime, Integer, Table

from clientnest.db.tables.base import instant, metadata, of, text, uuid

recurrence = Table(
    "recurrence", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), uuid("post_id"), text("rule"),
    of("starts", DateTime()), text("timezone"), of("excluded", ARRAY(DateTime())), instant("made_until"),
    of("made_of", Integer()), text("problem", nullable=True), instant("ended_at", nullable=True),
    of("revision", Integer()), uuid("created_by", nullable=True), instant("created_at"), schema="app",
)  # fmt: skip

recurrence_post = Table(
    "recurrence_post", metadata,
    uuid("workspace_id", primary_key=True), uuid("recurrence_id", primary_key=True),
    of("local_time", DateTime(), primary_key=True), uuid("post_id", nullable=True),
    of("made_revision", Integer(), nullable=True), schema="app",
)  # fmt: skip
