"""Overview: what the posts of a period achieved, network by network, beside the period before."""

import streamlit as st

from clientnest.warehouse.serve import Filters
from dashboards import data
from dashboards.components import cards, daily_charts, exports, formats, states
from dashboards.components.filters import Choice, choose
from dashboards.components.frame import View, heading, section

_HOW = {"moved": "Moved each day", "published": "By day of publication"}
_OF_POSTS = ("engagement", "views", "impressions", "comments", "shares", "clicks")


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
    days = data.daily(view.workspace_id, choice.period, choice.account_ids)
    section("Day by day", "Each account has its own scale.")
    # Exports hold one total per post, so nothing is known to have moved; their days of publication are.
    usual = "moved" if any(day.metrics["engagement"] is not None for day in days) else "published"
    with st.container(horizontal=True):
        how = st.segmented_control(
            "Count", list(_HOW), default=usual, required=True, key="count", format_func=_HOW.__getitem__,
            bind="query-params", persist_state="session", label_visibility="collapsed",
        )  # fmt: skip
        labels = {name: label for name, label in daily_charts.LABELS.items() if how == "moved" or name in _OF_POSTS}
        metric = st.segmented_control(
            "Metric", list(labels), default="engagement", required=True, key="daily", format_func=labels.__getitem__,
            bind="query-params", persist_state="session", label_visibility="collapsed",
        )  # fmt: skip
    metric = metric or "engagement"
    if how == "moved":
        compared = f"; the period before ({formats.period(before)}) in grey" if before else ""
        st.html(f'<p class="cn-note">What all posts together gained or lost each day{compared}.</p>')
        earlier = data.daily(view.workspace_id, before, choice.account_ids) if before else ()
        now, then = daily_charts.moved(days, metric), daily_charts.moved(earlier, metric)
    else:
        st.html('<p class="cn-note">What the posts published on each day had come to when last captured.</p>')
        filters = Filters(accounts=choice.account_ids, period=choice.period)
        now, then = daily_charts.of_published(data.published_daily(view.workspace_id, filters), metric), {}
    daily_charts.small_multiples(choice.accounts, now, then, choice.period, metric, bars=how != "moved")
