"""Templates of texts, comments on posts, and who is mentioned in them."""

from sqlalchemy import Boolean, Integer, Table

from clientnest.db.tables.base import instant, json, metadata, of, text, uuid

template = Table(
    "template", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), text("name"), text("text"),
    json("network_texts"), text("first_comment", nullable=True), text("link", nullable=True), json("utm"),
    of("revision", Integer()), uuid("created_by", nullable=True), instant("created_at"), instant("updated_at"),
    schema="app",
)  # fmt: skip

template_label = Table(
    "template_label", metadata,
    uuid("workspace_id", primary_key=True), uuid("template_id", primary_key=True), uuid("label_id", primary_key=True),
    schema="app",
)  # fmt: skip

comment = Table(
    "comment", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), uuid("post_id"),
    uuid("account_id", nullable=True), uuid("parent_id", nullable=True), text("text"), of("internal", Boolean()),
    text("author_kind"), uuid("author_id"), of("revision", Integer()), instant("created_at"),
    instant("edited_at", nullable=True), instant("resolved_at", nullable=True), uuid("resolved_by", nullable=True),
    instant("deleted_at", nullable=True), schema="app",
)  # fmt: skip

comment_mention = Table(
    "comment_mention", metadata,
    uuid("workspace_id", primary_key=True), uuid("comment_id", primary_key=True), uuid("person_id", primary_key=True),
    schema="app",
)  # fmt: skip
