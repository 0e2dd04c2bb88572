"""Overview: what the posts of a period achieved, network by network, beside the period before."""

import streamlit as st

from clientnest.warehouse.serve import Filters
from dashboards import data
from dashboards.components import cards, daily_charts, exports, formats, states
from dashboards.components.filters import Choice, choose
from dashboards.components.frame import View, heading, section


def render(view: View) -> None:
    """Draw the page."""
    accounts = data.accounts(view.workspace_id)
    if not accounts:
        heading(view, "Overview")
        states.no_data(view.workspace)
        return
    title = st.container()
    choice = choose(view, accounts)
    with title:
        heading(view, "Overview", choice.comparison)
    found = data.overview(view.workspace_id, Filters(accounts=choice.account_ids), choice.period)
    cards.headline(found)
    if found.posts:
        st.html(
            '<p class="cn-note">Metrics of different networks are never added up: a view here is not a view there.</p>'
        )
    cards.network_cards(found)
    _standouts(view, choice)
    _days(view, choice)
    exports.button("Figures as CSV", exports.overview_rows(found), f"overview-{choice.period.last}.csv")


def _standouts(view: View, choice: Choice) -> None:
    found = data.standouts(view.workspace_id, Filters(accounts=choice.account_ids, period=choice.period), 5)
    if found:
        section("What stood out", "Engagement as a multiple of the same account's usual: the median of its posts.")
        cards.standout_list(found)


def _days(view: View, choice: Choice) -> None:
    before = choice.period.before()
    compared = f", over the period before ({formats.period(before)}) in grey" if before else ""
    section("Day by day", f"What moved each day{compared}. Each account has its own scale.")
    metric = st.segmented_control(
        "Metric", list(daily_charts.LABELS), default="engagement", required=True, key="daily", bind="query-params",
        persist_state="session", format_func=daily_charts.LABELS.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
    days = data.daily(view.workspace_id, choice.period, choice.account_ids)
    earlier = data.daily(view.workspace_id, before, choice.account_ids) if before else ()
    daily_charts.small_multiples(choice.accounts, days, earlier, choice.period, metric or "engagement")
