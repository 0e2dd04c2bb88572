"""Read the history of one workspace with DuckDB. Relations turn into Polars frames with `.pl()`."""

from pathlib import Path
from uuid import UUID

import duckdb

from clientnest.warehouse.history import manifest as manifests
from clientnest.warehouse.history.engine import connect, read_parquet, text
from clientnest.warehouse.history.store import open_store
from clientnest.warehouse.history.tables import TABLES, bucket_of


def open_history(destination: str | Path, workspace_id: UUID) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection with views of one workspace: `post_snapshot`, `post`, `account_snapshot`, `account_period`.

    The views have the names and columns of schema `raw` (posts without when they were last heard of) and stay as they
    are now for at least an hour, whatever is exported meanwhile. Instants are UTC.
    """
    store = open_store(destination)
    current, bucket = manifests.load(store), bucket_of(workspace_id)
    connection = connect(store)
    for table in TABLES:
        files = [file for file in current.files if file.table == table.name and file.bucket == bucket]
        if files:
            rows = f"SELECT * FROM {read_parquet(store, files)} WHERE workspace_id = {text(str(workspace_id))}::UUID"
        else:
            rows = f"SELECT {', '.join(f'NULL::{kind} AS {name}' for name, kind in table.types.items())} WHERE false"
        connection.execute(f"CREATE VIEW {table.name} AS {rows}")
    return connection


def scan_history(destination: str | Path, workspace_id: UUID, table: str = "post_snapshot") -> duckdb.DuckDBPyRelation:
    """One table of a workspace's history as a lazy DuckDB relation."""
    return open_history(destination, workspace_id).table(table)
