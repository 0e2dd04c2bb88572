"""The process's one predictor, made in the background: its libraries take seconds to load, and the API answers."""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillLoading
from typing import TYPE_CHECKING

from clientnest import settings
from clientnest.errors import Unavailable

if TYPE_CHECKING:
    from ml.serving import Predictor

_PATIENCE_SECONDS = 20.0


class LoadingPredictor:
    """Starts to load when made; `get` waits for the rest of it."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="predictor")
        self._loading: Future[Predictor] = self._executor.submit(_load)

    def get(self) -> "Predictor":
        """The predictor; `Unavailable` where it takes longer than a request can wait."""
        try:
            return self._loading.result(_PATIENCE_SECONDS)
        except StillLoading as error:
            raise Unavailable("The predictor is still starting.", advice="Try again in half a minute.") from error

    def close(self) -> None:
        """Stop it, after it has loaded if need be."""
        self._executor.submit(lambda: self._loading.result().close())
        self._executor.shutdown(wait=True)


def _load() -> "Predictor":
    from ml.serving import Predictor

    local = f"http://127.0.0.1:{settings.stack().mlflow_port}"
    predictor = Predictor(tracking_uri=os.environ.get("MLFLOW_TRACKING_URI", local))
    predictor.start()
    return predictor
