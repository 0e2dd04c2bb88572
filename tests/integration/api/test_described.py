"""The API does what its OpenAPI document says: generated requests get no 5xx, and nothing that is not described."""

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance
from schemathesis.core.result import Ok

from api.main import create_app
from tests.worlds import World

OPERATIONS = [
    found.ok()
    for found in schemathesis.openapi.from_dict(create_app().openapi()).get_all_operations()
    if isinstance(found, Ok)
]
CASES = [
    pytest.param(operation, mode, id=f"{operation.label} {mode.value}")
    for operation in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or operation.body or operation.query or operation.path_parameters
]


@pytest.fixture(scope="module")
def address(running: tuple[str, int], world: World) -> str:
    """Where the API listens; its predictor has loaded."""
    address = "http://{}:{}".format(*running)
    draft = {"account_id": str(world.mine.accounts["x"]), "planned_at": "2026-03-01T09:00:00Z"}
    path = f"{address}/v1/workspaces/{world.mine.workspace_id}/predict"
    assert httpx.post(path, json={"drafts": [draft]}, headers=world.mine.headers, timeout=120).status_code == 200
    return address


@pytest.mark.parametrize(("operation", "mode"), CASES)
def test_generated_requests_are_answered_as_described(
    operation: Any, mode: GenerationMode, address: str, world: World
) -> None:
    mine = world.mine
    existing = {"workspace_id": mine.workspace_id, "account_id": mine.accounts["x"], "post_id": mine.posts["x"],
                "job_id": mine.job_id}  # fmt: skip

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
              phases=(Phase.explicit, Phase.generate))  # fmt: skip
    def run(case: Any) -> None:
        for name in case.path_parameters or {}:  # or nearly every request would end with the same 404
            if mode is GenerationMode.POSITIVE and name in existing:
                case.path_parameters[name] = str(existing[name])
        # Rules between fields, and ids of nothing, refuse requests that fit the schema: that check is left out.
        case.call_and_validate(base_url=address, headers=mine.headers, excluded_checks=[positive_data_acceptance])

    run()
