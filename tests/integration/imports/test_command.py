"""`clientnest import` as a person or a script calls it, while Dagster is not running."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from clientnest import jobs
from clientnest.cli import app
from clientnest.db import session
from clientnest.db.roles import Role
from tests.conftest import make_workspace
from tests.integration.imports.helpers import claim, run
from tests.unit.exports import files

KEYS = {"file", "format", "rows", "accepted", "rejected", "posts", "snapshots", "period"}


def clientnest(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("clientnest")
    return subprocess.run(
        [program, "import", *map(str, arguments)], env={**os.environ, **environment}, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip


def slug_of(workspace: UUID) -> str:
    return f"t-{workspace.hex}"


def only_job(workspace: UUID) -> jobs.Job:
    with session.etl() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM app.job WHERE workspace_id = %s", (str(workspace),))
        ((job_id,),) = cursor.fetchall()
    with session.tenant(Role.ETL) as tenant:
        return jobs.get(tenant, workspace, UUID(job_id))


def test_a_dry_run_needs_no_database_and_writes_only_its_report(tmp_path: Path) -> None:
    path = files.write(tmp_path, files.x_file(3), "march.csv")
    lost = files.x_row(files.datetime(2025, 3, 9, tzinfo=files.UTC))
    lost[0] = "6.49E+17"
    other = files.write(tmp_path, files.table(files.X_HEADER, [lost, files.x_row(files.datetime(2025, 3, 8))]), "b.csv")
    image = files.write(tmp_path, b"\x89PNG\r\n\x1a\n" + b"0" * 99, "c.csv")
    home = tmp_path / "home"
    nowhere = {"CLIENTNEST_HOME": str(home), "CLIENTNEST_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}

    shown = clientnest(path, other, image, "--dry-run", "--captured-at", "2025-04-01", **nowhere)
    assert shown.returncode == 1, shown.stderr  # one file would be refused
    assert "X content (x_analytics)" in shown.stdout or "x_analytics" in shown.stdout
    assert "Post text → text" in shown.stdout
    assert "PNG image" in shown.stdout
    assert "nothing was imported" in shown.stdout

    told = clientnest(path, other, "--dry-run", "--json", "--captured-at", "2025-04-01", **nowhere)
    assert told.returncode == 0, told.stderr
    answer = json.loads(told.stdout)
    assert list(answer) == ["files"]
    assert all(entry.keys() >= KEYS for entry in answer["files"])
    assert [(e["rows"], e["accepted"], e["posts"], e["snapshots"]) for e in answer["files"]] == [
        (3, 3, 3, 3), (2, 1, 1, 1),
    ]  # fmt: skip
    assert answer["files"][0]["period"] == {"from": "2025-03-01", "to": "2025-03-03"}
    assert answer["files"][1]["rejected"][0].keys() == {"row", "field", "value", "reason"}
    assert [file.name for file in home.rglob("*") if file.is_file()] == ["dry-run-rejected.csv"]


def test_with_dagster_down_the_import_says_so_and_stays_queued(workspace: UUID, tmp_path: Path) -> None:
    path = files.write(tmp_path, files.x_file(2))
    told = clientnest(path, "--workspace", slug_of(workspace), "--json")
    assert told.returncode == 1
    assert "Dagster is not running" in told.stderr
    assert "stays queued" in told.stderr
    assert "Traceback" not in told.stderr
    (entry,) = json.loads(told.stdout)["files"]
    assert (entry["state"], entry["posts"]) == ("waiting", 0)
    job = only_job(workspace)
    assert job.state == "queued"
    assert run(claim(job.id)).imported == 1  # whoever comes later does it


def test_without_waiting_it_returns_at_once(workspace: UUID, tmp_path: Path) -> None:
    told = clientnest(files.write(tmp_path, files.x_file(2)), "--workspace", slug_of(workspace), "--no-wait")
    assert told.returncode == 0
    assert f"Queued as job {only_job(workspace).id}" in told.stderr


def test_folders_are_searched_for_exports(workspace: UUID, tmp_path: Path) -> None:
    files.write(tmp_path, files.x_file(1), "2025/a.csv")
    files.write(tmp_path, files.x_file(2), "2025/march/b.csv")
    files.write(tmp_path, "notes", "2025/readme.md")
    assert clientnest(tmp_path, "--workspace", slug_of(workspace), "--no-wait").returncode == 0
    with session.etl() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT name FROM app.import_file WHERE workspace_id = %s ORDER BY 1", (str(workspace),))
        assert cursor.fetchall() == [("a.csv",), ("b.csv",)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["missing.csv"], "There is no file missing.csv"),
        (["--workspace", "nobodys"], "no workspace with the short name 'nobodys'"),
        (["--timezone", "Mars/Olympus"], "Unknown time zone 'Mars/Olympus'"),
        (["--captured-at", "soon"], "--captured-at 'soon' is no date"),
        (["--map", "Likes"], "--map 'Likes' names no column and field"),
        (["--network", "myspace"], "Unknown network 'myspace'"),
    ],
)
def test_wrong_arguments_get_a_sentence(database: str, tmp_path: Path, arguments: list[Any], sentence: str) -> None:
    told = CliRunner().invoke(app, ["import", str(files.write(tmp_path, files.x_file(1))), *arguments])
    assert (told.exit_code, told.stdout) == (1, "")
    assert sentence in told.stderr


def test_nothing_is_imported_into_the_demo(database: str, tmp_path: Path) -> None:
    demo = make_workspace(is_demo=True)
    path = files.write(tmp_path, files.x_file(1))
    told = CliRunner().invoke(app, ["import", str(path), "--workspace", slug_of(demo)])
    assert told.exit_code == 1
    assert "demo data, so nothing is imported into it" in told.stderr
