"""People, workspaces, memberships, and the accounts of networks that a workspace measures."""

from sqlalchemy import Boolean, Integer, Table

from clientnest.db.tables.base import instant, json, metadata, of, text, uuid

workspace = Table(
    "workspace", metadata,
    uuid("id", primary_key=True), text("name"), text("slug"), text("timezone"), of("is_demo", Boolean()),
    instant("created_at"), of("require_second_factor", Boolean()), of("revision", Integer()), schema="app",
)  # fmt: skip

person = Table(
    "person", metadata,
    uuid("id", primary_key=True), text("email"), text("name"), text("password_hash", nullable=True),
    instant("created_at"), instant("email_verified_at", nullable=True), of("is_operator", Boolean()), schema="app",
)  # fmt: skip

membership = Table(
    "membership", metadata,
    uuid("workspace_id", primary_key=True), uuid("person_id", primary_key=True), text("role"), instant("created_at"),
    of("revision", Integer()), schema="app",
)  # fmt: skip

account = Table(
    "account", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), text("network"), text("external_id"),
    text("display_name"), text("url", nullable=True), text("timezone", nullable=True), instant("created_at"),
    json("told", nullable=True), schema="app",
)  # fmt: skip
