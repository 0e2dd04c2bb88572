"""A few kills of each kind; `tests/long/test_kills.py` does twenty."""

import random
from pathlib import Path

import pytest

from tests.integration.orchestration.kills import Disturbance, assert_same
from tests.integration.orchestration.processes import Services

pytestmark = pytest.mark.timeout(1800)


def test_totals_are_the_same_after_kills_of_everything_that_takes_part(dagster: Services, exports: list[Path]) -> None:
    disturbance = Disturbance(dagster, exports, random.Random(3))
    wanted = disturbance.undisturbed()
    assert wanted["posts in marts"]
    for target, longest in (("importer", 3.0), ("daemon", 12.0), ("run", 12.0), ("postgres", 12.0)):
        assert_same(disturbance.disturbed(target, kills=2, longest=longest), wanted, disturbance.log)
