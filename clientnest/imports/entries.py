"""What is said of one file of an import, in the one shape that `--json`, the API and the dashboards share."""

from datetime import date
from typing import Any, TypedDict


class FileEntry(TypedDict):
    """One file. Counts are 0 where it was refused. `rejected` lists the first rows only where there are very many;
    `rejected_count` counts all. `posts` and `snapshots` are distinct ones (files of an account's days have none).
    `error` has the shape of `ClientNestError.as_dict()`."""

    file: str
    format: str | None
    rows: int
    accepted: int
    rejected: list[dict[str, Any]]
    rejected_count: int
    posts: int
    snapshots: int
    period: dict[str, str] | None
    state: str
    captured_at: str | None
    captured_at_source: str | None
    warnings: list[str]
    error: dict[str, Any] | None


def period(first: date | None, last: date | None) -> dict[str, str] | None:
    """`{"from": "2025-03-01", "to": "2025-03-31"}`, both included; None where nothing was accepted."""
    return None if first is None or last is None else {"from": first.isoformat(), "to": last.isoformat()}
