"""Best times: when an account's posts did better than its average, how sure that is, and what learning came to."""

from typing import Any

import streamlit as st

from clientnest.warehouse.serve import Account, BestTime, BestTimes
from dashboards import data
from dashboards.components import exports, formats, model_state, states, time_charts
from dashboards.components.filters import account_name, choose_account
from dashboards.components.formats import escape
from dashboards.components.frame import View, heading, section

_BEST = 5


def render(view: View) -> None:
    """Draw the page."""
    accounts = data.accounts(view.workspace_id)
    if not accounts:
        heading(view, "Best times")
        states.no_data(view.workspace)
        return
    title = st.container()
    account = choose_account(accounts)
    with title:
        heading(view, "Best times", f"{escape(account_name(account))} · hours in {escape(account.timezone)}")
    found = data.best_times(view.workspace_id, account.account_id)
    if found.hours:
        _learned(found)
    else:
        _not_learned(view, account, found)
    runs = {run.family: run for run in data.training_runs(view.workspace_id)}
    section("What this rests on")
    model_state.show(runs.get("best_times"))
    section("Predicting a post before it is published")
    model_state.show(runs.get("performance"))


def _learned(found: BestTimes) -> None:
    best = found.best(_BEST)
    sure = sum(one.uplift_low > 0 for one in best)
    section(
        "The hours that went best",
        "How much more engagement posts of that hour had than the account's average, with an 80 % interval. "
        "Association, not proof: hours differ in what is posted then, too.",
    )
    st.html(f'<p class="cn-note">{_in_words(best[0], certain=sure > 0)}</p>')
    time_charts.best_hours(best)
    section(
        "The whole week", "Blue hours did better than the account's average, orange ones worse. Fainter: no posts yet."
    )
    time_charts.uplift_heat(found.hours)
    exports.button("All hours as CSV", _rows(found), f"best-times-{found.account.external_id}.csv")


def _in_words(one: BestTime, *, certain: bool) -> str:
    interval = f"{formats.change(one.uplift_low)} to {formats.change(one.uplift_high)}"
    found = (
        f'<strong>{escape(one.hour.label)}</strong> went best: <strong data-number="best.uplift">'
        f'{formats.change(one.uplift)}</strong> ({interval}), from <span data-number="best.posts">{one.posts:,}</span> '
        f"{'post' if one.posts == 1 else 'posts'}."
    )
    return found if certain else f"<strong>No hour stands out for certain.</strong> {found}"


def _not_learned(view: View, account: Account, found: BestTimes) -> None:
    section("The whole week", "Hours with at least two posts, against the account's average. Association, not proof.")
    st.html(f'<p class="cn-note"><strong>{escape(found.reason)}</strong> Until then: what your own posts did.</p>')
    slots = data.posting_slots(view.workspace_id, account.account_id)
    if not time_charts.slots_heat(slots):
        st.html('<p class="cn-note">No hour of the week has two posts with known engagement yet.</p>')
    exports.button(
        "Hours as CSV",
        [
            {"hour": one.hour.label, "posts": one.posts, "median_engagement": one.median_engagement}
            for one in slots
        ],
        f"posting-hours-{account.external_id}.csv",
    )  # fmt: skip


def _rows(found: BestTimes) -> list[dict[str, Any]]:
    return [
        {
            "hour_of_week": one.hour.index,
            "local_time": one.hour.label,
            "timezone": found.account.timezone,
            "uplift": one.uplift,
            "uplift_low": one.uplift_low,
            "uplift_high": one.uplift_high,
            "posts": one.posts,
        }
        for one in found.hours
    ]
