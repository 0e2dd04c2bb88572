"""The way to MLflow: imported where it is used (it is heavy), with errors in the house's words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from clientnest.errors import PermanentError, Unavailable

_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",  # a model's requirements are named, not taken from whatever folder we run in
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}

# The last is two trainings making the same experiment or model at once. A connection that fails is an INTERNAL_ERROR.
_PASSING = {"INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "RESOURCE_ALREADY_EXISTS"}


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
    """Turns MLflow's failures into ours: `Unavailable` where trying again may help, else `PermanentError`."""
    from mlflow.exceptions import MlflowException
    from requests.exceptions import RequestException

    try:
        yield
    except (MlflowException, RequestException) as error:
        said = f"MLflow did not take the training: {str(error).strip().splitlines()[0]}"
        if isinstance(error, MlflowException) and error.error_code not in _PASSING:
            raise PermanentError(said, advice="MLflow's own words above say what it refuses.") from error
        raise Unavailable(said, advice="Check that MLflow runs (`clientnest status`) and train again.") from error
