"""The API as a real server, for tests that speak HTTP by hand or from a generator."""

import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn

from api.main import create_app
from tests.worlds import World


@pytest.fixture(scope="module")
def running(world: World) -> Iterator[tuple[str, int]]:
    """Host and port of a server over the built world."""
    listening = socket.create_server(("127.0.0.1", 0))
    host, port = listening.getsockname()
    server = uvicorn.Server(uvicorn.Config(create_app(), log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.05)
    draft = {"account_id": str(world.mine.accounts["x"]), "planned_at": "2026-03-01T09:00:00Z"}
    path = f"http://{host}:{port}/v1/workspaces/{world.mine.workspace_id}/predict"
    while httpx.post(path, json={"drafts": [draft]}, headers=world.mine.headers, timeout=120).status_code == 503:
        time.sleep(0.5)  # its predictor is loading
    yield host, port
    server.should_exit = True
    thread.join()
