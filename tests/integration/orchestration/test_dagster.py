"""From `clientnest import` to the dashboards through real Dagster processes."""

import json
import os
import random
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from clientnest import settings
from clientnest.db import session
from clientnest.db.roles import Database, Role
from orchestration import model_version
from tests.conftest import make_workspace
from tests.integration.imports.helpers import holdings
from tests.integration.orchestration.kills import Disturbance, assert_same, write_exports
from tests.integration.orchestration.processes import Services

pytestmark = pytest.mark.timeout(900)


def begin(workspace: UUID, *paths: Path) -> subprocess.Popen[str]:
    program = Path(sys.executable).with_name("clientnest")
    return subprocess.Popen(
        [program, "import", *map(str, paths), "--workspace", f"t-{workspace.hex}", "--json", "--wait"],
        env=os.environ.copy(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def end(process: subprocess.Popen[str], code: int = 0) -> list[dict[str, Any]]:
    said, errors = process.communicate(timeout=600)
    assert process.returncode == code, errors
    files: list[dict[str, Any]] = json.loads(said)["files"]
    return files


def builds() -> list[dict[str, Any]]:
    """Every start of dbt in this home."""
    log = settings.core().home / "logs" / "dbt.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def query(statement: str, *values: object, database: Database = Database.PRODUCT) -> list[tuple[Any, ...]]:
    role = Role.DAGSTER if database is Database.DAGSTER else Role.ETL
    with session.etl(database, role=role) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def run_of(workspace: UUID, kind: str = "import") -> str:
    ((run_id,),) = query(
        "SELECT dagster_run_id FROM app.job WHERE workspace_id = %s AND kind = %s", str(workspace), kind
    )
    return str(run_id)


def until_runs_ended() -> None:
    """Checks and Dagster's notes follow in a run when its job is done: people have their numbers by then."""
    under_way = "SELECT count(*) FROM runs WHERE pipeline_name = 'load' AND status NOT IN ('SUCCESS', 'FAILURE')"
    deadline = time.monotonic() + 90
    while query(under_way, database=Database.DAGSTER) != [(0,)]:
        assert time.monotonic() < deadline, "a run did not end"
        time.sleep(0.2)


def test_37_monthly_files_are_one_run_with_one_start_of_dbt_and_then_in_the_dashboards(
    dagster: Services, workspace: UUID, real_data: Path
) -> None:
    before = len(builds())
    files = end(begin(workspace, real_data / "exports" / "x_monthly"))
    assert (len(files), {entry["state"] for entry in files}) == (37, {"imported"})
    assert len(builds()) - before == 1

    posts = sum(entry["posts"] for entry in files)
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace) as connection:
        assert connection.execute(text("SELECT count(*) FROM serve.post")).scalar_one() == posts
        assert connection.execute(text("SELECT posts FROM serve.account")).scalars().all() == [posts]

    days = {datetime.fromisoformat(entry["captured_at"]).astimezone(UTC).date().isoformat() for entry in files}
    runs = query("SELECT run_id FROM runs WHERE pipeline_name = 'load'", database=Database.DAGSTER)
    assert runs == [(run_of(workspace),)]
    tags = dict(query("SELECT key, value FROM run_tags WHERE run_id = %s", *runs[0], database=Database.DAGSTER))
    assert tags["dagster/asset_partition_range_start"] == min(days)
    assert tags["dagster/asset_partition_range_end"] == max(days)
    until_runs_ended()
    for asset in ('["raw", "post_snapshot"]', '["marts", "fct_post_performance"]', '["serve", "post"]'):
        materialised = query(
            "SELECT DISTINCT partition FROM event_logs WHERE asset_key = %s AND dagster_event_type = %s",
            asset, "ASSET_MATERIALIZATION", database=Database.DAGSTER,
        )  # fmt: skip
        assert {day for (day,) in materialised} == days, asset
    with session.etl(role=Role.DBT) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('marts'::regnamespace)")
        assert cursor.fetchall() == [(model_version.current(),)]
    # The training was asked for with the end of the import, and runs apart from it.
    assert query("SELECT count(*) FROM app.job WHERE workspace_id = %s AND kind = 'learn'", str(workspace)) == [(1,)]


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four files of one X account: three months that overlap, and the last one again under another name."""
    return write_exports(tmp_path_factory.mktemp("exports"))


@pytest.fixture(scope="module")
def undisturbed(dagster: Services, months: list[Path]) -> tuple[dict[str, Any], float]:
    """What an import of all four by itself leaves in tables and marts, and how many seconds it takes."""
    alone = Disturbance(dagster, months, random.Random(0))
    return alone.undisturbed(), alone.took


def test_two_imports_at_once_lose_nothing_and_build_one_after_the_other(
    dagster: Services, months: list[Path], undisturbed: tuple[dict[str, Any], float]
) -> None:
    shared, other = make_workspace(), make_workspace()
    before = len(builds())
    for process in [begin(shared, *months[:2]), begin(shared, *months[1:]), begin(other, *months[:1])]:
        end(process)
    assert_same(Disturbance(dagster, months, random.Random(0)).totals(shared), undisturbed[0], ["two at once"])
    with session.tenant(Role.DASHBOARDS, workspace_id=shared) as connection:
        shown: int = connection.execute(text("SELECT count(*) FROM serve.post")).scalar_one()
    assert shown == len(undisturbed[0]["posts in marts"]) > 0
    spans = sorted(_span(build) for build in builds()[before:])
    assert len(spans) == 3
    assert all(later[0] >= earlier[1] for earlier, later in pairwise(spans)), spans


def _span(build: dict[str, Any]) -> tuple[float, float]:
    """When a build held the database; its end is noted a moment after it let go."""
    ended = datetime.fromisoformat(build["ended"]).timestamp()
    return ended - build["run_seconds"] + 0.2, ended


def test_an_import_of_nothing_usable_is_done_without_dbt(dagster: Services, workspace: UUID, tmp_path: Path) -> None:
    from tests.unit.exports import files

    row = files.x_row(datetime(2025, 3, 1, tzinfo=UTC))
    row[0] = "6.49E+17"
    before = len(builds())
    (entry,) = end(begin(workspace, files.write(tmp_path, files.table(files.X_HEADER, [row]))), code=1)
    assert entry["state"] == "refused"
    assert query("SELECT state FROM app.job WHERE workspace_id = %s", str(workspace)) == [("done",)]
    assert len(builds()) == before


def test_checks_warn_of_metrics_that_vanish_and_never_stop_an_import(
    dagster: Services, workspace: UUID, tmp_path: Path
) -> None:
    from tests.unit.exports import files

    end(begin(workspace, files.write(tmp_path, files.x_file(60, Likes=3), "x_2025-03-01_2025-04-30.csv")))
    end(begin(workspace, files.write(tmp_path, files.x_file(60, Likes="-"), "x_2025-04-01_2025-05-31.csv")))
    until_runs_ended()
    ((description,),) = query(
        "SELECT evaluation_event::json #>> '{dagster_event,event_specific_data,description}' "
        "FROM asset_check_executions WHERE check_name = 'null_rates' AND execution_status = 'FAILED'",
        database=Database.DAGSTER,
    )
    assert "gave likes for 100% of the snapshots before, and now for 0%" in description
    assert date(2025, 6, 1) in {row[1].date() for row in holdings(workspace)["snapshots"]}


def test_totals_are_the_same_after_kills_of_what_takes_part(
    dagster: Services, months: list[Path], undisturbed: tuple[dict[str, Any], float]
) -> None:
    """Three kills of one import; `tests/long/test_kills.py` does twenty of each kind, the importer among them."""
    wanted, took = undisturbed
    disturbance = Disturbance(dagster, months, random.Random(3), in_a_hurry=True)
    assert_same(disturbance.disturbed(("daemon", "run", "postgres"), longest=took / 2), wanted, disturbance.log)
    assert disturbance.hits >= 2, disturbance.log
