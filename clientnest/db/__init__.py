"""The database: where it runs, who connects as whom, tenant-scoped sessions, tables and migrations."""
