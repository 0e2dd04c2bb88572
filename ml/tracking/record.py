"""Writing a training into MLflow: a run with its evidence, and for a champion a registered version with its alias."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from clientnest.errors import PermanentError
from ml.evaluation.best_hours import JudgedHours
from ml.evaluation.gate import Verdict
from ml.evaluation.performance import Judged
from ml.features import Target
from ml.models.performance.fit import FitConfig
from ml.models.performance.model import MODEL_COLUMNS, PerformanceModel
from ml.models.performance.saved import load, save
from ml.tracking.card import DataFacts, model_card
from ml.tracking.names import ARTIFACT, BEST_TIMES, CHALLENGER, CHAMPION, PERFORMANCE, registered_name
from ml.tracking.registry import fetch
from ml.tracking.server import open_mlflow, reachable

_PYFUNC = Path(__file__).with_name("pyfunc_model.py")  # MLflow keeps a copy and runs it; not imported here


@dataclass(frozen=True)
class Tracked:
    """Where a training is found in MLflow. `version` is None where nothing was registered."""

    run_id: str
    model_name: str | None = None
    version: str | None = None


def track_performance(
    tracking_uri: str,
    *,
    target: Target,
    facts: DataFacts,
    judged: Judged,
    verdict: Verdict,
    model: PerformanceModel | None,
    example: pl.DataFrame,
    config: FitConfig,
    seed: int,
) -> Tracked:
    """One run in the experiment `performance`. `model` (given for a champion) is registered, read back, and promoted.

    example: features of one post that is nobody's, for the signature and the input example.
    """
    mlflow = open_mlflow(tracking_uri)
    name, card = registered_name(facts.workspace_id, target), model_card(target, facts, judged, verdict)
    with reachable():
        mlflow.set_experiment(PERFORMANCE)
        with mlflow.start_run(run_name=name, tags=_tags(facts, verdict)) as run:
            mlflow.log_params({**config.as_params(), "seed": seed, "target": target.key, **_facts(facts)})
            mlflow.log_text(card, "model_card.md")
            version = _register(mlflow, name, model, example) if model is not None else None
            # After the model: MLflow reads back the whole history of each metric when it logs one.
            mlflow.log_metrics(_performance_metrics(judged))
        if model is None or version is None:
            return Tracked(run.info.run_id)
        mlflow.MlflowClient().update_model_version(name, version, card)
    _promote(mlflow, name, version, model, example)
    return Tracked(run.info.run_id, name, version)


def track_best_times(
    tracking_uri: str, *, facts: DataFacts, judged: JudgedHours, verdict: Verdict, table: pl.DataFrame
) -> Tracked:
    """One run in the experiment `best-times`, with the table as an artefact."""
    mlflow = open_mlflow(tracking_uri)
    with reachable():
        mlflow.set_experiment(BEST_TIMES)
        with mlflow.start_run(run_name=f"best-times-{facts.workspace_id}", tags=_tags(facts, verdict)) as run:
            mlflow.log_params(_facts(facts))
            figures = {**judged.uplift, "realised": judged.realised}
            mlflow.log_metrics(
                {
                    f"{name}_{key}": float(value)
                    for name, found in figures.items()
                    if found is not None
                    for key, value in found.as_dict().items()
                }
            )
            mlflow.log_text(table.write_csv(), "best_times.csv")
            return Tracked(run.info.run_id)


def _tags(facts: DataFacts, verdict: Verdict) -> dict[str, str]:
    return {
        "workspace_id": str(facts.workspace_id),
        "demo": str(facts.is_demo).lower(),
        "outcome": verdict.outcome,
        "reason": verdict.reason,
    }


def _facts(facts: DataFacts) -> dict[str, Any]:
    return {
        "posts": facts.posts,
        "accounts": facts.accounts,
        "data_from": facts.data_from.isoformat(),
        "data_to": facts.data_to.isoformat(),
        "data_fingerprint": facts.fingerprint,
    }


def _performance_metrics(judged: Judged) -> dict[str, float]:
    metrics = {f"model_{key}": float(value) for key, value in judged.scores.as_dict().items()}
    for name, scores in judged.baselines.items():
        metrics.update({f"{name}_{key}": float(value) for key, value in scores.as_dict().items()})
    for name, comparison in judged.comparisons.items():
        metrics.update({f"error_gain_over_{name}_{key}": v for key, v in comparison.error.as_dict().items()})
        if comparison.rho is not None:
            metrics.update({f"rho_gain_over_{name}_{key}": v for key, v in comparison.rho.as_dict().items()})
    metrics["coverage_80"] = judged.coverage
    for name, (share, _) in judged.coverage_by_history.items():
        metrics[f"coverage_80_history_{name.replace('+', '_up')}"] = share
    return metrics


def _register(mlflow: Any, name: str, model: PerformanceModel, example: pl.DataFrame) -> str:
    """Log the model in the current run and register it as the next version of `name`."""
    from mlflow.models import infer_signature

    given = example.select(MODEL_COLUMNS).with_columns(pl.selectors.numeric().cast(pl.Float64)).to_pandas()
    predicted = model.predict(example)
    answer = pl.DataFrame(
        {"prediction": predicted.value, "low": predicted.low, "high": predicted.high, "baseline": predicted.baseline}
    ).to_pandas()
    with tempfile.TemporaryDirectory(prefix="clientnest-model-") as folder:
        saved = Path(folder) / ARTIFACT
        save(model, saved)
        logged = mlflow.pyfunc.log_model(
            name=PERFORMANCE,
            python_model=str(_PYFUNC),
            artifacts={ARTIFACT: str(saved)},
            signature=infer_signature(given, answer),
            input_example=given,
            pip_requirements=[f"{package}=={_version(package)}" for package in ("mlflow", "numpy", "polars", "scipy")],
            registered_model_name=name,
        )
    return str(logged.registered_model_version)


def _promote(mlflow: Any, name: str, version: str, model: PerformanceModel, example: pl.DataFrame) -> None:
    """A version is the challenger until what the registry gives back predicts what was trained; then the champion."""
    with reachable():
        client = mlflow.MlflowClient()
        client.set_registered_model_alias(name, CHALLENGER, version)
    with tempfile.TemporaryDirectory(prefix="clientnest-model-") as folder:
        with reachable():
            held = load(fetch(name, version, Path(folder)))
        if not np.array_equal(held.predict(example).value, model.predict(example).value):
            raise PermanentError(
                f"Version {version} of {name} does not predict what the trained model does.",
                advice="It stays the challenger; the champion is unchanged. Train again, and report this.",
            )
    with reachable():
        client.set_registered_model_alias(name, CHAMPION, version)
        client.delete_registered_model_alias(name, CHALLENGER)


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)
