"""Reading the registry: which versions are champions, and a version's saved model."""

from pathlib import Path
from typing import Any

from ml.tracking.names import ARTIFACT, CHAMPION, PERFORMANCE


def champions(mlflow: Any) -> dict[str, str]:
    """Registered name → version of its champion, for all performance models (one listing, whatever their number)."""
    found: dict[str, str] = {}
    page: str | None = None
    client = mlflow.MlflowClient()
    while True:
        models = client.search_registered_models(
            filter_string=f"name LIKE '{PERFORMANCE}-%'", max_results=1_000, page_token=page
        )
        found.update({model.name: str(model.aliases[CHAMPION]) for model in models if CHAMPION in model.aliases})
        page = models.token
        if not page:
            return found


def fetch(name: str, version: str, folder: Path) -> Path:
    """Download a version's saved model into `folder`; gives the folder to `load`. MLflow must be led to its server."""
    from mlflow.artifacts import download_artifacts

    uri = f"models:/{name}/{version}/artifacts/{ARTIFACT}"
    return Path(download_artifacts(artifact_uri=uri, dst_path=str(folder)))
