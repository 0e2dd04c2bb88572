"""The API does what its OpenAPI document says: generated requests get no 5xx, and nothing that is not described."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok

from api.main import create_app
from tests.worlds import World

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
# What is no good may also be too much, or not say what it was decided on.
REFUSED = ["400", "401", "403", "404", "406", "409", "412", "413", "422", "428"]
CONFIG = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSED}}})
OPERATIONS = [
    found.ok()
    for found in schemathesis.openapi.from_dict(create_app().openapi(), config=CONFIG).get_all_operations()
    if isinstance(found, Ok)
]
CASES = [
    pytest.param(operation, mode, id=f"{operation.label} {mode.value}")
    for operation in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or operation.body or operation.query or operation.path_parameters
]


@pytest.mark.parametrize(("operation", "mode"), CASES)
def test_generated_requests_are_answered_as_described(
    operation: Any, mode: GenerationMode, running: tuple[str, int], world: World
) -> None:
    mine, address = world.mine, "http://{}:{}".format(*running)
    existing = {"workspace_id": mine.workspace_id, "account_id": mine.accounts["x"], "measured_id": mine.posts["x"],
                "job_id": mine.job_id}  # fmt: skip

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
              phases=(Phase.explicit, Phase.generate))  # fmt: skip
    def run(case: Any) -> None:
        for name in case.path_parameters or {}:  # or nearly every request would end with the same 404
            if mode is GenerationMode.POSITIVE and name in existing:
                case.path_parameters[name] = str(existing[name])
        # Rules between fields, and ids of nothing, refuse requests that fit the schema: that check is left out.
        case.call_and_validate(address, headers=mine.headers, excluded_checks=[positive_data_acceptance])

    run()
