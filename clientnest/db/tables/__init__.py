"""Table definitions by domain, for building queries. Migrations create them; a test compares the two."""

from clientnest.db.tables import identity, imports, jobs, learning, raw
from clientnest.db.tables.base import metadata

__all__ = ["identity", "imports", "jobs", "learning", "metadata", "raw"]
