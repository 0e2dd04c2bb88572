"""What opens an account of a network: the OAuth app, the account's credential, and connections being made."""

from sqlalchemy import ARRAY, Boolean, Column, Computed, Integer, LargeBinary, Table, Text

from clientnest.db.tables.base import instant, json, metadata, of, text, uuid

network_app = Table(
    "network_app", metadata,
    uuid("id", primary_key=True), uuid("workspace_id", nullable=True), text("network"), text("server"),
    text("client_id"), of("sealed_secret", LargeBinary(), nullable=True), json("extra"), instant("created_at"),
    instant("updated_at"), schema="app",
)  # fmt: skip

credential = Table(
    "credential", metadata,
    uuid("workspace_id", primary_key=True), uuid("account_id", primary_key=True),
    uuid("network_app_id", nullable=True), text("state"), text("problem", nullable=True), text("advice", nullable=True),
    of("sealed_access_token", LargeBinary(), nullable=True), of("sealed_refresh_token", LargeBinary(), nullable=True),
    Column("has_refresh_token", Boolean(), Computed("sealed_refresh_token IS NOT NULL", persisted=True),
           nullable=False),
    of("scopes", ARRAY(Text())), instant("expires_at", nullable=True), instant("refresh_expires_at", nullable=True),
    instant("due_at", nullable=True), of("failures", Integer()), instant("last_refreshed_at", nullable=True),
    instant("last_checked_at", nullable=True), uuid("connected_by", nullable=True), instant("connected_at"),
    instant("updated_at"), schema="app",
)  # fmt: skip

connection_attempt = Table(
    "connection_attempt", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), uuid("person_id"),
    uuid("network_app_id"), uuid("account_id", nullable=True), text("network"), text("state_hash"),
    of("sealed_verifier", LargeBinary(), nullable=True), text("redirect_uri"), of("scopes", ARRAY(Text())),
    instant("expires_at"), instant("used_at", nullable=True), instant("created_at"), schema="app",
)  # fmt: skip
