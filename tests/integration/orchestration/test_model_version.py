"""A new version of the models builds all tables anew, once; the same version leaves what nothing touched."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from clientnest.db import session
from clientnest.db.roles import Role
from orchestration import model_version
from orchestration.manifest import ensure_manifest
from tests.integration.dbt.captures import post, write

BUILD = ("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def build(folder: Path, *arguments: str) -> None:
    program = Path(sys.executable).with_name("clientnest-dbt")
    done = subprocess.run(
        [program, *BUILD, *arguments, "--target-path", str(folder / "target"), "--log-path", str(folder)],
        env=os.environ.copy(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]


def built(folder: Path) -> set[tuple[str, str]]:
    """What the last build built: kind and name."""
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    return {(kind, name) for kind, _, name in (result["unique_id"].split(".", 2) for result in results)}


def _as_owner(statement: str) -> list[tuple[object, ...]]:
    with session.etl(role=Role.DBT) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_an_older_version_is_built_anew_and_this_one_only_where_something_came_or_went(
    workspace: UUID, tmp_path: Path
) -> None:
    write(workspace, [post(likes=3)])
    build(tmp_path, "--select", "staging")
    assert _as_owner("SELECT obj_description('marts'::regnamespace)") == [(None,)]  # a part is no version
    build(tmp_path)
    assert {("model", "serve_post"), ("seed", "metric_catalogue"), ("model", "dim_post")} <= built(tmp_path)

    _as_owner("UPDATE marts.dim_post SET text = 'as an older version had it'")
    build(tmp_path)
    assert {name for _, name in built(tmp_path)}.isdisjoint({"serve_post", "metric_catalogue", "stg_raw__post"})
    assert ("model", "dim_post") in built(tmp_path)
    assert _as_owner("SELECT text FROM marts.dim_post") == [("as an older version had it",)]

    _as_owner("DROP VIEW serve.post")
    build(tmp_path)
    assert ("model", "serve_post") in built(tmp_path)
    assert _as_owner("SELECT text FROM marts.dim_post") == [("as an older version had it",)]

    _as_owner("COMMENT ON SCHEMA marts IS 'an older version'")
    build(tmp_path)
    assert _as_owner("SELECT text FROM marts.dim_post") != [("as an older version had it",)]
    assert _as_owner("SELECT obj_description('marts'::regnamespace)") == [(model_version.current(),)]


def test_no_test_of_a_table_is_left_out_with_the_views() -> None:
    nodes = json.loads(ensure_manifest().read_text())["nodes"]
    left_out = {key for key, node in nodes.items() if (node["schema"], node["alias"]) in model_version.unchanging()}
    tests = {key: node["depends_on"]["nodes"] for key, node in nodes.items() if node["resource_type"] == "test"}
    assert left_out
    assert tests
    assert [test for test, read in tests.items() if left_out.intersection(read) and set(read) - left_out] == []


@pytest.mark.parametrize(
    ("arguments", "everything"),
    [
        (("build",), True),
        (("build", "--select", "fqn:*", "--exclude-resource-type", "unit_test"), True),
        (("build", "--full-refresh"), True),
        (("build", "--select", "marts"), False),
        (("build", "--exclude=serve"), False),
        (("run",), False),  # leaves the seeds as they were
        ((), False),
    ],
)
def test_only_builds_of_everything_make_a_version(arguments: tuple[str, ...], everything: bool) -> None:
    assert model_version.builds_everything(arguments) is everything
