"""Assets are partitioned by the UTC day on which numbers were captured, never by the day of publication.

One run covers the range from an import's first day to its last, which may be years with a capture a month. Dagster
would note a materialization of every asset for every day of the range; here only the days that were touched are noted
(37 instead of 1,096 for three years of monthly exports), and in batches.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from dagster import AssetExecutionContext, AssetKey, AssetMaterialization, DailyPartitionsDefinition
from dagster._core.events import DagsterEvent, DagsterEventBatchMetadata
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    EXTERNALLY_MANAGED_ASSETS_TAG,
)

FIRST = date(2004, 1, 1)  # before the first of today's networks
DAYS = DailyPartitionsDefinition(start_date=FIRST.isoformat(), timezone="UTC", end_offset=1)


def range_tags(first: date, last: date) -> dict[str, str]:
    """A run's tags for the range of days it covers, whose materializations the run notes itself (`note_days`)."""
    return {
        ASSET_PARTITION_RANGE_START_TAG: _within(first).isoformat(),
        ASSET_PARTITION_RANGE_END_TAG: _within(last).isoformat(),
        EXTERNALLY_MANAGED_ASSETS_TAG: "true",
    }


def notes_its_own_days(context: AssetExecutionContext) -> bool:
    """Whether this run was started with `range_tags`."""
    return context.run.tags.get(EXTERNALLY_MANAGED_ASSETS_TAG) == "true"


def note_days(
    context: AssetExecutionContext, assets: Mapping[AssetKey, Mapping[str, Any]], days: Iterable[date]
) -> None:
    """Note that the assets (with their metadata) are up to date for these days. Does nothing in a run without
    `range_tags`, where Dagster does it."""
    if not notes_its_own_days(context):
        return
    keys = sorted({_within(day).isoformat() for day in days})
    for asset, metadata in assets.items():
        batch = str(uuid4())
        for key in keys:
            DagsterEvent.asset_materialization(
                context.get_step_execution_context(),
                AssetMaterialization(asset, partition=key, metadata=metadata),
                DagsterEventBatchMetadata(batch, is_end=key == keys[-1]),
            )


def today() -> date:
    """The current day in UTC, the last partition there is."""
    return datetime.now(UTC).date()


def _within(day: date) -> date:
    """The day, or the nearest one there is (exports may be dated at the end of a month that lasts)."""
    return min(max(day, FIRST), today())
