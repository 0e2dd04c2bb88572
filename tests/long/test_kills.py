"""kill -9 at twenty random moments each of Postgres, the Dagster daemon, a run and the importer: the same totals.

CLIENTNEST_KILLS and CLIENTNEST_KILLS_SEED choose other numbers. A moment at which there was nothing to kill does not
count. When all four are through, the report is written among the results of the benchmarks.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.harness import Figure, at_least, report
from tests.integration.orchestration.conftest import dagster
from tests.integration.orchestration.kills import Disturbance, assert_same, write_exports
from tests.integration.orchestration.processes import Services

__all__ = ["dagster"]
pytestmark = [pytest.mark.long, pytest.mark.timeout(4 * 3600)]

KILLS = int(os.environ.get("CLIENTNEST_KILLS", "20"))
SEED = int(os.environ.get("CLIENTNEST_KILLS_SEED", "1"))
PER_IMPORT = 2  # a job is given up after its third attempt
TARGETS = {"postgres": "Postgres", "daemon": "the Dagster daemon", "run": "a run", "importer": "the importer"}


@pytest.fixture(scope="module")
def survived() -> Iterator[dict[str, Disturbance]]:
    """What each target's test leaves; the report is written where none failed."""
    found: dict[str, Disturbance] = {}
    yield found
    if set(found) == set(TARGETS):
        figures: list[Figure] = [
            at_least(
                f"kill -9 of {label} at random moments of an import, totals as undisturbed", found[target].hits,
                "kills", KILLS, f"seed {SEED}, {len(found[target].log)} moments over {found[target].took:.0f} s each",
            )
            for target, label in TARGETS.items()
        ]  # fmt: skip
        moments = {target: one.log for target, one in found.items()}
        report("kills", figures, {"seed": SEED, "moments": moments}, command="make test-long")


@pytest.mark.parametrize("target", TARGETS)
def test_totals_survive_kills(dagster: Services, tmp_path: Path, target: str, survived: dict[str, Disturbance]) -> None:
    disturbance = Disturbance(dagster, write_exports(tmp_path), random.Random(f"{SEED} {target}"))
    wanted = disturbance.undisturbed()
    assert wanted["posts in marts"]
    while disturbance.hits < KILLS:
        assert len(disturbance.log) < 6 * KILLS, disturbance.log
        assert_same(disturbance.disturbed([target] * PER_IMPORT, disturbance.took), wanted, disturbance.log)
    survived[target] = disturbance
