"""Dagster's processes for the module, on a database and in folders of its own."""

from collections.abc import Iterator

import pytest

from tests.integration.orchestration.processes import Services, services
from tests.services.processes import free_port


@pytest.fixture(scope="module")
def dagster(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A code server and a daemon, running. Nothing answers where MLflow would be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIENTNEST_HISTORY_URL", str(tmp_path_factory.mktemp("history")))
        patch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
        with services(free_port()) as running:
            running.start()
            yield running
