"""The model card: what the model is for, what it learned from, how it fared, and what it cannot say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ml.evaluation.gate import Verdict
from ml.evaluation.performance import Judged
from ml.features import Target

_TARGETS = {
    Target.TOTAL: "the final total of likes, comments and shares of a post (posts at least 7 days old)",
    Target.DAY: "likes, comments and shares 24 hours after publication",
    Target.WEEK: "likes, comments and shares 7 days after publication",
}


@dataclass(frozen=True)
class DataFacts:
    """What a training read: posts with a usable result, their span, and a fingerprint of every value read."""

    workspace_id: UUID
    is_demo: bool
    posts: int
    accounts: int
    data_from: datetime
    data_to: datetime
    fingerprint: str


def model_card(target: Target, facts: DataFacts, judged: Judged, verdict: Verdict) -> str:
    """Markdown."""
    rows = {"model": judged.scores, **judged.baselines}
    table = "\n".join(
        f"| {name} | {s.within_spearman:.3f} | {s.auc_top_quarter:.3f} | {s.mae_log1p:.3f} | {s.pooled_spearman:.3f} |"
        for name, s in rows.items()
    )
    data = "generated demo data; never used for another workspace" if facts.is_demo else "this workspace's posts alone"
    return f"""# Performance model of workspace {facts.workspace_id}

**Predicts** {_TARGETS[target]}: the median of log1p, as a departure from the account's own decayed mean.

**Learned from** {data}: {facts.posts} posts of {facts.accounts} accounts, {facts.data_from:%Y-%m-%d} to
{facts.data_to:%Y-%m-%d} (fingerprint `{facts.fingerprint[:16]}`). Texts stay in the model as words with weights.

**Judged** on posts published from {judged.split.cutoff:%Y-%m-%d %H:%M} UTC on, predicted from what was known before
each of them; the served model was then fitted on everything.

| | within ρ | AUC top quarter | MAE log1p | pooled ρ |
|---|---|---|---|---|
{table}

**Verdict**: {verdict.reason}

**Interval**: 80% nominal; {judged.coverage:.1%} of the later posts fell inside
({_by_history(judged.coverage_by_history)}, by how many results of the account were known).

**Limits**: associations, not causes. A result counts as known {target.settles.total_seconds() / 3600:.0f} hours after
publication. Paid reach, images and videos themselves, and events of the day are not seen. For an account without known
results no prediction is made.
"""


def _by_history(shares: Mapping[str, tuple[float, int]]) -> str:
    return ", ".join(f"{name}: {share:.1%} of {posts}" for name, (share, posts) in shares.items())
