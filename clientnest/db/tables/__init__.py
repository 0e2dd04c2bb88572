"""Table definitions by domain, for building queries. Migrations create them; a test compares the two."""

from clientnest.db.tables import (
    audit,
    credentials,
    entitlements,
    identity,
    imports,
    jobs,
    learning,
    notifications,
    raw,
    signing_in,
    webhooks,
)
from clientnest.db.tables.base import metadata

__all__ = [
    "audit",
    "credentials",
    "entitlements",
    "identity",
    "imports",
    "jobs",
    "learning",
    "metadata",
    "notifications",
    "raw",
    "signing_in",
    "webhooks",
]
