"""Expected performance and best times of one workspace, learned from its marts and tracked in MLflow."""

import os
from collections.abc import Iterator

from dagster import (
    AssetExecutionContext,
    AssetSpec,
    BackfillPolicy,
    MaterializeResult,
    MetadataValue,
    define_asset_job,
    in_process_executor,
    multi_asset,
)

from clientnest import settings
from clientnest.errors import BadInput
from orchestration.days import DAYS, note_days, today
from orchestration.defs.transform.assets import dbt_layer
from orchestration.failures import explained
from orchestration.job import JobInHand
from orchestration.launch import LEARN

_READS = [key for key in dbt_layer("marts") if key.path[-1].startswith(("dim_", "fct_post_performance"))]
_PERFORMANCE = AssetSpec(
    ["learning", "performance_model"],
    deps=_READS,
    group_name="learning",
    kinds={"mlflow", "scikitlearn"},
    description="How well a draft may do; champion only where it beats the baselines on later time.",
)
_BEST_TIMES = AssetSpec(
    ["learning", "best_times"],
    deps=_READS,
    group_name="learning",
    kinds={"mlflow", "postgres"},
    description="Hours of the week in which an account's posts do better than its average.",
)


@multi_asset(
    name="learning",
    specs=[_PERFORMANCE, _BEST_TIMES],
    partitions_def=DAYS,
    backfill_policy=BackfillPolicy.single_run(),
)
def learned(context: AssetExecutionContext, job: JobInHand) -> Iterator[MaterializeResult[None]]:
    """Train on all the workspace has, up to today; the run's job names the workspace."""
    with explained(context, job):
        if job.job is None:
            raise BadInput(
                "A training needs a workspace, and this run was started without a job.",
                advice="Launch the job `ask_for_learning`: it queues a training of every workspace with posts.",
            )
        from ml.training import learn_workspace

        job.tell("learning from the posts' results", 0.1)
        outcome = learn_workspace(job.job.workspace_id, tracking_uri=_tracking_uri()).as_dict()
        job.brought(frozenset({today()}), outcome)
        job.done()
    metadata = {"outcome": MetadataValue.json(outcome)}
    for spec in (_PERFORMANCE, _BEST_TIMES):
        yield MaterializeResult(asset_key=spec.key, metadata=metadata)
    note_days(context, dict.fromkeys((_PERFORMANCE.key, _BEST_TIMES.key), metadata), job.days)


learn = define_asset_job(
    LEARN,
    selection=[learned],
    description="Train the models of one workspace; queued after every import and once a week.",
    executor_def=in_process_executor,
)


def _tracking_uri() -> str:
    return os.environ.get("MLFLOW_TRACKING_URI") or f"http://127.0.0.1:{settings.stack().mlflow_port}"
