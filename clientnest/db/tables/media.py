"""Pictures and videos, and the uploads that bring them."""

from sqlalchemy import ARRAY, BigInteger, Double, Integer, LargeBinary, Table, Text

from clientnest.db.tables.base import instant, json, metadata, of, text, uuid

media = Table(
    "media", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), text("state"), text("filename"),
    text("alt_text"), of("size_bytes", BigInteger()), text("kind", nullable=True), text("mime_type", nullable=True),
    of("width", Integer(), nullable=True), of("height", Integer(), nullable=True),
    of("duration_seconds", Double(), nullable=True), of("frame_rate", Double(), nullable=True),
    text("video_codec", nullable=True), text("audio_codec", nullable=True),
    of("sha256", LargeBinary(), nullable=True), text("colour", nullable=True), uuid("stored", nullable=True),
    of("notes", ARRAY(Text())), text("problem", nullable=True), uuid("derived_from", nullable=True),
    json("recipe", nullable=True), of("revision", Integer()), uuid("created_by", nullable=True),
    instant("created_at"), instant("state_since"), instant("unused_since", nullable=True), schema="app",
)  # fmt: skip

media_upload = Table(
    "media_upload", metadata,
    uuid("workspace_id", primary_key=True), uuid("media_id", primary_key=True), of("length", BigInteger()),
    of("received", BigInteger()), instant("expires_at"), uuid("turn", nullable=True),
    instant("turn_until", nullable=True), schema="app",
)  # fmt: skip

media_piece = Table(
    "media_piece", metadata,
    uuid("workspace_id", primary_key=True), uuid("media_id", primary_key=True),
    of("start", BigInteger(), primary_key=True), of("bytes", BigInteger()), uuid("stored"), schema="app",
)  # fmt: skip
