"""What happened: the logs of workspaces and of people, the encrypted values beside them, and their subjects' keys."""

from sqlalchemy import LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from clientnest.db.tables.base import instant, json, metadata, of, text, uuid


def _event(name: str, scope: str) -> Table:
    return Table(
        name, metadata,
        uuid(scope, primary_key=True), uuid("id", primary_key=True), instant("at"), text("action"), text("actor_kind"),
        uuid("actor_id", nullable=True), text("object_type"), text("object_id", nullable=True),
        of("changed", ARRAY(Text())), json("details"), text("request_id", nullable=True), schema="app",
    )  # fmt: skip


def _value(name: str, scope: str) -> Table:
    return Table(
        name, metadata,
        uuid(scope, primary_key=True), uuid("event_id", primary_key=True), uuid("subject_id", primary_key=True),
        of("names", ARRAY(Text())), of("ciphertext", LargeBinary(), nullable=True), schema="app",
    )  # fmt: skip


audit_event = _event("audit_event", "workspace_id")
audit_value = _value("audit_value", "workspace_id")
personal_event = _event("personal_event", "person_id")
personal_value = _value("personal_value", "person_id")

subject_key = Table(
    "subject_key", metadata,
    uuid("subject_id", primary_key=True), of("sealed_key", LargeBinary(), nullable=True), instant("created_at"),
    instant("erased_at", nullable=True), schema="app",
)  # fmt: skip
