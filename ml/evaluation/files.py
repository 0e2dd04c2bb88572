"""Posts with their results from a file in the canonical columns, for benchmarks and for judging on other data."""

from pathlib import Path

import polars as pl

from clientnest.errors import BadInput
from ml.features import as_posts

_TYPES = {"photo": "image", "status": "text", "picture": "image"}  # older names of networks for our formats


def read_posts(path: Path, *, timezone: str = "UTC") -> pl.DataFrame:
    """Canonical posts from Parquet or CSV with `network, account_id, post_id, published_at (UTC), post_type, text,
    link_title?, reactions, comments, shares`; results are final totals. `BadInput` names what is missing."""
    if path.suffix not in {".parquet", ".csv"}:
        raise BadInput(f"{path.name} is neither .parquet nor .csv.")
    read = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, try_parse_dates=True)
    missing = {"network", "account_id", "post_id", "published_at", "text", "reactions", "comments", "shares"} - {
        *read.columns
    }
    if missing:
        raise BadInput(f"{path.name} lacks the column(s) {', '.join(sorted(missing))}.")
    kind = pl.col("post_type") if "post_type" in read.columns else pl.lit("other")
    title = pl.col("link_title") if "link_title" in read.columns else pl.lit("")
    return as_posts(
        read.with_columns(
            engagement=pl.col("reactions") + pl.col("comments") + pl.col("shares"),
            post_type=kind.replace(_TYPES),
            title=title,
            timezone=pl.lit(timezone),
        )
    )
