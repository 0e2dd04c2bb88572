"""TimescaleDB under the Timescale licence: snapshots compress by a policy, and stay closed to tenants then too."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from clientnest import settings
from clientnest.db import session
from clientnest.db.bootstrap import prepare
from clientnest.db.dbt_env import dbt_environment
from clientnest.ids import new_id
from tests.services import community

WORKSPACE, OTHER, ACCOUNT = new_id(), new_id(), new_id()


@pytest.fixture(scope="module")
def administrator(home: Path) -> Iterator[Connection]:
    """The one session of a prepared Community server that holds 500 compressed snapshots of one post."""
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
        _capture(connection)
        yield connection
        connection.close()
    session.forget()
    settings.forget()


def _capture(connection: Connection) -> None:
    with connection.cursor() as cursor:
        for workspace_id in (WORKSPACE, OTHER):
            cursor.execute(
                "INSERT INTO app.workspace (id, name, slug) VALUES (%s, 'Brand', %s)",
                (str(workspace_id), f"w-{workspace_id.hex}"),
            )
        cursor.execute(
            "INSERT INTO app.account (workspace_id, id, network, external_id, display_name) "
            "VALUES (%s, %s, 'x', 'a', 'a')",
            (str(WORKSPACE), str(ACCOUNT)),
        )
        post_id = str(new_id())
        cursor.execute("INSERT INTO raw.load (workspace_id, source, captured_from, captured_to) "
                       "VALUES (%s, 'test', '2026-01-01', '2026-02-01') RETURNING id", (str(WORKSPACE),))  # fmt: skip
        load_id = (cursor.fetchone() or (0,))[0]
        cursor.execute(
            "INSERT INTO raw.post "
            "(workspace_id, id, account_id, network, external_id, published_at, captured_at, load_id) "
            "VALUES (%s, %s, %s, 'x', '1', '2026-01-01', '2026-01-21', %s)",
            (str(WORKSPACE), post_id, str(ACCOUNT), load_id),
        )
        cursor.execute(
            "INSERT INTO raw.post_snapshot (workspace_id, account_id, post_id, captured_at, source, load_id, likes) "
            "SELECT %s, %s, %s, '2026-01-01'::timestamptz + n * interval '1 hour', 'test', %s, n "
            "FROM generate_series(1, 500) n",
            (str(WORKSPACE), str(ACCOUNT), post_id, load_id),
        )
        cursor.execute("SELECT compress_chunk(c) FROM show_chunks('raw.post_snapshot') c")


def _chunks(connection: Connection) -> set[str]:
    """Every table that stores snapshots: chunks, and what their compressed rows went into."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT format('%I.%I', schema_name, table_name) FROM _timescaledb_catalog.chunk")
        return {row[0] for row in cursor.fetchall()}


def test_snapshots_compress_by_a_policy_and_read_the_same(administrator: Connection) -> None:
    with administrator.cursor() as cursor:
        cursor.execute(
            "SELECT hypertable_name::text FROM timescaledb_information.jobs "
            "WHERE proc_name = 'policy_compression' ORDER BY 1"
        )
        assert [row[0] for row in cursor.fetchall()] == ["account_snapshot", "post_snapshot"]
        cursor.execute("SELECT bool_and(is_compressed) FROM timescaledb_information.chunks")
        assert cursor.fetchone() == (True,)
        cursor.execute("SELECT count(*), sum(likes) FROM raw.post_snapshot")
        assert cursor.fetchone() == (500, 125_250)


def test_after_a_full_refresh_tenants_read_serve_and_nothing_below_it(
    administrator: Connection, tmp_path: Path
) -> None:
    # dbt asks which database it is in, and this server calls its one database so whatever the address says.
    environment = {**os.environ, **dbt_environment(), "CLIENTNEST_DBT_NAME": "template1", "PGSSLMODE": "disable"}
    build = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), "build", "--full-refresh", "--threads", "1",
         "--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert build.returncode == 0, build.stdout[-3000:]
    closed = {"raw.post_snapshot", "raw.post", "marts.fct_post_performance", *_chunks(administrator)}
    assert len(closed) >= 5, "both halves of the compressed chunk are among them"
    with administrator.cursor() as cursor:
        for role in ("clientnest_api", "clientnest_dashboards"):
            cursor.execute(f"SET ROLE {role}")
            for table in closed:
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(f"SELECT * FROM {table}")
            for workspace_id, likes in ((WORKSPACE, [(500,)]), (OTHER, [])):
                cursor.execute("SELECT set_config('clientnest.workspace_id', %s, false)", (str(workspace_id),))
                cursor.execute("SELECT likes FROM serve.post")
                assert cursor.fetchall() == likes
            cursor.execute("RESET ROLE")
