"""Formats and hashtags beside the account's own usual. Observed together, not proof of a cause."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import altair as alt

from clientnest.warehouse.serve import Account, ContentType, HashtagEffect
from dashboards.components import formats, theme
from dashboards.components.filters import account_name

_FEWEST = 3
_SHOWN_HASHTAGS = 24
_TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]
_ROW = 34
_TYPES = list(formats.POST_TYPES.values())


def formats_heat(found: Sequence[ContentType], accounts: Mapping[UUID, Account]) -> bool:
    """Accounts by post types: the type's median engagement over the account's. False where there is too little."""
    rows = [
        {
            "account": account_name(accounts[one.account_id]),
            "type": formats.post_type(one.post_type),
            "times": one.median_engagement / one.account_median_engagement,
            "label": formats.times(one.median_engagement / one.account_median_engagement),
            "posts": one.posts,
            "median": formats.number(one.median_engagement),
        }
        for one in found
        if one.account_id in accounts and one.posts >= _FEWEST
        and one.median_engagement and one.account_median_engagement
    ]  # fmt: skip
    if not rows:
        return False
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("type:N", title=None, sort=_TYPES, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("account:N", title=None, axis=alt.Axis(labelLimit=170, grid=False)),
        tooltip=[
            alt.Tooltip("account:N", title="Account"), alt.Tooltip("type:N", title="Type"),
            alt.Tooltip("label:N", title="Times the usual"), alt.Tooltip("median:N", title="Median engagement"),
            alt.Tooltip("posts:Q", title="Posts"),
        ],
    )  # fmt: skip
    cells = base.mark_rect(cornerRadius=4, height=alt.RelativeBandSize(0.86), width=alt.RelativeBandSize(0.94)).encode(
        color=_more_or_less("times")
    )
    labels = base.mark_text(fontSize=theme.BODY, fontWeight=600).encode(text="label:N", color=_readable("times"))
    height = _ROW * len({row["account"] for row in rows}) + 24
    theme.show((cells + labels).properties(height=height), alt="Median engagement of each post type per account.")
    return True


def hashtag_dots(found: Sequence[HashtagEffect], accounts: Mapping[UUID, Account]) -> bool:
    """The hashtags furthest from the account's usual, either way. False where there is too little."""
    ranked = hashtag_rows(found, accounts)
    if not ranked:
        return False
    half = _SHOWN_HASHTAGS // 2
    rows = ranked if len(ranked) <= _SHOWN_HASHTAGS else ranked[:half] + ranked[-half:]
    colours = theme.palette()
    shown = [
        {**row, "name": f"#{row['hashtag']} · {row['account']}", "label": formats.times(row["times_usual"])}
        for row in rows
    ]
    base = alt.Chart(alt.Data(values=shown)).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=230, grid=False)),
        x=alt.X("times_usual:Q", title="times the account's usual engagement", scale=alt.Scale(type="log", nice=False,
                padding=24), axis=alt.Axis(values=_TICKS, format="~g", grid=True)),
        tooltip=[
            alt.Tooltip("name:N", title="Hashtag"), alt.Tooltip("label:N", title="Times the usual"),
            alt.Tooltip("posts:Q", title="Posts"),
        ],
    )  # fmt: skip
    one = alt.Chart(alt.Data(values=[{"x": 1}])).mark_rule(color=colours.faint).encode(x="x:Q")
    dots = base.mark_point(filled=True, opacity=1).encode(
        size=alt.Size("posts:Q", legend=None, scale=alt.Scale(range=[40, 220])),
        color=alt.condition("datum.times_usual >= 1", alt.value(colours.more), alt.value(colours.less)),
    )
    labels = base.mark_text(align="left", dx=11, fontSize=theme.SMALL).encode(text="label:N")
    theme.show((one + dots + labels).properties(height=22 * len(shown) + 40), alt="Hashtags against the usual.")
    return True


def hashtag_rows(found: Sequence[HashtagEffect], accounts: Mapping[UUID, Account]) -> list[dict[str, Any]]:
    """Hashtags by how far their posts are from the account's usual, the most first."""
    rows = [
        {
            "account": account_name(accounts[one.account_id]),
            "hashtag": one.hashtag,
            "posts": one.posts,
            "median_engagement": one.median_engagement,
            "account_median_engagement": one.account_median_engagement,
            "times_usual": one.median_engagement / one.account_median_engagement,
        }
        for one in found
        if one.account_id in accounts and one.median_engagement and one.account_median_engagement
    ]
    return sorted(rows, key=lambda row: -row["times_usual"])


def _more_or_less(field: str) -> alt.Color:
    """Orange below the usual, blue above, on a log scale that ends at half and at double."""
    colours = theme.palette()
    scale = alt.Scale(
        type="log", domain=[0.5, 1, 2], range=[colours.less, colours.same, colours.more],
        clamp=True, interpolate="lab",
    )  # fmt: skip
    return alt.Color(f"{field}:Q", scale=scale, legend=None)


def _readable(field: str) -> Any:
    """Text over `_more_or_less`: the surface's colour where the cell is strong."""
    colours = theme.palette()
    strong = f"datum.{field} > 1.55 || datum.{field} < 0.645"
    return alt.condition(strong, alt.value(colours.surface), alt.value(colours.ink))
