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
_NAMES = {
    "mae_log": "Mean absolute error (log)",
    "within_spearman": "Rank correlation within accounts",
    "auc": "AUC of an account's top quarter",
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
    model = _numbers(run.metrics)
    baselines = {name: _numbers(scores) for name, scores in run.baselines.items() if isinstance(scores, Mapping)}
    metrics = [name for name in model if any(name in scores for scores in baselines.values())]
    if not metrics or not baselines:
        return ""
    head = "".join(f'<th scope="col" class="cn-n">{escape(_NAMES.get(name, _words(name)))}</th>' for name in metrics)
    lines = [("The model", model), *((_words(name), scores) for name, scores in baselines.items())]
    body = "".join(
        f"<tr><td>{escape(label)}</td>{''.join(_cell(scores.get(name)) for name in metrics)}</tr>"
        for label, scores in lines
    )
    return (
        f'<table class="cn-table"><thead><tr><th scope="col">On later posts</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _cell(value: float | None) -> str:
    return f'<td class="cn-n">{formats.MISSING if value is None else f"{value:.3f}"}</td>'


def _numbers(scores: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in scores.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
