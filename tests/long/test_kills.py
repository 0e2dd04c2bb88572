"""kill -9 at twenty random moments each of Postgres, the Dagster daemon, a run and the importer: the same totals.

CLIENTNEST_KILLS and CLIENTNEST_KILLS_SEED choose other numbers.
"""

import os
import random
from pathlib import Path

import pytest

from tests.integration.orchestration.conftest import dagster
from tests.integration.orchestration.kills import Disturbance, assert_same, write_exports
from tests.integration.orchestration.processes import Services

__all__ = ["dagster"]
pytestmark = [pytest.mark.long, pytest.mark.timeout(4 * 3600)]

KILLS = int(os.environ.get("CLIENTNEST_KILLS", "20"))
SEED = int(os.environ.get("CLIENTNEST_KILLS_SEED", "1"))
PER_IMPORT = 2  # a job is given up after its third attempt
LONGEST = {"importer": 4.0, "daemon": 25.0, "run": 25.0, "postgres": 25.0}


@pytest.mark.parametrize("target", LONGEST)
def test_twenty_kills(dagster: Services, tmp_path: Path, target: str) -> None:
    disturbance = Disturbance(dagster, write_exports(tmp_path), random.Random(f"{SEED} {target}"))
    wanted = disturbance.undisturbed()
    for _ in range(-(-KILLS // PER_IMPORT)):
        assert_same(disturbance.disturbed(target, PER_IMPORT, LONGEST[target]), wanted, disturbance.log)
    print("\n".join(disturbance.log))
