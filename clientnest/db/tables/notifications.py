"""Notifications of people, what they chose to hear of and how, and when their digests are due."""

from sqlalchemy import BigInteger, Boolean, Date, Integer, Table

from clientnest.db.tables.base import instant, json, metadata, of, text, uuid

notification = Table(
    "notification", metadata,
    uuid("person_id", primary_key=True), uuid("id", primary_key=True), uuid("workspace_id", nullable=True),
    of("personal", Boolean()), of("event_id", BigInteger(), nullable=True), text("kind"), text("category"),
    text("subject_type"), uuid("subject_id"), json("payload"), of("in_app", Boolean()),
    of("waits_for_digest", Boolean()), instant("created_at"), instant("read_at", nullable=True),
    instant("mailed_at", nullable=True), schema="app",
)  # fmt: skip

notification_preference = Table(
    "notification_preference", metadata,
    uuid("workspace_id", primary_key=True), uuid("person_id", primary_key=True), text("category", primary_key=True),
    of("in_app", Boolean()), text("email"), schema="app",
)  # fmt: skip

notification_schedule = Table(
    "notification_schedule", metadata,
    uuid("person_id", primary_key=True), text("timezone", nullable=True), of("revision", Integer()),
    instant("digest_due_at", nullable=True), of("digest_sent_on", Date(), nullable=True), schema="app",
)  # fmt: skip
