"""Train one workspace: judge on later time, record the evidence, and let only a better model become champion."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

import polars as pl
from psycopg2.extensions import connection as Connection

from clientnest.db.session import etl
from clientnest.log import get_logger
from ml import marts
from ml.evaluation import gate
from ml.evaluation.best_hours import JudgedHours, judge_best_hours
from ml.evaluation.performance import Examples, Judged, examples, judge, split_examples, train
from ml.features import Target, as_drafts, build, no_posts
from ml.marts import TrainingRow
from ml.models.best_times import departures, fit_best_times
from ml.models.performance.fit import FitConfig
from ml.tracking.card import DataFacts
from ml.tracking.record import Tracked, track_best_times, track_performance

_log = get_logger(__name__)
LATER_SHARE = 0.25  # of the posts: what the model is judged on
_NO_TABLE = pl.DataFrame(
    schema={
        "account_id": pl.String, "hour_of_week": pl.Int16, "uplift": pl.Float64, "uplift_low": pl.Float64,
        "uplift_high": pl.Float64, "posts": pl.Int32,
    }
)  # fmt: skip


@dataclass(frozen=True)
class TrainingOutcome:
    """What was recorded: `performance` (the final total, then each target that the data supports), `best_times`."""

    workspace_id: UUID
    performance: tuple[TrainingRow, ...]
    best_times: TrainingRow

    def as_dict(self) -> dict[str, object]:
        """JSON-able, for a job's result or a run's metadata."""
        return {
            f"{row.family} {row.metrics['target']}": {
                "outcome": row.outcome,
                "reason": row.reason,
                "version": row.model_version,
            }
            for row in (*self.performance, self.best_times)
        }


def learn_workspace(workspace_id: UUID, *, tracking_uri: str, seed: int = 0) -> TrainingOutcome:
    """Read a workspace's posts from the marts, train, and record; no transaction stays open while training.

    Raises `Unavailable` where the database or MLflow does not answer: nothing is recorded then.
    """
    with etl() as connection:
        posts, demo = marts.read_posts(connection, workspace_id), marts.is_demo(connection, workspace_id)
    with etl() as connection:
        return train_workspace(
            workspace_id, posts, tracking_uri=tracking_uri, connection=connection, demo=demo, seed=seed
        )


def train_workspace(
    workspace_id: UUID,
    posts: pl.DataFrame,
    *,
    tracking_uri: str,
    connection: Connection,
    demo: bool = False,
    seed: int = 0,
    config: FitConfig | None = None,
) -> TrainingOutcome:
    """Train on canonical posts (`ml.features.as_posts`) and write `ml.training_run` and `ml.best_time` in the
    caller's transaction, which this first touches when the training is over."""
    run = _Training(workspace_id, posts, tracking_uri, demo, seed, config or FitConfig())
    known = {target: examples(posts, target) for target in Target}
    performance = [run.performance(known[Target.TOTAL])]
    performance += [
        run.performance(known[target])
        for target in (Target.DAY, Target.WEEK)
        if len(known[target]) >= gate.MINIMUM_POSTS
    ]
    times, table = run.best_times(known[Target.TOTAL])
    # The final total is recorded last of its family: it is the one that screens show.
    marts.write_training(connection, workspace_id, [*reversed(performance), times], table, times.id)
    outcome = TrainingOutcome(workspace_id, tuple(performance), times)
    _log.info("workspace trained", workspace_id=str(workspace_id), outcome=outcome.as_dict())
    return outcome


@dataclass(frozen=True)
class _Training:
    workspace_id: UUID
    posts: pl.DataFrame
    tracking_uri: str
    demo: bool
    seed: int
    config: FitConfig

    def performance(self, known: Examples) -> TrainingRow:
        split = split_examples(known, share=LATER_SHARE) if len(known) else None
        verdict = gate.enough_posts(len(known), len(split.after) if split else 0)
        if verdict is not None or split is None:
            return self._row("performance", known, verdict or gate.Verdict("too_few_posts", "There are no posts."))
        judged = judge(known, split, config=self.config, seed=self.seed)
        verdict = gate.judge_performance(judged)
        model = None
        if verdict.outcome == "champion":
            model = train(known, interval=judged.final_interval, config=self.config, seed=self.seed)
        tracked = track_performance(
            self.tracking_uri, target=known.target, facts=self._facts(known), judged=judged, verdict=verdict,
            model=model, example=_nobodys_draft(known.target), config=self.config, seed=self.seed,
        )  # fmt: skip
        return self._row("performance", known, verdict, tracked, judged)

    def best_times(self, known: Examples) -> tuple[TrainingRow, pl.DataFrame]:
        split = split_examples(known, share=LATER_SHARE) if len(known) else None
        too_few = gate.enough_posts(len(known), len(split.after) if split else 0)
        if too_few is not None or split is None:
            reason = too_few.reason.partition(" Until then")[0] if too_few else "There are no posts."
            return self._row("best_times", known, gate.Verdict("too_few_posts", reason)), _NO_TABLE
        judged = judge_best_hours(
            departures(known.features[split.before]), departures(known.features[split.after]), seed=self.seed
        )
        verdict = gate.judge_best_times(judged)
        learned = fit_best_times(departures(known.features))
        tracked = track_best_times(
            self.tracking_uri, facts=self._facts(known), judged=judged, verdict=verdict, table=learned.table
        )
        table = learned.table if verdict.outcome == "champion" else _NO_TABLE
        return self._row("best_times", known, verdict, tracked, judged), table

    def _row(
        self,
        family: str,
        known: Examples,
        verdict: gate.Verdict,
        tracked: Tracked | None = None,
        judged: Judged | JudgedHours | None = None,
    ) -> TrainingRow:
        times = known.features["published_at"]
        metrics, baselines, comparison = _evidence(judged)
        return TrainingRow(
            family=family,
            outcome=verdict.outcome,
            reason=verdict.reason,
            posts=len(known),
            data_from=times[0] if len(times) else None,
            data_to=times[-1] if len(times) else None,
            model_name=tracked.model_name if tracked else None,
            model_version=tracked.version if tracked else None,
            mlflow_run_id=tracked.run_id if tracked else None,
            metrics={"target": known.target.key, **metrics},
            baselines=baselines,
            comparison=comparison,
        )

    def _facts(self, known: Examples) -> DataFacts:
        times = known.features["published_at"]
        return DataFacts(
            self.workspace_id, self.demo, len(known), known.features["account_id"].n_unique(), times[0], times[-1],
            fingerprint(self.posts),
        )  # fmt: skip


def fingerprint(posts: pl.DataFrame) -> str:
    """SHA-256 of every value of the canonical posts that a training reads."""
    return hashlib.sha256(posts.sort("account_id", "post_id").write_csv().encode()).hexdigest()


def _evidence(judged: Judged | JudgedHours | None) -> tuple[dict[str, object], ...]:
    if judged is None:
        return {}, {}, {}
    if isinstance(judged, JudgedHours):
        told = {name: found.as_dict() for name, found in judged.uplift.items() if found is not None}
        realised = {"realised": judged.realised.as_dict()} if judged.realised else {}
        return {**told.pop("model", {})}, {**told}, {**realised}
    metrics: dict[str, object] = {**judged.scores.as_dict(), "coverage_80": judged.coverage}
    metrics["coverage_by_history"] = {
        name: {"coverage_80": share, "posts": posts} for name, (share, posts) in judged.coverage_by_history.items()
    }
    metrics["judged_from"] = judged.split.cutoff.isoformat()
    baselines: dict[str, object] = {name: scores.as_dict() for name, scores in judged.baselines.items()}
    comparison: dict[str, object] = {
        name: {"error": found.error.as_dict(), "rho": found.rho.as_dict() if found.rho else None}
        for name, found in judged.comparisons.items()
    }
    return metrics, baselines, comparison


def _nobodys_draft(target: Target) -> pl.DataFrame:
    """Features of an invented draft: an input example in MLflow shows no client's words."""
    draft = as_drafts(
        pl.DataFrame(
            {
                "post_id": ["example"], "account_id": ["example"], "network": ["bluesky"], "post_type": ["image"],
                "published_at": ["2026-01-05T09:00:00Z"], "text": ["Our new opening hours #news https://example.com"],
            }
        ).with_columns(pl.col("published_at").str.to_datetime(time_unit="us", time_zone="UTC"))
    )  # fmt: skip
    return build(draft, history=no_posts(), target=target)
