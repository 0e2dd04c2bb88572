"""An ASGI application on a port of this machine, within this process, so that a test can change what it does."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


@contextmanager
def served(app: Any, **options: Any) -> Iterator[str]:
    """The server runs until the end of the block: gives host and port, as `127.0.0.1:8000`. `options`: uvicorn's."""
    listening = socket.create_server(("127.0.0.1", 0))
    host, port = listening.getsockname()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, **options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        until = time.monotonic() + 60
        while not server.started:
            assert thread.is_alive(), "it did not start"
            assert time.monotonic() < until
            time.sleep(0.02)
        yield f"{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()
