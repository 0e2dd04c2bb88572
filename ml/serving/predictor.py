"""The predictor: drafts of one workspace in, one prediction each out."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import numpy as np
import polars as pl

from clientnest import settings
from clientnest.db.roles import Role
from clientnest.db.session import tenant
from clientnest.errors import BadInput
from ml.features import Target, as_drafts, build
from ml.features.frame import POST_TYPES, results
from ml.serving.champions import REFRESH_SECONDS, Champion, Champions
from ml.serving.history import Account, last_reason, read_accounts, read_history
from ml.serving.prediction import Draft, Prediction
from ml.serving.reasons import reasons

MAXIMUM_DRAFTS = 200  # of one call; a week's 168 hours fit
_RANGE_POSTS = 10  # results from which on an account's own range is worth showing
_NO_MODEL = "No model has been trained for this workspace yet; this is the account's average."


class Predictor:
    """Made once per process: `start()` at its start, `close()` at its end, `predict` from any thread."""

    def __init__(
        self,
        *,
        tracking_uri: str,
        models_folder: Path | None = None,
        role: Role = Role.API,
        refresh_seconds: float = REFRESH_SECONDS,
    ) -> None:
        """models_folder: where loaded champions are kept (default: `models` in the installation's home);
        refresh_seconds: how often MLflow is asked for new champions, in the background."""
        folder = models_folder or settings.core().home / "models"
        self._champions = Champions(tracking_uri, folder, refresh_seconds)
        self._role = role

    def start(self) -> None:
        """Begin to load champions in the background; answers are account averages until then."""
        self._champions.start()

    def wait(self, seconds: float) -> bool:
        """Wait for the first look at MLflow to end; False if it has not by then."""
        return self._champions.wait(seconds)

    def refresh(self) -> None:
        """Look for new champions now, in this thread."""
        self._champions.refresh()

    def close(self) -> None:
        self._champions.stop()

    def predict(
        self, workspace_id: UUID, drafts: Sequence[Draft], *, target: Target = Target.TOTAL
    ) -> list[Prediction]:
        """Predictions in the order of `drafts`. Reads the workspace's own rows only.

        Raises `BadInput` for a time without a zone, an unknown format or more than `MAXIMUM_DRAFTS` drafts, and
        `NotFound` for an account that the workspace does not have.
        """
        _check(drafts)
        if not drafts:
            return []
        champion = self._champions.get(workspace_id, target)
        with tenant(self._role, workspace_id=workspace_id) as connection:
            accounts = read_accounts(connection, {draft.account_id for draft in drafts})
            history = read_history(connection, accounts.values())
            why = None if champion else last_reason(connection, target.key)
        frame = _frame(drafts, accounts)
        features = build(frame, history=history, target=target)
        known = features["n"].fill_null(0).to_list()
        if champion is None:
            ranges = _ranges(history, target)
            return [
                _average(draft, target, features.row(i, named=True), ranges, why or _NO_MODEL)
                if known[i]
                else _nothing(draft, target)
                for i, draft in enumerate(drafts)
            ]
        zones = frame["timezone"].to_list()
        answers = _from_model(champion, drafts, features, zones, target)
        return [answer if known[i] else _nothing(drafts[i], target) for i, answer in enumerate(answers)]


def _check(drafts: Sequence[Draft]) -> None:
    if len(drafts) > MAXIMUM_DRAFTS:
        raise BadInput(f"{len(drafts)} drafts in one call; at most {MAXIMUM_DRAFTS} are predicted at once.")
    for draft in drafts:
        if draft.planned_at.tzinfo is None:
            raise BadInput("The planned time carries no time zone.", advice="Send it with an offset, like …T09:00:00Z.")
        if draft.post_type not in POST_TYPES:
            raise BadInput(f"Unknown post type {draft.post_type!r}.", advice=f"Known: {', '.join(POST_TYPES)}.")


def _frame(drafts: Sequence[Draft], accounts: dict[UUID, Account]) -> pl.DataFrame:
    chosen = [accounts[draft.account_id] for draft in drafts]
    return as_drafts(
        pl.DataFrame(
            {
                "post_id": [str(i) for i in range(len(drafts))],
                "account_id": [str(account.id) for account in chosen],
                "network": [account.network for account in chosen],
                "timezone": [account.timezone for account in chosen],
                "post_type": [draft.post_type for draft in drafts],
                "text": [draft.text for draft in drafts],
                "title": [draft.title for draft in drafts],
                "has_link": pl.Series([draft.has_link for draft in drafts], dtype=pl.Boolean),
                "published_at": pl.Series([draft.planned_at for draft in drafts], dtype=pl.Datetime("us", "UTC")),
            }
        )
    )


def _from_model(
    champion: Champion, drafts: Sequence[Draft], features: pl.DataFrame, zones: list[str], target: Target
) -> list[Prediction]:
    predicted = champion.model.predict(features)
    value, low, high, baseline = (
        np.maximum(np.expm1(logs), 0.0).tolist()
        for logs in (predicted.value, predicted.low, predicted.high, predicted.baseline)
    )
    known = features["n"].fill_null(0).to_list()
    return [
        Prediction(
            account_id=draft.account_id,
            target=target.key,
            source="model",
            value=value[i],
            low=low[i],
            high=high[i],
            baseline=baseline[i],
            known_posts=int(known[i]),
            model_name=champion.name,
            model_version=champion.version,
            confirmed_at=champion.confirmed_at,
            reasons=reasons(draft, zones[i], predicted.contributions[i].tolist()),
        )
        for i, draft in enumerate(drafts)
    ]


def _ranges(history: pl.DataFrame, target: Target) -> dict[str, tuple[float, float]]:
    """Account → bounds (log1p) that hold 80% of its known results, where there are enough of them."""
    known = (
        results(history, target)
        .group_by("account_id")
        .agg(pl.len(), low=pl.col("y").quantile(0.1), high=pl.col("y").quantile(0.9))
    )
    return {str(account): (low, high) for account, count, low, high in known.iter_rows() if count >= _RANGE_POSTS}


def _average(
    draft: Draft, target: Target, features: dict[str, object], ranges: dict[str, tuple[float, float]], note: str
) -> Prediction:
    mean = float(np.expm1(float(str(features["account_mean"]))))
    bounds = ranges.get(str(draft.account_id))
    return Prediction(
        account_id=draft.account_id,
        target=target.key,
        source="account_average",
        value=mean,
        low=float(np.expm1(bounds[0])) if bounds else None,
        high=float(np.expm1(bounds[1])) if bounds else None,
        baseline=mean,
        known_posts=int(str(features["n"])),
        note=note,
    )


def _nothing(draft: Draft, target: Target) -> Prediction:
    return Prediction(
        account_id=draft.account_id, target=target.key, source="no_data", value=None, low=None, high=None,
        baseline=None, known_posts=0, note="No results of this account are known yet.",
    )  # fmt: skip
