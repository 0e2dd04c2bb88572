"""What learning came to: for each family of models the latest training of the workspace, with its evidence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from clientnest.db.tables.learning import training_run
from clientnest.warehouse.serve.query import read


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """`outcome`: champion, not_better or too_few_posts; `reason` says so in a sentence.

    `metrics`, `baselines`, `comparison`: as the training wrote them (the model's scores on later time, those of each
    baseline by name, and the paired comparison).
    """

    id: UUID
    family: str
    outcome: str
    reason: str
    model_version: str | None
    metrics: dict[str, Any]
    baselines: dict[str, Any]
    comparison: dict[str, Any]
    posts: int
    created_at: datetime


def latest_training_runs(connection: Connection) -> tuple[TrainingRun, ...]:
    """The newest training of each family, by family."""
    columns = training_run.c
    statement = (
        select(
            columns.id, columns.family, columns.outcome, columns.reason, columns.model_version, columns.metrics,
            columns.baselines, columns.comparison, columns.posts, columns.created_at,
        )
        .distinct(columns.family)
        .order_by(columns.family, columns.created_at.desc())
    )  # fmt: skip
    return tuple(TrainingRun(**row._mapping) for row in read(connection, statement))
