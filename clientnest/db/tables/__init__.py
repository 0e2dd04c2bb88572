"""Table definitions by domain, for building queries. Migrations create them; a test compares the two."""

from clientnest.db.tables import (
    approvals,
    audit,
    collaboration,
    content,
    credentials,
    entitlements,
    identity,
    imports,
    jobs,
    learning,
    media,
    notifications,
    planning,
    raw,
    recurrence,
    signing_in,
    webhooks,
)
from clientnest.db.tables.base import metadata

__all__ = [
    "approvals",
    "audit",
    "collaboration",
    "content",
    "credentials",
    "entitlements",
    "identity",
    "imports",
    "jobs",
    "learning",
    "media",
    "metadata",
    "notifications",
    "planning",
    "raw",
    "recurrence",
    "signing_in",
    "webhooks",
]
