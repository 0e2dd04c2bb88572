"""TimescaleDB under the Timescale licence: snapshots compress by a policy, and stay closed to tenants when compressed."""

from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from clientnest import settings
from clientnest.db import session
from clientnest.db.bootstrap import prepare
from clientnest.ids import new_id
from tests.services import community


@pytest.fixture(scope="module")
def administrator(home: object) -> Iterator[Connection]:
    """The one session of a prepared Community server."""
    with community.running() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIENTNEST_HOME", str(home))
        patch.setenv("CLIENTNEST_DATABASE_URL", url)
        for name in ("DATABASE_NAME", "DAGSTER_DATABASE_NAME", "MLFLOW_DATABASE_NAME"):
            patch.setenv(f"CLIENTNEST_{name}", "postgres")
        session.forget()
        settings.forget()
        prepare()
        connection = psycopg2.connect(url)
        connection.autocommit = True
        yield connection
        connection.close()
    session.forget()
    settings.forget()


def test_snapshots_compress_and_no_tenant_role_reads_the_compressed_chunk(administrator: Connection) -> None:
    workspace_id = str(new_id())
    with administrator.cursor() as cursor:
        cursor.execute("SELECT hypertable_name::text FROM timescaledb_information.jobs "
                       "WHERE proc_name = 'policy_compression' ORDER BY 1")  # fmt: skip
        assert [row[0] for row in cursor.fetchall()] == ["account_snapshot", "post_snapshot"]
        cursor.execute(
            "INSERT INTO raw.post_snapshot (workspace_id, account_id, post_id, captured_at, source, load_id, likes) "
            "SELECT %s, %s, gen_random_uuid(), '2026-01-01'::timestamptz + n * interval '1 hour', 'test', 1, n "
            "FROM generate_series(1, 500) n",
            (workspace_id, str(new_id())),
        )
        cursor.execute("SELECT compress_chunk(c) FROM show_chunks('raw.post_snapshot') c")
        cursor.execute(
            "SELECT chunk_schema || '.' || chunk_name FROM timescaledb_information.chunks WHERE is_compressed"
        )
        chunks = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT count(*), sum(likes) FROM raw.post_snapshot")
        assert cursor.fetchone() == (500, 125_250)
        cursor.execute("SELECT format('%I.%I', schema_name, table_name) FROM _timescaledb_catalog.chunk")
        chunks += [row[0] for row in cursor.fetchall()]
        assert len(chunks) >= 2, "the uncompressed and the compressed half of a chunk"
        for role in ("clientnest_api", "clientnest_dashboards"):
            cursor.execute(f"SET ROLE {role}")
            for table in {"raw.post_snapshot", *chunks}:
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(f"SELECT * FROM {table}")
            cursor.execute("RESET ROLE")
