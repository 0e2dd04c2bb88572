"""What learning came to, in words: whether there is a model, and how it compares with honest baselines."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from clientnest.warehouse.serve import TrainingRun
from dashboards.components import formats
from dashboards.components.formats import escape

_OUTCOMES = {
    "champion": "A model is in use",
    "not_better": "No model: none did better than the baselines",
    "too_few_posts": "No model yet: account average",
}
# What the trainings write, in the order it is shown: name, heading, what it means, how it is written.
_SHOWN = (
    ("mae_log1p", "Error (log)", "Mean absolute error of the logarithm of engagement; lower is better.", "{:.3f}"),
    ("within_spearman", "Order within accounts", "Rank correlation within accounts; higher is better.", "{:.2f}"),
    ("auc_top_quarter", "Finds the best quarter", "AUC of an account's top quarter; 0.5 is chance.", "{:.2f}"),
    ("uplift", "Uplift", "Of later posts made in the recommended hours, against their account's average.", "{:+.0%}"),
    ("low", "from", "Lower bound of the 95 % interval.", "{:+.0%}"),
    ("high", "to", "Upper bound of the 95 % interval.", "{:+.0%}"),
)
_WHO = {
    "account_mean": "The account's average",
    "last_10": "Average of its last 10 posts",
    "overall_mean": "One average for all",
    "habit": "The account's own habit",
    "global": "One table of hours for all",
}


def show(run: TrainingRun | None) -> None:
    """The state of one family of models."""
    if run is None:
        st.html(
            '<p class="cn-note"><strong>No model yet: account average.</strong> '
            "Learning has not run for this workspace.</p>"
        )
        return
    version = f", version {escape(run.model_version)}" if run.outcome == "champion" and run.model_version else ""
    st.html(
        f'<p class="cn-note"><strong>{_OUTCOMES.get(run.outcome, escape(run.outcome))}{version}.</strong> '
        f"{escape(run.reason)} Learned {formats.ago(run.created_at)} from {formats.plural(run.posts, 'post')}.</p>"
    )
    table = _table(run)
    if table:
        st.html(f'<div class="cn-scroll">{table}</div>')


def _table(run: TrainingRun) -> str:
    """The model and each baseline on the same later posts, metric by metric."""
    lines = [("The model", run.metrics)]
    lines += [(_WHO.get(name, name), scores) for name, scores in run.baselines.items() if isinstance(scores, Mapping)]
    shown = [entry for entry in _SHOWN if isinstance(run.metrics.get(entry[0]), float)]
    if not shown or len(lines) < 2:
        return ""
    head = "".join(
        f'<th scope="col" class="cn-n" title="{escape(meaning)}">{label}</th>' for _, label, meaning, _ in shown
    )
    body = "".join(
        f"<tr><td>{escape(who)}</td>{''.join(_cell(scores.get(name), form) for name, _, _, form in shown)}</tr>"
        for who, scores in lines
    )
    return (
        f'<table class="cn-table"><thead><tr><th scope="col">On later posts</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _cell(value: Any, form: str) -> str:
    written = form.format(value).replace("-", "−").replace("%", "\u202f%") if isinstance(value, int | float) else None
    return f'<td class="cn-n">{written or formats.MISSING}</td>'
