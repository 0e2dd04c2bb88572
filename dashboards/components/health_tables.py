"""What was captured, from where, how lately, and which metrics are known: tables of data health."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import altair as alt
import streamlit as st

from clientnest.warehouse.serve import Account, SourceHealth, measures, why_missing
from dashboards.components import formats, theme
from dashboards.components.filters import account_name
from dashboards.components.formats import escape

_FEW = 6  # so few accounts would stretch to bars
_OLD = timedelta(days=35)  # a monthly export that is this old has a successor
_SOURCES = {"simulate": "Generated", "export": "Import", "poll": "Connection"}


def source_name(source: str) -> str:
    """`export:x_analytics` as people say it."""
    kind, _, what = source.partition(":")
    return f"{_SOURCES.get(kind, kind)}{f': {what}' if what else ''}"


def sources(found: Sequence[SourceHealth], accounts: Mapping[UUID, Account], timezone: str) -> None:
    """One line per account and source."""
    lines = "".join(_line(one, accounts[one.account_id], timezone) for one in found if one.account_id in accounts)
    head = "".join(
        f'<th scope="col"{side}>{label}</th>'
        for label, side in (
            ("Account", ""), ("From", ""), ("Last captured", ""), ("Posts", ' class="cn-n"'),
            ("Captures", ' class="cn-n" title="Days on which posts were captured, all posts together"'), ("Flags", ""),
        )
    )  # fmt: skip
    st.html(
        '<div class="cn-scroll" tabindex="0" role="region" aria-label="Sources"><table class="cn-table">'
        f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _line(one: SourceHealth, account: Account, timezone: str) -> str:
    old = one.last_captured_at is not None and datetime.now(UTC) - one.last_captured_at > _OLD
    when = f'<span title="{escape(formats.moment(one.last_captured_at, timezone))}">{formats.ago(one.last_captured_at)}'
    mark = f"{when}</span>" + (' <span class="cn-less">▼ old</span>' if old else "")
    return (
        f"<tr><td>{escape(account_name(account))}</td><td>{escape(source_name(one.source))}</td><td>{mark}</td>"
        f'<td class="cn-n" data-number="health.{one.account_id}.posts">{one.posts:,}</td>'
        f'<td class="cn-n" data-number="health.{one.account_id}.snapshots">{one.snapshots:,}</td>'
        f"<td>{_flags(one)}</td></tr>"
    )


def _flags(one: SourceHealth) -> str:
    said = []
    if one.flagged_negative:
        said.append(formats.plural(one.flagged_negative, "post with a negative count", "posts with negative counts"))
    if one.flagged_rate_above_100:
        said.append(formats.plural(one.flagged_rate_above_100, "rate above 100 %", "rates above 100 %"))
    return ", ".join(said) or '<span class="cn-missing">none</span>'


def coverage(found: Sequence[SourceHealth], accounts: Mapping[UUID, Account]) -> None:
    """Accounts by metrics: how many posts have a value, where one is expected, and where the network has none."""
    rows = coverage_rows(found, accounts)
    if not rows:
        return
    colours = theme.palette()
    metrics = [name for name in measures() if any(row["metric"] == name for row in rows)]
    short = _short_names(list(accounts.values()))
    columns = [short.get(one.account_id, account_name(one)) for one in accounts.values()]
    shown = [
        {**row, "column": short.get(row["account_id"], row["account"]), "label": measures()[row["metric"]].label}
        for row in rows
    ]
    order = [measures()[name].label for name in metrics]
    base = alt.Chart(alt.Data(values=shown)).encode(
        y=alt.Y("label:N", title=None, sort=order, axis=alt.Axis(labelLimit=190, grid=False)),
        x=alt.X("column:N", title=None, sort=columns, axis=alt.Axis(
            orient="top", labelAngle=-90, labelLimit=150, labelPadding=4)),
        tooltip=[
            alt.Tooltip("account:N", title="Account"), alt.Tooltip("label:N", title="Metric"),
            alt.Tooltip("state:N", title="State"),
        ],
    )  # fmt: skip
    known = base.transform_filter("datum.share > 0").mark_rect(
        cornerRadius=3, height=alt.RelativeBandSize(0.8), width=alt.RelativeBandSize(0.92), color=colours.accent
    ).encode(opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.18, 1]), legend=None))  # fmt: skip
    expected = base.transform_filter("datum.share === 0 && datum.expected").mark_rect(
        cornerRadius=3, height=alt.RelativeBandSize(0.8), width=alt.RelativeBandSize(0.92), filled=False,
        stroke=colours.less, strokeWidth=1.5,
    )  # fmt: skip
    absent = base.transform_filter("datum.share === 0 && !datum.expected").mark_point(
        shape="circle", size=8, filled=True, color=colours.before
    )
    chart = (known + expected + absent).properties(height=22 * len(metrics) + 120)
    few = len(columns) < _FEW
    theme.show(
        chart.properties(width=260 + 70 * len(columns)) if few else chart,
        alt="Which metrics are known for which account.", width="content" if few else "stretch",
    )  # fmt: skip


def _short_names(accounts: Sequence[Account]) -> dict[UUID, str]:
    """The network's name alone, where no two accounts share a network and few enough stand side by side."""
    networks = {account.network for account in accounts}
    return (
        {account.account_id: account.network_label for account in accounts}
        if len(networks) == len(accounts) <= 10
        else {}
    )


def coverage_rows(found: Sequence[SourceHealth], accounts: Mapping[UUID, Account]) -> list[dict[str, Any]]:
    """One row per account and metric that at least one network here is expected to report; sources taken together."""
    best: dict[tuple[UUID, str], tuple[float, bool]] = {}
    for one in found:
        for entry in one.coverage:
            share, expected = best.get((one.account_id, entry.metric), (0.0, False))
            best[one.account_id, entry.metric] = (max(share, entry.reported_share), expected or entry.expected)
    worth = {metric for (_, metric), (share, expected) in best.items() if share > 0 or expected}
    return [
        {
            "account_id": account_id,
            "account": account_name(accounts[account_id]),
            "metric": metric,
            "share": share,
            "expected": expected,
            "state": _state(metric, accounts[account_id].network, share, expected),
        }
        for (account_id, metric), (share, expected) in best.items()
        if account_id in accounts and metric in worth
    ]


def _state(metric: str, network: str, share: float, expected: bool) -> str:
    if share > 0:
        return f"known for {formats.percent(share)} of the posts"
    return "expected, but in none of the captures" if expected else f"— {why_missing(metric, network)}"
