"""The tables of `raw` as assets: one run writes them all, for the job it was started for."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetKey, AssetSpec, BackfillPolicy, MaterializeResult, multi_asset

from orchestration.days import DAYS, note_days
from orchestration.defs.ingestion.captures import bring
from orchestration.failures import explained
from orchestration.job import JobInHand

_TABLES = {
    "load": "One row per transaction that changed anything.",
    "post": "Posts with what describes them.",
    "post_snapshot": "Cumulative totals of a post at a time of capture.",
    "post_snapshot_kept": "Of months that moved to the history, the snapshots that models still need.",
    "account_snapshot": "Totals of an account at a time of capture.",
    "account_period": "What a network reports about an account for a period.",
}
RAW = {name: AssetKey(["raw", name]) for name in _TABLES}
_SHARE = 0.6  # of a job's progress is reading and writing


@multi_asset(
    name="raw",
    specs=[
        AssetSpec(RAW[name], description=text, group_name="raw", kinds={"postgres"}, skippable=True)
        for name, text in _TABLES.items()
    ],
    partitions_def=DAYS,
    backfill_policy=BackfillPolicy.single_run(),
)
def raw(context: AssetExecutionContext, job: JobInHand) -> Iterator[MaterializeResult[None]]:
    """Bring what the run's job asks for. Where nothing of it could be used, the job ends here and nothing follows; a
    run started by hand brings nothing and refreshes what follows."""
    metadata = {}
    if job.job is not None:
        with explained(context, job):
            captured = bring(job.job, context.run.run_id, lambda step, share: job.tell(step, share * _SHARE))
            job.brought(captured.days, captured.result)
            if not captured.days:
                job.done()
                return
            metadata = {**captured.result, "days": len(captured.days)}
    for key in RAW.values():
        yield MaterializeResult(asset_key=key, metadata=metadata)
    note_days(context, dict.fromkeys(RAW.values(), metadata), job.days)
