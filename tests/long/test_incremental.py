"""Many more orders of loads and builds than each run of the tests has time for."""

from random import Random
from uuid import UUID

import pytest

from tests.integration.dbt.conftest import Dbt, dbt
from tests.integration.dbt.test_incremental import assert_built_alike, workspaces

__all__ = ["dbt", "workspaces"]
pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]


@pytest.mark.parametrize("seed", range(2, 22))
def test_any_order_of_loads_and_builds_gives_the_marts_of_a_full_build(
    seed: int,
    dbt: Dbt,
    workspaces: list[UUID],
) -> None:
    assert_built_alike(Random(seed), dbt, workspaces)
