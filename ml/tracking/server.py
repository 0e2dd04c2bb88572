"""The way to MLflow: imported where it is used (it is heavy), with errors in the house's words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from clientnest.errors import Unavailable

_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",  # a model's requirements are named, not taken from whatever folder we run in
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


def open_mlflow(tracking_uri: str) -> Any:
    """The `mlflow` module, led to a tracking server or database. Its usage reports to its makers stay off."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    import mlflow

    mlflow.set_tracking_uri(tracking_uri)
    mlflow.set_registry_uri(tracking_uri)
    return mlflow


@contextmanager
def reachable() -> Iterator[None]:
    """Turns MLflow's and its transport's failures into `Unavailable`, which a caller may retry."""
    from mlflow.exceptions import MlflowException
    from requests.exceptions import RequestException

    try:
        yield
    except (MlflowException, RequestException) as error:
        raise Unavailable(
            f"MLflow did not take the training: {str(error).strip().splitlines()[0]}",
            advice="Check that MLflow runs (`clientnest status`) and train again.",
        ) from error
