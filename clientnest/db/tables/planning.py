"""Queue slots of accounts, and calendar feeds of people."""

from sqlalchemy import Integer, LargeBinary, SmallInteger, Table, Time

from clientnest.db.tables.base import instant, json, metadata, of, text, uuid

queue_slot = Table(
    "queue_slot", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), uuid("account_id"),
    of("weekday", SmallInteger()), of("local_time", Time()), text("timezone", nullable=True),
    of("revision", Integer()), uuid("created_by", nullable=True), instant("created_at"), schema="app",
)  # fmt: skip

calendar_feed = Table(
    "calendar_feed", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), uuid("person_id"), text("name"),
    of("token_hash", LargeBinary()), json("filters"), instant("created_at"), instant("last_used_at", nullable=True),
    instant("revoked_at", nullable=True), schema="app",
)  # fmt: skip
