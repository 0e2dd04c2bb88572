"""What serves drafts never loads what trains, nor MLflow before it is asked for."""

import subprocess
import sys
from uuid import UUID, uuid4

import pytest

from ml.features import Target
from ml.tracking.names import from_registered_name, registered_name


def test_importing_the_predictor_loads_neither_training_nor_mlflow() -> None:
    heavy = "sklearn", "mlflow", "ml.training", "ml.evaluation", "ml.models.performance.fit", "dagster", "fastapi"
    code = f"import sys, ml.serving; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("target", Target)
def test_a_registered_name_leads_back_to_its_workspace_and_target(target: Target) -> None:
    workspace = uuid4()
    assert from_registered_name(registered_name(workspace, target)) == (workspace, target)


@pytest.mark.parametrize("name", ["performance-", "performance-demo", f"performance-{UUID(int=1)}-30d", "my-model"])
def test_models_of_others_are_left_alone(name: str) -> None:
    assert from_registered_name(name) is None
