"""Identifiers: UUIDv7, made in Python, so that ids sort by creation time on every Postgres."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562): unguessable, sortable by the millisecond it was made."""
    return uuid7()
