"""MLflow's tables are made before it serves anybody: it answers several first requests at once."""

import os
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from clientnest import settings
from clientnest.stack.layout import Layout
from clientnest.stack.plan import Step
from clientnest.stack.services import Ports, mlflow_environment
from clientnest.stack.steps import Start
from tests.services.processes import free_port, process

FIRST = ("experiments/get?experiment_id=0", "registered-models/search?max_results=10")


class Silent:
    """A display that shows nothing."""

    def __getattr__(self, _name: str) -> Any:
        return lambda *_arguments: None


def test_the_first_requests_may_come_all_at_once(database: str, tmp_path: Path) -> None:
    port = free_port()
    layout = Layout(settings.core().home)
    base: Mapping[str, str] = dict(os.environ)
    start = Start(layout, Ports(0, 0, 0, port, 0), base, "test", Silent(), threading.Event())
    (step,) = (item for item in start.plan().items if isinstance(item, Step) and item.key == "models")
    step.action()
    address = f"http://127.0.0.1:{port}"
    serve = ["uvicorn", "mlflow.server.fastapi_app:app", "--port", str(port), "--log-level", "warning"]
    with process(serve, f"{address}/health", tmp_path / "log", **mlflow_environment(layout, base)):
        with ThreadPoolExecutor(4) as crowd:
            asked = [crowd.submit(httpx.get, f"{address}/api/2.0/mlflow/{path}", timeout=40) for path in FIRST * 2]
        assert [answer.result().status_code for answer in asked] == [200] * 4
