"""Dagster's processes for the module, on a database and in folders of its own."""

import socket
from collections.abc import Iterator

import pytest

from tests.integration.orchestration.processes import Services, services


@pytest.fixture(scope="module")
def dagster(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A code server and a daemon, running. Nothing answers where MLflow would be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIENTNEST_HISTORY_URL", str(tmp_path_factory.mktemp("history")))
        patch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
        with services(free_port()) as running:
            running.start()
            yield running


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
