"""The gate: a model serves only where it beats the account's average and its last ten posts beyond noise."""

from dataclasses import dataclass
from typing import Literal

from ml.evaluation.best_hours import JudgedHours
from ml.evaluation.compare import Comparison
from ml.evaluation.performance import RIVALS, Judged

Outcome = Literal["champion", "not_better", "too_few_posts"]
MINIMUM_POSTS = 200  # with a mature result: 150 to learn from and 50 to be judged on
MINIMUM_LATER_POSTS = 40
_NAMES = {"account_mean": "the account's average", "last_10": "the average of its last 10 posts"}


@dataclass(frozen=True)
class Verdict:
    """`reason` is one or two sentences for people."""

    outcome: Outcome
    reason: str


def enough_posts(mature: int, later: int) -> Verdict | None:
    """A verdict where there are too few posts to learn from or to be judged on; None where there are enough."""
    if mature < MINIMUM_POSTS:
        return Verdict(
            "too_few_posts",
            f"{mature} posts have a final result (at least 7 days old); a model needs {MINIMUM_POSTS}. "
            "Until then the account's average is shown.",
        )
    if later < MINIMUM_LATER_POSTS:
        return Verdict(
            "too_few_posts",
            f"Only {later} posts are later than those a model would learn from; judging needs {MINIMUM_LATER_POSTS}. "
            "Until then the account's average is shown.",
        )
    return None


def judge_performance(judged: Judged) -> Verdict:
    """Champion only if the error falls and, within accounts, the order improves, against both baselines."""
    failed = [name for name in RIVALS if not judged.comparisons[name].beyond_noise]
    posts = judged.scores.posts
    if failed:
        shown = "; ".join(_told(name, judged.comparisons[name]) for name in failed)
        return Verdict(
            "not_better",
            f"On {posts} later posts the model did not beat {' or '.join(_NAMES[name] for name in failed)} "
            f"beyond noise ({shown}).",
        )
    return Verdict(
        "champion",
        f"On {posts} later posts the model beat {' and '.join(_NAMES[name] for name in RIVALS)} beyond noise: "
        f"its error (log) is {judged.scores.mae_log1p:.3f} against "
        f"{' and '.join(f'{judged.baselines[name].mae_log1p:.3f}' for name in RIVALS)}.",
    )


def judge_best_times(judged: JudgedHours) -> Verdict:
    """Champion only if what was learned about hours showed in later posts beyond noise."""
    realised, model = judged.realised, judged.uplift["model"]
    if realised is None:
        return Verdict("not_better", "No hour of the week stands out from chance in this workspace's posts.")
    if realised.low <= 0:
        return Verdict(
            "not_better",
            f"On {realised.posts} later posts, better results did not come in the hours learned to be better, beyond "
            "what chance would give.",
        )
    reason = f"On {realised.posts} later posts, better results came in the hours learned to be better, beyond chance. "
    if model is not None:
        reason += (
            f"The {model.posts} made in the three recommended hours did {model.uplift:+.0%} against their account's "
            f"average (95% interval {model.low:+.0%} to {model.high:+.0%}). "
        )
    return Verdict("champion", reason + "This is an association, not proof.")


def _told(name: str, comparison: Comparison) -> str:
    error = comparison.error
    told = f"{_NAMES[name]}: error lower by {error.mean:.3f}, 95% interval {error.low:.3f} to {error.high:.3f}"
    if comparison.rho is not None:
        told += f", order better by {comparison.rho.mean:.2f}, {comparison.rho.low:.2f} to {comparison.rho.high:.2f}"
    return told
