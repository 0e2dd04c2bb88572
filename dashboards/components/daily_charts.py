"""Day by day: one small chart per account, each with a scale of its own, so that shapes are compared.

Either what moved each day, as a line over the period before; or what the posts of each day came to, as bars.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import altair as alt
import streamlit as st

from clientnest.warehouse.serve import Account, Day, Period, PublishedDay, measures, why_missing
from dashboards.components import formats, theme
from dashboards.components.filters import account_name
from dashboards.components.formats import escape

LABELS = {
    "engagement": "Engagement", "views": "Views", "impressions": "Impressions", "followers_change": "Followers",
    "comments": "Comments", "shares": "Shares", "clicks": "Clicks",
}  # fmt: skip
_HEIGHT = 130

Series = dict[UUID, dict[date, float | int | None]]


def moved(days: Sequence[Day], metric: str) -> Series:
    """What moved each day, per account."""
    found: Series = {}
    for day in days:
        found.setdefault(day.account_id, {})[day.day] = day.metrics[metric]
    return found


def of_published(days: Sequence[PublishedDay], metric: str) -> Series:
    """What the posts published on each day came to, per account."""
    found: Series = {}
    for day in days:
        found.setdefault(day.account_id, {})[day.day] = day.metrics[metric]
    return found


def small_multiples(
    accounts: Sequence[Account], now: Series, before: Series, period: Period, metric: str, *, bars: bool
) -> None:
    """Draw them in rows of two; accounts without a value say why instead."""
    shown = [account for account in accounts if any(v is not None for v in now.get(account.account_id, {}).values())]
    silent = [account for account in accounts if account not in shown]
    for first in range(0, len(shown), 2):
        for column, account in zip(st.columns(2, gap="medium"), shown[first : first + 2], strict=False):
            with column:
                values, earlier = now[account.account_id], before.get(account.account_id, {})
                total = _title(account, values, metric)
                alt_text = f"{LABELS[metric]} per day of {account_name(account)}, {formats.period(period)}: {total}."
                chart = _bars(values, period, metric) if bars else _lines(values, earlier, period, metric)
                theme.show(chart.properties(height=_HEIGHT), alt=alt_text, key=f"daily-{metric}-{account.account_id}")
    if silent:
        st.html(f'<p class="cn-note">{_why_silent(silent, metric)}</p>')


def _title(account: Account, values: Mapping[date, Any], metric: str) -> str:
    total = sum(value for value in values.values() if value is not None)
    figure = formats.signed(total) if metric == "followers_change" else formats.number(total)
    st.html(
        f'<div class="cn-lead" style="margin:.4rem 0 -.4rem"><b style="font-size:1.15rem">{figure}</b>'
        f"<span>{escape(account_name(account))}</span></div>"
    )
    return figure


def _axes(rows: list[dict[str, Any]]) -> alt.Chart:
    days = alt.Axis(format="%-d %b", tickCount=5, labelFlush=True, labelOverlap=True)
    return alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("day:T", title=None, axis=days, scale=alt.Scale(domain=[rows[0]["day"], rows[-1]["day"]])),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=3, format="~s"), scale=alt.Scale(zero=True)),
    )


def _bars(values: Mapping[date, Any], period: Period, metric: str) -> alt.LayerChart:
    rows = [row for row in _rows(values, {}, period) if row["when"] == "this period"]
    tooltip = [
        alt.Tooltip("label:N", title="Published"), alt.Tooltip("value:Q", title=LABELS[metric], format=",.0f"),
    ]  # fmt: skip
    width = max(2, min(14, 380 // period.days))
    return _axes(rows).mark_bar(color=theme.palette().accent, width=width).encode(tooltip=tooltip)


def _lines(now: Mapping[date, Any], before: Mapping[date, Any], period: Period, metric: str) -> alt.LayerChart:
    rows = _rows(now, before, period)
    colours = theme.palette()
    domain = [colours.accent, colours.before]
    base = _axes(rows)
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
    return zero + lines + points


def _rows(now: Mapping[date, Any], before: Mapping[date, Any], period: Period) -> list[dict[str, Any]]:
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


def _why_silent(accounts: Sequence[Account], metric: str) -> str:
    label = measures()[metric].label if metric in measures() else LABELS[metric]
    reasons = "; ".join(
        f"<strong>{escape(account_name(account))}</strong>: {escape(why_missing(metric, account.network))}"
        for account in accounts
    )
    return f"— {escape(label)} per day is missing for {reasons}."
