"""The Parquet history: all that was captured, per workspace, whole at every moment, rewritten only where it changed."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import fsspec
import pytest

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import PermanentError
from clientnest.records import AccountRow, CaptureRow, PeriodRow
from clientnest.warehouse.history import HistoryReport, export, export_history, manifest, open_history, scan_history
from clientnest.warehouse.history.store import open_store
from clientnest.warehouse.history.tables import TABLES
from tests.conftest import make_workspace
from tests.integration.warehouse.captures import ACME, NOON, post, query, write

pytestmark = pytest.mark.servers("plain", "timescaledb")
AWKWARD = 'two\nlines, "quoted", \\N \\. \t tab, ünïcödé 🎉'


@pytest.fixture(params=["folder", "memory"])
def destination(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A local folder, and a store that is reached through fsspec as object stores are."""
    if request.param == "folder":
        yield str(tmp_path / "history")
        return
    name = f"memory://{tmp_path.name}"
    yield name
    fsspec.filesystem("memory").rm(f"/{tmp_path.name}", recursive=True)


def _export(destination: str | Path, **options: Any) -> HistoryReport:
    with session.etl() as connection:
        return export_history(connection, destination, **options)


def _in_postgres(workspace_id: UUID, table: str) -> list[tuple[Any, ...]]:
    columns = next(one.types for one in TABLES if one.name == table)
    rows = query(f"SELECT {', '.join(columns)} FROM raw.{table} WHERE workspace_id = %s", workspace_id)
    return sorted(tuple(_plain(value) for value in row) for row in rows)


def _in_history(destination: str | Path, workspace_id: UUID, table: str) -> list[tuple[Any, ...]]:
    rows = scan_history(destination, workspace_id, table).fetchall()
    return sorted(tuple(_plain(value) for value in row) for row in rows)


def _plain(value: Any) -> str:
    return repr(value.astimezone(UTC)) if isinstance(value, datetime) else str(value)


def _files(destination: str, table: str = "post_snapshot") -> dict[str, set[str]]:
    """Month → names of its files."""
    found: dict[str, set[str]] = {}
    for file in manifest.load(open_store(destination)).files:
        if file.table == table:
            found.setdefault(file.month[:7], set()).add(file.name)
    return found


def _everything() -> list[CaptureRow]:
    return [
        post("1", likes=1, engagement_rate=0.1, text=AWKWARD, title="", published_at=NOON),
        post("2", days=-40, impressions=2**63 - 1, watch_time_seconds=1e-7),
        post("2", days=30, impressions=-5),
        AccountRow(ACME, NOON, {"followers": 10}),
        PeriodRow(ACME, date(2026, 3, 1), date(2026, 3, 7), NOON, {"views": 5}, "country", "a,b"),
    ]


def test_the_history_holds_every_row_as_postgres_does_each_workspace_apart(workspace: UUID, destination: str) -> None:
    other = make_workspace()
    write(workspace, _everything())
    write(other, [post("1", likes=9)])
    _export(destination)
    for table in ("post_snapshot", "account_snapshot", "account_period", "post"):
        assert _in_history(destination, workspace, table) == _in_postgres(workspace, table)
        assert _in_history(destination, other, table) == _in_postgres(other, table)
    assert scan_history(destination, workspace).pl().height == 3
    assert scan_history(destination, make_workspace()).fetchall() == [], "nothing, with columns, before any capture"
    with open_history(destination, workspace) as reading:
        joined = "SELECT text, likes FROM post_snapshot s JOIN post p ON p.id = s.post_id WHERE external_id = '1'"
        assert reading.sql(joined).fetchall() == [(AWKWARD, 1)]


def test_only_months_that_changed_are_written_again(workspace: UUID, destination: str) -> None:
    write(workspace, [post("1", days=days, likes=1) for days in (0, 30, 60)])
    first = _export(destination)
    before = _files(destination)
    assert set(before) >= {"2026-03", "2026-04", "2026-05"}
    again = _export(destination)
    assert (again.changed_rows, again.partitions) == (0, 0)
    assert _files(destination) == before
    write(workspace, [post("1", days=30, likes=8), post("1", days=31, likes=9)])
    report = _export(destination)
    after = _files(destination)
    assert (report.changed_rows, report.partitions, report.from_load_id) == (2, 1, first.to_load_id)
    assert {month for month in after if after[month] != before[month]} == {"2026-04"}
    assert _in_history(destination, workspace, "post_snapshot") == _in_postgres(workspace, "post_snapshot")


def test_a_reader_keeps_the_state_it_opened(workspace: UUID, destination: str) -> None:
    write(workspace, [post("1", likes=1)])
    _export(destination)
    with open_history(destination, workspace) as early:
        write(workspace, [post("1", likes=7), post("2", likes=7)])
        _export(destination)
        _export(destination)
        assert early.sql("SELECT likes FROM post_snapshot").fetchall() == [(1,)]
    assert scan_history(destination, workspace).aggregate("sum(likes)").fetchall() == [(14,)]


def test_replaced_files_go_once_no_reader_can_need_them(
    workspace: UUID, destination: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(workspace, [post("1", likes=1)])
    _export(destination)
    write(workspace, [post("1", likes=2)])
    _export(destination)
    store = open_store(destination)
    assert len(store.names()) > len(manifest.load(store).files)
    monkeypatch.setattr(manifest, "GRACE", -manifest.GRACE)
    write(workspace, [post("1", likes=3)])
    _export(destination)
    assert sorted(store.names()) == sorted(file.name for file in manifest.load(store).files)


def test_a_large_partition_becomes_several_files_in_order(
    workspace: UUID, destination: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(workspace, [post(str(n), likes=n * 7919 % 1000) for n in range(3_000)])
    monkeypatch.setattr(export, "LARGEST_FILE", 40_000)
    monkeypatch.setattr(export, "_WANTED_FILE", 20_000)
    _export(destination, since_load_id=0)
    assert len(_files(destination)["2026-03"]) > 2
    assert _in_history(destination, workspace, "post_snapshot") == _in_postgres(workspace, "post_snapshot")
    with open_history(destination, workspace) as reading:
        ids = [row[0] for row in reading.sql("SELECT post_id FROM post_snapshot").fetchall()]
    assert ids == sorted(ids)


def test_rows_that_left_postgres_stay_and_late_captures_of_them_are_merged(workspace: UUID, destination: str) -> None:
    write(workspace, [post("1", likes=5, impressions=10), post("2", likes=6)])
    _export(destination)
    query("DELETE FROM raw.post_snapshot WHERE workspace_id = %s", workspace)
    write(workspace, [post("1", likes=4, comments=3), post("1", days=1, likes=7)])
    _export(destination)
    rows = scan_history(destination, workspace).order("captured_at, likes")
    assert rows.project("likes, comments, impressions").fetchall() == [(5, 3, 10), (6, None, None), (7, None, None)]


def test_the_history_of_another_database_is_refused(workspace: UUID, destination: str) -> None:
    write(workspace, [post("1", likes=5)])
    newest = _export(destination).to_load_id
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM raw.load WHERE id = %s", (newest,))
        with pytest.raises(PermanentError, match="do not belong together"):
            export_history(connection, destination)
        connection.rollback()


_EXPORTER = """
import sys
from clientnest.db import session
from clientnest.warehouse.history import export_history
with session.etl() as connection:
    print("begins", flush=True)
    export_history(connection, sys.argv[1])
"""


def _exported_elsewhere(destination: str, seconds: float) -> float | None:
    """Export in another process; how long it took, or None where it had not ended by then and was killed."""
    with subprocess.Popen([sys.executable, "-c", _EXPORTER, destination], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        began = time.monotonic()
        try:
            assert child.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            child.kill()
            return None
        return time.monotonic() - began


@pytest.mark.servers("plain")
def test_killed_at_any_moment_an_export_leaves_the_history_whole(workspace: UUID, tmp_path: Path) -> None:
    """A reader sees the state before or the one after, never part of both; the next export completes it."""
    destination = str(tmp_path / "history")
    write(workspace, [post(str(n), days=days, likes=1) for n in range(1_000) for days in (0, 30, 60, 90)])
    chance, completed = random.Random(20260305), 0
    undisturbed = _exported_elsewhere(destination, 60)
    assert undisturbed is not None
    for likes in range(2, 8):
        write(workspace, [post(str(n), days=days, likes=likes) for n in range(1_000) for days in (0, 30, 60, 90)])
        completed += _exported_elsewhere(destination, chance.uniform(0, undisturbed)) is not None
        seen = scan_history(destination, workspace).aggregate("min(likes), max(likes), count(*)").fetchall()
        assert seen in ([(state, state, 4_000)] for state in range(1, likes + 1))
    assert completed < 6, "at least one was killed on the way"
    _export(destination)
    assert _in_history(destination, workspace, "post_snapshot") == _in_postgres(workspace, "post_snapshot")
    store = open_store(destination)
    known = {file.name for file in manifest.load(store).files} | manifest.load(store).retired.keys()
    assert set(store.names()) == known, "what killed exports left is gone"
