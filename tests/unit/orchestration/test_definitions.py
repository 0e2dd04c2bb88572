"""What Dagster loads: without secrets or a database, quickly, and shaped as the rest of the house expects."""

import subprocess
import sys
from pathlib import Path

from dagster import AssetKey, BackfillPolicy, DefaultScheduleStatus, DefaultSensorStatus

from orchestration import definitions
from orchestration.days import DAYS
from orchestration.definitions import defs

LOAD = """
import sys
from dagster import Definitions
from orchestration.definitions import defs
Definitions.validate_loadable(defs)
heavy = {"mlflow", "sklearn", "polars", "pandas", "duckdb", "streamlit", "fastapi", "ml"} & set(sys.modules)
assert not heavy, heavy
"""


def test_definitions_are_thin_and_load_without_secrets_database_or_heavy_libraries(tmp_path: Path) -> None:
    source = Path(definitions.__file__).read_text()
    assert len(source.splitlines()) < 60
    nothing = {"PATH": "/usr/bin:/bin", "CLIENTNEST_HOME": str(tmp_path / "nowhere")}
    answer = subprocess.run([sys.executable, "-c", LOAD], env=nothing, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-3000:]
    assert not (tmp_path / "nowhere").exists()


def test_everything_from_raw_to_learning_is_partitioned_by_day_and_done_in_one_run() -> None:
    graph = defs.resolve_asset_graph()
    made = [graph.get(key) for key in graph.materializable_asset_keys]
    assert {node.key.path[0] for node in made} == {
        "raw", "staging", "intermediate", "marts", "serve", "history", "learning",
    }  # fmt: skip
    for node in made:
        assert node.partitions_def == DAYS, node.key
        assert node.backfill_policy == BackfillPolicy.single_run(), node.key


def test_the_way_of_the_data_is_one_graph() -> None:
    graph = defs.resolve_asset_graph()

    def upstream(*path: str) -> set[AssetKey]:
        found: set[AssetKey] = set()
        open_keys = [AssetKey(list(path))]
        while open_keys:
            for key in graph.get(open_keys.pop()).parent_keys - found:
                found.add(key)
                open_keys.append(key)
        return found

    snapshots = AssetKey(["raw", "post_snapshot"])
    assert snapshots in upstream("serve", "post")
    assert snapshots in upstream("history", "captures")
    assert {snapshots, AssetKey(["marts", "fct_post_performance"])} <= upstream("learning", "performance_model")


def test_an_imports_run_holds_everything_but_learning() -> None:
    graph = defs.resolve_asset_graph()
    load = defs.resolve_job_def("load").asset_layer.executable_asset_keys
    assert load == {key for key in graph.materializable_asset_keys if key.path[0] != "learning"}


def test_captures_are_checked_for_freshness_volume_null_rates_and_impossible_values() -> None:
    checks = {check.name for check in defs.resolve_asset_graph().asset_check_keys if check.asset_key.path[0] == "raw"}
    assert checks == {"freshness", "volume", "null_rates", "impossible_values"}


def test_sensors_and_schedules_run_without_being_switched_on() -> None:
    sensors = {sensor.name: sensor for sensor in defs.sensors or ()}
    assert sensors.keys() == {"queued_jobs", "failed_runs", "cancelled_runs"}
    assert all(sensor.default_status is DefaultSensorStatus.RUNNING for sensor in sensors.values())
    assert (sensors["queued_jobs"].minimum_interval_seconds or 99) <= 5
    assert all(schedule.default_status is DefaultScheduleStatus.RUNNING for schedule in defs.schedules or ())
