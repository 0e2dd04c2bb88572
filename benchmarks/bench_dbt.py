"""What a new day costs on top of a long history, and how soon the overview has its numbers on it.

Two histories of one brand with 100 accounts: five million snapshots and one million. On each: all tables built at once,
then three new days of 6,150 snapshots, one after the other. Times are those of models and data tests in dbt's
`run_results.json`; what dbt takes to start is told apart. The overview is read as its page reads it, as the role of the
dashboards, first with a connection to be opened and then again.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.dbt_history import CAPTURES_PER_POST, make_day, make_history
from benchmarks.harness import Figure, at_most, execute, installation, median, report, seconds
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.warehouse import serve
from clientnest.warehouse.serve import Filters

DAY_POSTS = 1_000
DAYS = 3


@dataclass(frozen=True)
class Build:
    """Seconds of models and tests together, of dbt from its start to its end, and the slowest parts."""

    work: float
    whole: float
    slowest: dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--small-rows", type=int, default=1_000_000)
    options = parser.parse_args()
    small_full, small_days, _ = _history(options.small_rows)
    full, days, overview = _history(options.rows, look=True)
    day, small_day = median([build.work for build in days]), median([build.work for build in small_days])
    how = f"median of {DAYS} days of {6 * DAY_POSTS + 150:,} snapshots on {options.rows:,}"
    report(
        "dbt",
        [
            at_most("a new day, of the time of a full build", 100 * day / full.work, "%", 15, how),
            at_most("… against the same day on a fifth of the history", day / small_day, "×", 1.5,
                    f"on {options.small_rows:,} snapshots"),
            Figure("… in seconds of models and tests", day, "s", how=how),
            Figure("… with dbt's own start", median([build.whole for build in days]), "s", how=how),
            Figure("full build, models and tests", full.work, "s", how=f"{options.rows:,} snapshots, once"),
            at_most("overview of the last 28 days, data ready", median(overview[1:]), "s", 1,
                    f"one brand with {options.rows:,} snapshots, median of {len(overview) - 1}"),
            at_most("… for whoever comes first", overview[0], "s", 1, "with a connection to be opened, once"),
        ],
        {
            "full": full.__dict__, "days": [build.__dict__ for build in days], "small_full": small_full.__dict__,
            "small_days": [build.__dict__ for build in small_days], "overview": overview,
        },
    )  # fmt: skip


def _history(rows: int, *, look: bool = False) -> tuple[Build, list[Build], list[float]]:
    with installation() as home:
        with session.etl(role=Role.MIGRATE) as connection:
            make_history(connection, rows // CAPTURES_PER_POST)
        execute("ANALYZE", role=Role.MIGRATE)
        full = _build(home)
        _tell(f"{rows:,} snapshots, all at once", full)
        days = []
        for number in range(DAYS):
            with session.etl(role=Role.MIGRATE) as connection:
                make_day(connection, DAY_POSTS)
            days.append(_build(home))
            _tell(f"{rows:,} snapshots and day {number + 1}", days[-1])
        overview = []
        if look:
            session.forget()
            overview = [seconds(_overview) for _ in range(8)]
    return full, days, overview


def _build(home: Path) -> Build:
    """As Dagster builds: without unit tests."""
    program = Path(sys.executable).with_name("clientnest-dbt")
    target = home / "dbt"
    whole = seconds(
        lambda: subprocess.run(
            [program, "--quiet", "build", "--exclude-resource-type", "unit_test", "--target-path", str(target),
             "--log-path", str(target)], check=True,
        )
    )  # fmt: skip
    results = json.loads((target / "run_results.json").read_text())["results"]
    times = {result["unique_id"].split(".", 2)[-1]: result["execution_time"] for result in results}
    slowest = dict(sorted(times.items(), key=lambda item: -item[1])[:8])
    return Build(sum(times.values()), whole, {name: round(taken, 3) for name, taken in slowest.items()})


def _overview() -> None:
    """What `dashboards/pages/overview.py` reads, in its order."""

    def ask(read: Any, *arguments: Any, **options: Any) -> Any:
        with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
            return read(connection, *arguments, **options)

    ((workspace_id,),) = execute("SELECT id FROM app.workspace")
    ask(serve.accounts)
    period = ask(serve.latest_period, 28)
    found = ask(serve.overview, Filters(), period)
    ask(serve.standouts, Filters(period=period), limit=5)
    ask(serve.daily, period)
    ask(serve.daily, period.before())
    if not found.posts:
        sys.exit("The overview of the benchmark is empty.")


def _tell(what: str, build: Build) -> None:
    print(f"  {what}: {build.work:.1f} s of {build.whole:.1f} s; {build.slowest}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
