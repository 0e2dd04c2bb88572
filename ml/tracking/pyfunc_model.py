"""The MLflow face of a saved performance model (MLflow runs this file when it loads a version as a pyfunc).

Input: the columns `MODEL_COLUMNS` of `ml.features.build`, one row per post. Output: `prediction`, `low`, `high` (80%
interval) and `baseline`, all in log1p of engagement.
"""

from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import polars as pl
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from ml.models.performance.saved import load
from ml.tracking.names import ARTIFACT


class Performance(PythonModel):
    """Any model with this signature can stand beside it."""

    def load_context(self, context: Any) -> None:
        self._model = load(Path(context.artifacts[ARTIFACT]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        del context, params  # of MLflow's signature; the model needs neither
        predicted = self._model.predict(pl.from_pandas(model_input))
        return pd.DataFrame(
            {
                "prediction": predicted.value,
                "low": predicted.low,
                "high": predicted.high,
                "baseline": predicted.baseline,
            }
        )


set_model(Performance())
