"""Hours of the week: what posting then went together with, and how sure that is."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from clientnest.warehouse.serve import BestTime, PostingSlot
from dashboards.components import formats, theme

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FEWEST = 2


def uplift_heat(hours: Sequence[BestTime]) -> None:
    """The learned uplift of every hour of the week; hours that the account never used are fainter."""
    _heat(
        [
            {
                **_place(one.hour.index),
                "value": one.uplift,
                "uplift": formats.change(one.uplift),
                "interval": _interval(one),
                "posts": one.posts,
                "weight": 1.0 if one.posts else 0.45,
            }
            for one in hours
        ],
        [
            alt.Tooltip("uplift:N", title="Against the account's average"),
            alt.Tooltip("interval:N", title="80 % interval"), alt.Tooltip("posts:Q", title="Your posts then"),
        ],
        "Learned uplift of every hour of the week.",
    )  # fmt: skip


def slots_heat(slots: Sequence[PostingSlot]) -> bool:
    """Past posts by hour, where nothing was learned: their mean log engagement against the account's."""
    rows = [
        {
            **_place(one.hour.index),
            "value": one.mean_log_engagement - one.account_mean_log_engagement,
            "median": formats.number(one.median_engagement),
            "posts": one.posts,
            "weight": 1.0,
        }
        for one in slots
        if one.posts >= _FEWEST and one.mean_log_engagement is not None and one.account_mean_log_engagement is not None
    ]
    if rows:
        _heat(
            rows,
            [alt.Tooltip("median:N", title="Median engagement"), alt.Tooltip("posts:Q", title="Your posts then")],
            "Past posts by hour of the week.",
        )
    return bool(rows)


def best_hours(best: Sequence[BestTime]) -> None:
    """The best hours with their intervals; a line that crosses zero may be nothing at all."""
    colours = theme.palette()
    rows = [
        {
            "hour": one.hour.label,
            "uplift": one.uplift,
            "low": one.uplift_low,
            "high": one.uplift_high,
            "label": f"{formats.change(one.uplift)}   ({_interval(one)}, {formats.plural(one.posts, 'post')})",
            "sure": one.uplift_low > 0,
        }
        for one in best
    ]
    order = [row["hour"] for row in rows]
    axis = alt.Axis(format="+%", tickCount=5, grid=True)
    base = alt.Chart(alt.Data(values=rows)).encode(y=alt.Y("hour:N", sort=order, title=None, axis=alt.Axis(grid=False)))
    tone = alt.condition("datum.sure", alt.value(colours.more), alt.value(colours.faint))
    spans = base.mark_rule(strokeWidth=4, opacity=0.45, strokeCap="round").encode(
        x=alt.X("low:Q", title="uplift against the account's average", axis=axis), x2="high:Q", color=tone
    )
    dots = base.mark_point(filled=True, size=110, opacity=1).encode(x="uplift:Q", color=tone)
    labels = base.mark_text(align="left", dy=-11, fontSize=theme.SMALL).encode(x="low:Q", text="label:N")
    zero = alt.Chart(alt.Data(values=[{"x": 0}])).mark_rule(color=colours.faint).encode(x="x:Q")
    theme.show((zero + spans + dots + labels).properties(height=44 * len(rows) + 30), alt="The best hours.")


def _heat(rows: list[dict[str, Any]], tooltips: list[alt.Tooltip], alt_text: str) -> None:
    colours = theme.palette()
    reach = max(0.15, *(abs(row["value"]) for row in rows))
    scale = alt.Scale(domain=[-reach, 0, reach], range=[colours.less, colours.same, colours.more], interpolate="lab")
    hours = alt.Axis(orient="top", labelAngle=0, values=list(range(0, 24, 3)), labelExpr="datum.value + ':00'")
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_rect(cornerRadius=2)
        .encode(
            x=alt.X("hour:O", title=None, axis=hours, scale=alt.Scale(domain=list(range(24)), paddingInner=0.08)),
            y=alt.Y("day:O", title=None, sort=list(_DAYS), axis=alt.Axis(grid=False),
                    scale=alt.Scale(domain=list(_DAYS), paddingInner=0.1)),
            color=alt.Color("value:Q", scale=scale, legend=None),
            opacity=alt.Opacity("weight:Q", scale=None),
            tooltip=[alt.Tooltip("when:N", title="Local time"), *tooltips],
        )
        .properties(height=7 * 34 + 30)
    )  # fmt: skip
    theme.show(chart, alt=alt_text)


def _place(index: int) -> dict[str, Any]:
    day, hour = _DAYS[index // 24], index % 24
    return {"day": day, "hour": hour, "when": f"{day} {hour:02d}:00–{(hour + 1) % 24:02d}:00"}


def _interval(one: BestTime) -> str:
    return f"{formats.change(one.uplift_low)} to {formats.change(one.uplift_high)}"
