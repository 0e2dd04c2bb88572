"""SQL behind the checks on what a run captured. Findings are sentences for people; nothing is changed or refused."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from clientnest.metrics import Grain, columns, sql_type

_SMALL = 50  # snapshots: below, any volume and any share is chance
_FEWER, _MORE = 0.2, 5.0  # of the run before
_COMMON, _RARE = 0.5, 0.02  # shares of snapshots that have a metric
_SILENT_DAYS = 14

_COMPARED = """
WITH run AS (
    SELECT l.workspace_id, l.source, l.run_id, min(l.id) AS first_load, max(l.id) AS last_load,
        min(l.captured_from) AS captured_from, max(l.captured_to) AS captured_to, sum(l.snapshots) AS snapshots
    FROM raw.load l WHERE l.run_id IS NOT NULL GROUP BY 1, 2, 3
)
SELECT r.workspace_id, r.source, r.snapshots, before.snapshots,
    r.first_load, r.last_load, r.captured_from, r.captured_to,
    before.first_load, before.last_load, before.captured_from, before.captured_to
FROM run r JOIN LATERAL (
    SELECT * FROM run o
    WHERE o.workspace_id = r.workspace_id AND o.source = r.source AND o.last_load < r.first_load
    ORDER BY o.last_load DESC LIMIT 1
) before ON before.snapshots >= %(small)s
WHERE r.run_id = %(run)s
"""


def volume(connection: Connection, run_id: str) -> list[str]:
    """Sources that brought far fewer or far more snapshots than in the run before."""
    return [
        f"{source} brought {now:,} snapshots; the time before it was {before:,}."
        for _, source, now, before, *_ in _compared(connection, run_id)
        if not _FEWER <= now / before <= _MORE
    ]


def null_rates(connection: Connection, run_id: str) -> list[str]:
    """Metrics that a source used to give and now hardly ever does."""
    found = []
    for workspace, source, snapshots, _, *bounds in _compared(connection, run_id):
        if snapshots < _SMALL:
            continue
        now = _shares(connection, workspace, source, bounds[:4])
        before = _shares(connection, workspace, source, bounds[4:])
        found += [
            f"{source} gave {name} for {before[name]:.0%} of the snapshots before, and now for {share:.0%}."
            for name, share in now.items()
            if share <= _RARE and before.get(name, 0) >= _COMMON
        ]
    return found


def impossible_values(connection: Connection, run_id: str) -> list[str]:
    """Snapshots of the run that cannot be true as they stand. They are kept, and flagged in the marts."""
    counts = [name for name in columns(Grain.POST) if sql_type(name) == "bigint"]
    checks = {
        "have a negative count": sql.SQL("least({}) < 0").format(_columns("s", counts)),
        "have an engagement rate above 100%": sql.SQL("s.engagement_rate > 1"),
        "were captured in the future": sql.SQL("s.captured_at > now() + interval '1 day'"),
        "were captured before the post was published": sql.SQL("s.captured_at < p.published_at - interval '1 day'"),
    }
    query = sql.SQL(
        "SELECT {} FROM raw.load l JOIN raw.post_snapshot s ON s.workspace_id = l.workspace_id AND s.load_id = l.id "
        "AND s.captured_at BETWEEN l.captured_from AND l.captured_to "
        "JOIN raw.post p ON p.workspace_id = s.workspace_id AND p.id = s.post_id WHERE l.run_id = %(run)s"
    ).format(
        sql.SQL(", ").join(sql.SQL("count(*) FILTER (WHERE {})").format(condition) for condition in checks.values())
    )
    with connection.cursor() as cursor:
        cursor.execute(query, {"run": run_id})
        row = cursor.fetchone() or ()
    return [f"{count:,} snapshots {what}." for what, count in zip(checks, row, strict=True) if count]


def silence(connection: Connection) -> list[str]:
    """Networks of which a workspace (no demo) has had nothing new for a while, most silent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.slug, a.network, max(p.captured_at)::date FROM raw.post p "
            "JOIN app.account a ON a.workspace_id = p.workspace_id AND a.id = p.account_id "
            "JOIN app.workspace w ON w.id = p.workspace_id WHERE NOT w.is_demo GROUP BY 1, 2 "
            "HAVING max(p.captured_at) < now() - make_interval(days => %s) ORDER BY 3",
            (_SILENT_DAYS,),
        )
        return [f"“{slug}” has no numbers of {network} since {last}." for slug, network, last in cursor]


def _compared(connection: Connection, run_id: str) -> list[tuple[Any, ...]]:
    """What each source brought in this run and in the one before, where that was enough to compare with."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARED, {"run": run_id, "small": _SMALL})
        return cursor.fetchall()


def _shares(connection: Connection, workspace: UUID, source: str, bounds: Sequence[object]) -> Mapping[str, float]:
    """Of the snapshots of one run of a source, how many have each metric."""
    names = columns(Grain.POST)
    query = sql.SQL(
        "SELECT count(*), {} FROM raw.post_snapshot s WHERE workspace_id = %s AND source = %s "
        "AND load_id BETWEEN %s AND %s AND captured_at BETWEEN %s AND %s"
    ).format(sql.SQL(", ").join(sql.SQL("count(s.{})").format(sql.Identifier(name)) for name in names))
    with connection.cursor() as cursor:
        cursor.execute(query, (str(workspace), source, *bounds))
        rows, *known = cursor.fetchone() or (0,)
    return {name: count / rows for name, count in zip(names, known, strict=True)} if rows else {}


def _columns(table: str, names: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(table, name) for name in names)
