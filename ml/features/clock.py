"""Wall-clock time in the account's own zone: people live by their clocks, through every daylight-saving change."""

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

HOURS_OF_WEEK = 168


def local_clock(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `hour` (0–23), `weekday` (0 = Monday), `hour_of_week` (0–167) of `published_at` in each row's `timezone`.

    Hours are NULL where `time_known` is false. A zone the system does not know is read as UTC. Row order is kept.
    """
    indexed = frame.with_row_index("_row")
    parts = [
        part.with_columns(_local=pl.col("published_at").dt.convert_time_zone(_known(str(zone))))
        .with_columns(
            hour=pl.when("time_known").then(pl.col("_local").dt.hour().cast(pl.Int16)),
            weekday=(pl.col("_local").dt.weekday() - 1).cast(pl.Int16),
            local_day=pl.col("_local").dt.date(),
        )
        .drop("_local")
        for (zone,), part in indexed.group_by("timezone", maintain_order=True)
    ]
    if not parts:
        clock = (pl.Series(name, [], dtype) for name, dtype in (("hour", pl.Int16), ("weekday", pl.Int16)))
        parts = [indexed.with_columns(*clock, pl.Series("local_day", [], pl.Date))]
    return (
        pl.concat(parts)
        .sort("_row")
        .with_columns(hour_of_week=(pl.col("weekday") * 24 + pl.col("hour")).cast(pl.Int16))
        .drop("_row")
    )


@lru_cache(maxsize=1_000)
def _known(zone: str) -> str:
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, not a name, a folder of zones
        return "UTC"
