"""How people and programs prove who they are, and the letters sent to them about it."""

from sqlalchemy import ARRAY, BigInteger, Boolean, LargeBinary, Table, Text

from clientnest.db.tables.base import instant, json, metadata, of, text, uuid

auth_session = Table(
    "auth_session", metadata,
    uuid("id", primary_key=True), uuid("person_id"), text("method"), of("second_factor", Boolean()),
    text("user_agent", nullable=True), text("address", nullable=True), instant("created_at"), instant("last_used_at"),
    instant("expires_at"), instant("revoked_at", nullable=True), text("revoked_because", nullable=True), schema="app",
)  # fmt: skip

refresh_token = Table(
    "refresh_token", metadata,
    of("token_hash", LargeBinary(), primary_key=True), uuid("session_id"), instant("issued_at"), instant("expires_at"),
    instant("used_at", nullable=True), schema="app",
)  # fmt: skip

one_time_token = Table(
    "one_time_token", metadata,
    of("token_hash", LargeBinary(), primary_key=True), text("purpose"), uuid("person_id", nullable=True),
    json("payload"), instant("created_at"), instant("expires_at"), instant("used_at", nullable=True), schema="app",
)  # fmt: skip

totp_credential = Table(
    "totp_credential", metadata,
    uuid("person_id", primary_key=True), of("sealed_secret", LargeBinary()),
    of("last_step", BigInteger(), nullable=True), instant("created_at"), instant("confirmed_at", nullable=True),
    schema="app",
)  # fmt: skip

recovery_code = Table(
    "recovery_code", metadata,
    uuid("person_id", primary_key=True), of("code_hash", LargeBinary(), primary_key=True), instant("created_at"),
    instant("used_at", nullable=True), schema="app",
)  # fmt: skip

passkey = Table(
    "passkey", metadata,
    uuid("id", primary_key=True), uuid("person_id"), of("credential_id", LargeBinary()),
    of("public_key", LargeBinary()), of("sign_count", BigInteger()), text("name"), of("transports", ARRAY(Text())),
    of("backed_up", Boolean()), instant("created_at"), instant("last_used_at", nullable=True), schema="app",
)  # fmt: skip

external_identity = Table(
    "external_identity", metadata,
    text("issuer", primary_key=True), text("subject", primary_key=True), uuid("person_id"), instant("created_at"),
    instant("last_used_at"), schema="app",
)  # fmt: skip

mail = Table(
    "mail", metadata,
    uuid("id", primary_key=True), text("kind"), text("recipient"), text("subject"),
    of("sealed_body", LargeBinary(), nullable=True), instant("created_at"), instant("sent_at", nullable=True),
    text("problem", nullable=True), of("sealed_unsubscribe", LargeBinary(), nullable=True), schema="app",
)  # fmt: skip

invitation = Table(
    "invitation", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), text("email"), text("role"),
    of("token_hash", LargeBinary()), uuid("invited_by", nullable=True), instant("created_at"), instant("expires_at"),
    instant("accepted_at", nullable=True), uuid("accepted_by", nullable=True), instant("revoked_at", nullable=True),
    schema="app",
)  # fmt: skip

api_key = Table(
    "api_key", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), text("name"), text("hint"),
    of("key_hash", LargeBinary()), of("scopes", ARRAY(Text())), uuid("created_by", nullable=True),
    instant("created_at"), instant("expires_at", nullable=True), instant("last_used_at", nullable=True),
    instant("revoked_at", nullable=True), schema="app",
)  # fmt: skip
