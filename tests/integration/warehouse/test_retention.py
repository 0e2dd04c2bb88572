"""Retention: old months leave Postgres only when the history holds them, and nothing built on them changes."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import psycopg2
import pytest

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.urls import libpq
from clientnest.errors import BadInput, PermanentError
from clientnest.records import PostRow
from clientnest.warehouse.history import manifest, scan_history
from clientnest.warehouse.history.store import open_store
from clientnest.warehouse.history.tables import bucket_of
from clientnest.warehouse.retention import RetentionReport, archive_and_drop
from tests.integration.dbt.conftest import Dbt, dbt  # noqa: F401 -- a fixture
from tests.integration.dbt.contents import contents
from tests.integration.warehouse.captures import ACME, NOON, post, query, write

pytestmark = pytest.mark.servers("plain", "timescaledb")
MAY = date(2026, 5, 1)
METRICS = ("likes", "comments", "shares", "impressions", "views", "engagement_rate")


def _archive(destination: Path, before: date = MAY) -> RetentionReport:
    with session.etl() as connection:
        return archive_and_drop(connection, destination, before=before)


def _pieces() -> list[tuple[datetime, datetime]]:
    return [(row[0], row[1]) for row in query("SELECT first, until FROM raw.post_snapshot_pieces() ORDER BY 1")]


def _captures(seed: int) -> list[PostRow]:
    """Posts captured at odd times for four months, by sources that report different metrics; some counts fall."""
    chance = random.Random(seed)
    rows = []
    for number in range(30):
        published = NOON + timedelta(days=chance.uniform(-10, 60))
        days = [chance.uniform(-5, 24 * 90) for _ in range(10)]
        ages = sorted({0.5, 1.5, 20, 30, *(day + chance.uniform(0, 12) for day in days for _ in range(5))})
        for age in ages:
            known = chance.choice((METRICS[:3], METRICS[:3], METRICS[1:], METRICS[4:], ()))
            totals = {name: round(age * 10) + chance.randint(-20, 20) for name in known if name != "engagement_rate"}
            if "engagement_rate" in known:
                totals["engagement_rate"] = chance.random()  # type: ignore[assignment]
            rows.append(PostRow(ACME, str(number), published + timedelta(hours=age), totals, published_at=published))
    return rows


def _told(table: str, workspace_id: UUID) -> dict[tuple[Any, ...], Any]:
    """What marts read out of snapshots: each metric's last value per day, and its values around each age."""
    rows = query(
        f"SELECT s.post_id, s.captured_at, p.published_at, {', '.join(METRICS)} FROM {table} s "
        "JOIN raw.post p ON p.id = s.post_id WHERE s.workspace_id = %s ORDER BY s.captured_at",
        workspace_id,
    )
    told: dict[tuple[Any, ...], Any] = {}
    for post_id, captured_at, published_at, *values in rows:
        told[post_id, captured_at.astimezone(UTC).date()] = captured_at
        for name, value in zip(METRICS, values, strict=True):
            if value is None:
                continue
            told[post_id, captured_at.astimezone(UTC).date(), name] = value
            for hours in (1, 24, 24 * 7):
                age = published_at + timedelta(hours=hours)
                if captured_at <= age:
                    told[post_id, "before", hours, name] = (captured_at, value)
                if captured_at >= age:
                    told.setdefault((post_id, "after", hours, name), (captured_at, value))
    return told


_UNION = "(SELECT * FROM raw.post_snapshot UNION ALL SELECT * FROM raw.post_snapshot_kept)"


def test_old_months_move_to_the_history_and_leave_what_marts_need(workspace: UUID, tmp_path: Path) -> None:
    rows = _captures(1)
    write(workspace, rows)
    before = _told(_UNION, workspace)
    limit = max(until for _, until in _pieces() if until <= datetime(2026, 5, 1, tzinfo=UTC))
    old = [row for row in rows if row.captured_at < limit]
    report = _archive(tmp_path)
    assert [until for _, until in _pieces() if until <= datetime(2026, 5, 1, tzinfo=UTC)] == []
    assert sum(piece.rows for piece in report.dropped) == len(old)
    assert 0 < sum(piece.kept for piece in report.dropped) < len(old)
    assert query("SELECT count(*) FROM raw.post_snapshot WHERE workspace_id = %s", workspace) == [
        (len(rows) - len(old),)
    ]
    assert _told(_UNION, workspace) == before
    assert scan_history(tmp_path, workspace).aggregate("count(*)").fetchall() == [(len(rows),)]
    assert _archive(tmp_path).dropped == (), "nothing more is that old"


def test_late_captures_of_a_dropped_month_come_back_and_are_archived_again(workspace: UUID, tmp_path: Path) -> None:
    write(workspace, [post("1", likes=5, views=1), post("1", days=0.25, likes=6)])
    _archive(tmp_path)
    kept = "SELECT likes FROM raw.post_snapshot_kept WHERE workspace_id = %s"
    assert query(kept, workspace) == [(5,), (6,)], "the last with views, and the last of all"
    again = write(workspace, [post("1", days=0.25, likes=6)])
    assert (again.snapshots_new, again.snapshots_changed, again.load_id) == (0, 0, None), "what was kept is known"
    write(workspace, [post("1", days=0.25, likes=9), post("1", days=0.1, likes=2)])
    assert query(f"SELECT likes FROM {_UNION} s WHERE workspace_id = %s ORDER BY likes", workspace) == [
        (2,),
        (5,),
        (9,),
    ]
    report = _archive(tmp_path)
    assert [piece.rows for piece in report.dropped] == [2]
    assert query(kept + " ORDER BY likes", workspace) == [(5,), (9,)]
    assert scan_history(tmp_path, workspace).order("likes").project("likes").fetchall() == [(2,), (5,), (9,)]


@pytest.mark.parametrize("damage", ["SELECT * REPLACE (likes + 1 AS likes) FROM '{}'", "FROM '{}' LIMIT 9"])
def test_nothing_is_dropped_where_the_history_does_not_hold_the_same(
    workspace: UUID, tmp_path: Path, damage: str
) -> None:
    write(workspace, [post(str(n), likes=n) for n in range(10)])
    _archive(tmp_path, date(2020, 1, 1))
    store, state = open_store(tmp_path), manifest.load(open_store(tmp_path))
    place = ("post_snapshot", f"{NOON:%Y-%m}-01", bucket_of(workspace))
    (path,) = [Path(store.address(one.name)) for one in state.files if (one.table, one.month, one.bucket) == place]
    duckdb.sql(damage.format(path)).write_parquet(str(path) + ".damaged")
    Path(str(path) + ".damaged").replace(path)
    with pytest.raises(PermanentError, match="nothing was dropped"):
        _archive(tmp_path)
    assert query("SELECT count(*) FROM raw.post_snapshot WHERE workspace_id = %s", workspace) == [(10,)]
    assert query("SELECT count(*) FROM raw.post_snapshot_kept WHERE workspace_id = %s", workspace) == [(0,)]


def test_a_day_to_come_is_refused(workspace: UUID, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="lies in the future"):
        _archive(tmp_path, datetime.now(UTC).date() + timedelta(days=1))


@pytest.mark.parametrize("role", [Role.API, Role.DASHBOARDS, Role.WORKER, Role.DBT])
def test_only_who_writes_captures_may_drop_them(database: str, role: Role) -> None:
    connection = psycopg2.connect(libpq(role))
    with pytest.raises(psycopg2.errors.InsufficientPrivilege), connection, connection.cursor() as cursor:
        cursor.execute("SELECT raw.drop_post_snapshots('2000-01-01', '2100-01-01')")
    connection.close()


def test_marts_built_anew_after_dropping_are_the_same(workspace: UUID, tmp_path: Path, dbt: Dbt) -> None:  # noqa: F811
    for early, late in pairwise([0, 400, 800, 10_000]):
        write(workspace, _captures(2)[early:late])
    dbt("build", "--full-refresh")
    before = _marts()
    assert any(before.values())
    report = _archive(tmp_path)
    assert sum(piece.rows for piece in report.dropped) > 200
    dbt("build", "--full-refresh")
    assert _marts() == before
    dbt("build")
    assert _marts() == before


def _marts() -> dict[str, set[tuple[Any, ...]]]:
    """All rows of all marts without when they were computed, and of which load."""
    tables = query("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname = 'marts'", role=Role.DBT)
    return contents(*(name for (name,) in tables), besides=("built_at", "load_id"))
