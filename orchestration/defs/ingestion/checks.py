"""Checks on what a run captured: they warn and never stop numbers from being shown."""

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    MetadataValue,
    asset_check,
)

from clientnest.db import session
from orchestration.defs.ingestion import quality
from orchestration.defs.ingestion.assets import RAW

_SNAPSHOTS = RAW["post_snapshot"]


@asset_check(asset=_SNAPSHOTS, description="As many snapshots as the run before of the same source, roughly.")
def volume(context: AssetCheckExecutionContext) -> AssetCheckResult:
    with session.etl() as connection:
        return _result(quality.volume(connection, context.run.run_id))


@asset_check(asset=_SNAPSHOTS, description="Metrics that a source used to give are still given.")
def null_rates(context: AssetCheckExecutionContext) -> AssetCheckResult:
    with session.etl() as connection:
        return _result(quality.null_rates(connection, context.run.run_id))


@asset_check(asset=_SNAPSHOTS, description="No negative counts, rates above 100%, or captures out of time.")
def impossible_values(context: AssetCheckExecutionContext) -> AssetCheckResult:
    with session.etl() as connection:
        return _result(quality.impossible_values(connection, context.run.run_id))


@asset_check(asset=_SNAPSHOTS, description="Every network of a workspace has numbers of the last two weeks.")
def freshness(context: AssetCheckExecutionContext) -> AssetCheckResult:  # noqa: ARG001 -- Dagster gives it
    with session.etl() as connection:
        return _result(quality.silence(connection))


CHECKS: tuple[AssetChecksDefinition, ...] = (volume, null_rates, impossible_values, freshness)


def _result(findings: list[str]) -> AssetCheckResult:
    return AssetCheckResult(
        passed=not findings,
        severity=AssetCheckSeverity.WARN,
        description=" ".join(findings[:10]) or None,
        metadata={"findings": MetadataValue.json(findings)},
    )
