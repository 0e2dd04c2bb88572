"""Files of an import: what was recognised, what was accepted, what was refused and why."""

from sqlalchemy import BigInteger, Date, Integer, Table

from clientnest.db.tables.base import instant, json, metadata, of, text, uuid

import_file = Table(
    "import_file", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), uuid("job_id"), of("position", Integer()),
    text("name"), text("sha256"), of("size_bytes", BigInteger()), text("stored_path"),
    instant("modified_at", nullable=True), text("state"), text("format", nullable=True),
    instant("captured_at", nullable=True), text("captured_at_source", nullable=True),
    of("rows", Integer(), nullable=True), of("accepted", Integer(), nullable=True), json("rejected"),
    of("rejected_count", Integer(), nullable=True), of("posts", Integer(), nullable=True),
    of("snapshots", Integer(), nullable=True), of("period_from", Date(), nullable=True),
    of("period_to", Date(), nullable=True), json("warnings"), json("error", nullable=True), instant("created_at"),
    instant("finished_at", nullable=True), schema="app",
)  # fmt: skip
