"""DuckDB as the history uses it: bounded memory, UTC, its own spill folder, files named one by one."""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from clientnest.warehouse.history.manifest import HistoryFile
from clientnest.warehouse.history.store import Store
from clientnest.warehouse.history.tables import HistoryTable

_WRITING_MEMORY = "512MB"


def connect(store: Store, *, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A fresh in-memory database that can read the store; with `spill` its memory is bounded, for writing."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    if spill is not None:
        connection.execute(f"SET memory_limit = '{_WRITING_MEMORY}'")
        connection.execute(f"SET temp_directory = {text(str(spill / 'spill'))}")
    store.attach(connection)
    return connection


def text(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def read_parquet(store: Store, files: Iterable[HistoryFile]) -> str:
    """A table function over these files."""
    return f"read_parquet([{', '.join(text(store.address(file.name)) for file in files)}], hive_partitioning = false)"


def load_csv(connection: duckdb.DuckDBPyConnection, name: str, table: HistoryTable, path: Path) -> int:
    """Make a temporary table of what Postgres wrote with COPY (FORMAT csv), and give its number of rows."""
    columns = ", ".join(f"{text(column)}: {text(kind)}" for column, kind in table.types.items())
    parallel = "true" if table.grows else "false"  # texts of posts run over several lines
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM read_csv({text(str(path))}, header = false, "
        "auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, "
        f"max_line_size = 16777216, parallel = {parallel}, columns = {{{columns}}})"
    )
    row = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
    return int(row[0]) if row else 0
