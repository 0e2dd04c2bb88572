"""Day by day: one small chart per account, the period over the one before it. Scales differ, so shapes are compared."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import altair as alt
import streamlit as st

from clientnest.warehouse.serve import Account, Day, Period, measures, why_missing
from dashboards.components import formats, theme
from dashboards.components.filters import account_name
from dashboards.components.formats import escape

LABELS = {
    "engagement": "Engagement", "views": "Views", "impressions": "Impressions", "followers_change": "Followers",
    "comments": "Comments", "shares": "Shares", "clicks": "Clicks",
}  # fmt: skip
_HEIGHT = 130


def small_multiples(
    accounts: Sequence[Account], days: Sequence[Day], before: Sequence[Day], period: Period, metric: str
) -> None:
    """Draw them in rows of two; accounts whose network has no such metric say so instead."""
    now_by, before_by = _by_account(days, metric), _by_account(before, metric)
    shown = [account for account in accounts if any(v is not None for v in now_by.get(account.account_id, {}).values())]
    silent = [account for account in accounts if account not in shown]
    for first in range(0, len(shown), 2):
        for column, account in zip(st.columns(2, gap="medium"), shown[first : first + 2], strict=False):
            with column:
                earlier = before_by.get(account.account_id, {})
                _one(account, now_by[account.account_id], earlier, period, metric)
    if silent:
        st.html(f'<p class="cn-note">{_why_silent(silent, metric)}</p>')


def _one(account: Account, now: dict[date, Any], before: dict[date, Any], period: Period, metric: str) -> None:
    rows = _rows(now, before, period)
    total = sum(value for value in now.values() if value is not None)
    colours = theme.palette()
    domain = [colours.accent, colours.before]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format="%-d %b", tickCount=5, labelFlush=True, labelOverlap=True)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=3, format="~s"), scale=alt.Scale(zero=True)),
    )
    lines = base.mark_line(interpolate="monotone").encode(
        color=alt.Color("when:N", legend=None, scale=alt.Scale(domain=["this period", "before"], range=domain)),
        strokeWidth=alt.condition("datum.when === 'this period'", alt.value(2.2), alt.value(1.4)),
        order=alt.Order("order:Q"),
    )
    zero = alt.Chart(alt.Data(values=[{"y": 0}])).mark_rule(color=colours.faint, strokeWidth=1).encode(y="y:Q")
    points = base.mark_point(size=90, opacity=0, filled=True).encode(
        tooltip=[
            alt.Tooltip("label:N", title="Day"), alt.Tooltip("value:Q", title=LABELS[metric], format=",.0f"),
            alt.Tooltip("when:N", title="Which"),
        ]
    )  # fmt: skip
    figure = formats.signed(total) if metric == "followers_change" else formats.number(total)
    st.html(
        f'<div class="cn-lead" style="margin:.4rem 0 -.4rem"><b style="font-size:1.15rem">{figure}</b>'
        f"<span>{escape(account_name(account))}</span></div>"
    )
    theme.show(
        (zero + lines + points).properties(height=_HEIGHT),
        alt=f"{LABELS[metric]} per day of {account_name(account)}, {formats.period(period)}: {figure} in all.",
        key=f"daily-{metric}-{account.account_id}",
    )


def _rows(now: dict[date, Any], before: dict[date, Any], period: Period) -> list[dict[str, Any]]:
    """Every day of the period, and the day at the same place in the period before, moved onto it. Gaps stay gaps."""
    rows = []
    for offset in range(period.days):
        day = period.first + timedelta(days=offset)
        earlier = day - timedelta(days=period.days)
        for when, order, where, values in (("before", 0, earlier, before), ("this period", 1, day, now)):
            rows.append(
                {
                    "day": day.isoformat(),
                    "label": formats.day(where),
                    "value": values.get(where),
                    "when": when,
                    "order": order,
                }
            )
    return rows


def _by_account(days: Sequence[Day], metric: str) -> dict[UUID, dict[date, Any]]:
    found: dict[UUID, dict[date, Any]] = {}
    for day in days:
        found.setdefault(day.account_id, {})[day.day] = day.metrics[metric]
    return found


def _why_silent(accounts: Sequence[Account], metric: str) -> str:
    label = measures()[metric].label if metric in measures() else LABELS[metric]
    reasons = "; ".join(
        f"<strong>{escape(account_name(account))}</strong>: {escape(why_missing(metric, account.network))}"
        for account in accounts
    )
    return f"— {escape(label)} per day is missing for {reasons}."
