"""Work asked for by a person and done by Dagster, and the events that tell what happened."""

from sqlalchemy import BigInteger, Column, Float, Identity, Integer, Table

from clientnest.db.tables.base import instant, json, metadata, of, text, uuid

job = Table(
    "job", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), text("kind"), text("state"), json("params"),
    text("step", nullable=True), of("progress", Float(53), nullable=True), json("result", nullable=True),
    json("error", nullable=True), text("dagster_run_id", nullable=True), instant("lease_until", nullable=True),
    of("attempts", Integer()), uuid("requested_by", nullable=True), instant("created_at"),
    instant("started_at", nullable=True), instant("finished_at", nullable=True), schema="app",
)  # fmt: skip

event = Table(
    "event", metadata,
    uuid("workspace_id", primary_key=True),
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    text("kind"), uuid("subject_id", nullable=True), json("payload"), instant("created_at"),
    of("sequence", BigInteger(), nullable=True), uuid("person_id", nullable=True), schema="app",
)  # fmt: skip

event_horizon = Table(
    "event_horizon", metadata,
    uuid("workspace_id", primary_key=True), of("sequence", BigInteger()), schema="app",
)  # fmt: skip
