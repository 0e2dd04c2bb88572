"""Writing into months that TimescaleDB's Community edition has compressed already: late captures merge there too.

Its test server takes no COPY, so the staged rows get in by INSERT; every statement after that is the product's.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from clientnest import settings
from clientnest.db import session
from clientnest.db.bootstrap import prepare
from clientnest.ids import new_id
from clientnest.warehouse import load
from clientnest.warehouse.staging import Staging
from clientnest.warehouse.write import write_capture
from tests.integration.warehouse.captures import post
from tests.services import community

WORKSPACE = new_id()


@pytest.fixture(scope="module")
def administrator(home: Path) -> Iterator[Connection]:
    """The one session of a prepared Community server, which decompresses very little unless it is told otherwise."""
    with community.running() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIENTNEST_HOME", str(home))
        patch.setenv("CLIENTNEST_DATABASE_URL", url)
        for name in ("DATABASE_NAME", "DAGSTER_DATABASE_NAME", "MLFLOW_DATABASE_NAME"):
            patch.setenv(f"CLIENTNEST_{name}", "postgres")
        session.forget()
        settings.forget()
        prepare()
        connection = psycopg2.connect(url)
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO app.workspace (id, name, slug) VALUES (%s, 'Brand', 'brand')", (str(WORKSPACE),)
            )
            cursor.execute("SET timescaledb.max_tuples_decompressed_per_dml_transaction = 5")
        yield connection
        connection.close()
    session.forget()
    settings.forget()


def _insert(staging: Staging, table: str, names: str, buffer: io.BytesIO, rows: int) -> None:
    sent = [[value or None for value in row] for row in csv.reader(io.StringIO(buffer.getvalue().decode(), newline=""))]
    assert len(sent) == rows
    with staging._cursor.connection.cursor() as cursor:
        execute_values(cursor, f"INSERT INTO {table} ({names}) VALUES %s", sent, _typed(cursor, table, names))


def _typed(cursor: Cursor, table: str, names: str) -> str:
    cursor.execute("SELECT attname, atttypid::regtype::text FROM pg_attribute WHERE attrelid = %s::regclass", (table,))
    types = dict(cursor.fetchall())
    return f"({', '.join(f'%s::{types[name]}' for name in names.split(', '))})"


@pytest.mark.parametrize("few_rows", [0, 5_000], ids=["joined", "looked up"])
def test_captures_of_compressed_months_merge_like_any_others(
    administrator: Connection, monkeypatch: pytest.MonkeyPatch, few_rows: int
) -> None:
    monkeypatch.setattr(load, "_FEW_ROWS", few_rows)
    monkeypatch.setattr(Staging, "_send", _insert)
    name = f"p{few_rows}-"
    rows = [post(f"{name}{n}", days=hours / 24, likes=hours) for n in range(4) for hours in range(24)]
    with administrator:
        first = write_capture(administrator, WORKSPACE, rows, source="test")
    with administrator, administrator.cursor() as cursor:
        cursor.execute("SELECT count(compress_chunk(c, true)) FROM show_chunks('raw.post_snapshot') c")
        assert cursor.fetchone() != (0,)
    with administrator:
        again = write_capture(administrator, WORKSPACE, rows, source="test")
        late = [post(f"{name}1", likes=100), post(f"{name}1", days=0.51, likes=1), post(f"{name}new", likes=1)]
        merged = write_capture(administrator, WORKSPACE, late, source="test")
    assert (first.snapshots_new, again.snapshots_new, again.load_id) == (96, 0, None)
    assert (merged.snapshots_new, merged.snapshots_changed, merged.posts_new) == (2, 1, 1)
    with administrator, administrator.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(likes) FROM raw.post_snapshot s JOIN raw.post p ON p.id = s.post_id "
            "WHERE external_id LIKE %s",
            (name + "%",),
        )
        assert cursor.fetchone() == (98, 4 * sum(range(24)) + 100 + 1 + 1)
