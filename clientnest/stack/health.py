"""Whether a process answers: plain HTTP on this machine, never through a proxy."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any


def http_ok(port: int, path: str, *, timeout: float = 5) -> bool:
    """Whether GET answers with 2xx."""
    status, _ = _request("GET", port, path, None, timeout)
    return 200 <= status < 300


def graphql(port: int, query: str, *, timeout: float = 10) -> dict[str, Any] | None:
    """What Dagster's webserver answers to a query; None where it does not answer."""
    status, body = _request("POST", port, "/graphql", json.dumps({"query": query}).encode(), timeout)
    if status != 200:
        return None
    answer: dict[str, Any] = json.loads(body).get("data") or {}
    return answer


def accepts(address: Path | int, *, timeout: float = 2) -> bool:
    """Whether something listens on a socket's path or a port of this machine."""
    kind, where = (
        (socket.AF_UNIX, str(address)) if isinstance(address, Path) else (socket.AF_INET, ("127.0.0.1", address))
    )
    with socket.socket(kind) as probe:
        probe.settimeout(timeout)
        try:
            probe.connect(where)
        except OSError:
            return False
    return True


def _request(method: str, port: int, path: str, body: bytes | None, timeout: float) -> tuple[int, bytes]:
    """Status and body; status 0 where nothing answers in time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()
