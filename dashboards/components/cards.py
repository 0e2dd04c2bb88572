"""Figures in words and numbers: one card per network, the headline row, the list of posts that stood out."""

from collections.abc import Sequence

import streamlit as st

from clientnest.warehouse.serve import Figure, Followers, NetworkFigures, Overview, Standout
from dashboards.components import formats
from dashboards.components.formats import escape

# A network's main measure of being seen, in this order of preference; what it does not report is said, not guessed.
_SEEN = ("impressions", "views", "video_views", "reach")
_RATES = ("engagement_rate_by_impressions", "engagement_rate_by_reach", "engagement_rate_by_followers")
_SHORT = {
    "engagement_rate_by_impressions": "Rate by impressions",
    "engagement_rate_by_reach": "Rate by reach",
    "engagement_rate_by_followers": "Rate by followers",
    "engagement_24h": "Typical after 24 h",
}


def headline(found: Overview) -> None:
    """The only counts that may be taken over networks: posts, and how many of them are still growing."""
    growing = sum(network.still_growing for network in found.networks)
    known = [one.change for one in found.followers if one.change is not None]
    grew = sum(change > 0 for change in known)
    cells = [
        (f"{found.posts:,}", "posts published", f"{found.posts_before:,} in the period before", "posts"),
        (f"{growing:,}", "still growing", "younger than 7 days when last captured", "growing"),
    ]
    if known:
        cells.append((f"{grew} of {len(known)}", "audiences grew", "accounts with more followers than before", "grew"))
    body = "".join(
        f'<div><b data-number="{name}">{value}</b><span>{label}<br><small>{note}</small></span></div>'
        for value, label, note, name in cells
    )
    st.html(f'<div class="cn-big">{body}</div>')


def network_cards(found: Overview) -> None:
    """One card per network: its engagement, being seen, its rate, a typical post, its followers."""
    followers = {network.network: [one for one in found.followers if one.account.network == network.network]
                 for network in found.networks}  # fmt: skip
    cards = "".join(_card(network, followers[network.network]) for network in found.networks)
    st.html(f'<div class="cn-cards">{cards}</div>')


def _card(network: NetworkFigures, followers: Sequence[Followers]) -> str:
    engagement = network.figure("engagement")
    posts = formats.plural(network.posts, "post")
    sub = f"{posts}, {network.posts_before:,} before"
    if network.still_growing:
        sub += f" · {network.still_growing:,} still growing"
    rows = [_figure_row(network, figure) for figure in _chosen(network)]
    rows += [_followers_row(one, alone=len(followers) == 1) for one in followers]
    return (
        f'<section class="cn-card" aria-label="{escape(network.label)}"><h3>{escape(network.label)}</h3>'
        f'<p class="cn-sub">{sub}</p>'
        f'<div class="cn-lead"><b data-number="{network.network}.engagement" title="{_title(network, engagement)}">'
        f"{formats.number(engagement.value)}</b><span>engagement {_change(network, engagement)}</span></div>"
        f"{''.join(rows)}</section>"
    )


def _chosen(network: NetworkFigures) -> list[Figure]:
    seen = next((network.figure(name) for name in _SEEN if network.figure(name).value is not None), None)
    rate = next((network.figure(name) for name in _RATES if network.figure(name).value is not None), None)
    return [
        seen or network.figure("impressions"),
        rate or network.figure("engagement_rate_by_followers"),
        network.figure("engagement_24h"),
    ]


def _figure_row(network: NetworkFigures, figure: Figure) -> str:
    return _row(
        _SHORT.get(figure.measure.name, figure.measure.label),
        _missing(figure.missing)
        if figure.value is None
        else f'<span data-number="{network.network}.{figure.measure.name}">'
        f"{formats.number(figure.value, figure.measure.unit)}</span> {_change(network, figure)}",
        _title(network, figure),
    )


def _followers_row(one: Followers, *, alone: bool) -> str:
    label = "Followers" if alone else f"Followers, {one.account.display_name}"
    if one.followers is None:
        return _row(label, _missing(one.missing))
    moved = "" if one.change is None else f'<small class="{_tone(one.change)}">{formats.signed(one.change)}</small>'
    value = f'<span data-number="followers.{one.account.account_id}">{one.followers:,}</span>{moved}'
    return _row(label, value, "When last captured; the change is what came and went in this period.")


def _row(label: str, value: str, title: str = "") -> str:
    cells = f'<span>{escape(label)}</span><span class="cn-value">{value}</span>'
    return f'<div class="cn-row" title="{escape(title)}">{cells}</div>'


def _missing(reason: str | None) -> str:
    return f'<span class="cn-missing">— {escape(reason or "unknown")}</span>'


def _change(network: NetworkFigures, figure: Figure) -> str:
    """The trend; "so far" where posts of the period still gather what those of the period before have had time for."""
    if figure.change is None:
        return ""
    arrow = "▲" if round(figure.change * 100) > 0 else "▼" if round(figure.change * 100) < 0 else ""
    so_far = " so far" if _unfinished(network, figure) else ""
    return f'<small class="{_tone(figure.change)}">{arrow} {formats.change(figure.change)}{so_far}</small>'


def _unfinished(network: NetworkFigures, figure: Figure) -> bool:
    return network.still_growing > 0 and not figure.measure.at_an_age


def _tone(change: float) -> str:
    return "cn-more" if change > 0.005 else "cn-less" if change < -0.005 else "cn-same"


def _title(network: NetworkFigures, figure: Figure) -> str:
    unit = figure.measure.unit
    before = "" if figure.before is None else f" The period before: {formats.number(figure.before, unit)}."
    how = "Sum" if figure.measure.combination == "sum" else "Median"
    known = f" {how} of {formats.plural(figure.posts, 'post')}." if figure.value is not None else ""
    growing = ""
    if figure.change is not None and _unfinished(network, figure):
        growing = f" {formats.plural(network.still_growing, 'post')} of this period may still grow: no final trend."
    return f"{figure.measure.description}{known}{before}{growing}"


def standout_list(found: Sequence[Standout]) -> None:
    """Posts far above their own account's usual, which is a comparison that holds across networks."""
    items = "".join(
        f'<li><b class="cn-more" title="{one.engagement:,} against a usual {formats.number(one.usual)}">'
        f"{formats.times(one.times_usual)}</b><div><p>{_link(one)}</p>"
        f'<span class="cn-note">{escape(one.account_name)} · {formats.post_type(one.post_type)} · '
        f"{formats.local_moment(one.published_local, time_known=one.published_time_known)} · "
        f"{formats.number(one.engagement)} engagement</span></div></li>"
        for one in found
    )
    st.html(f'<ol class="cn-list">{items}</ol>')


def _link(one: Standout) -> str:
    words = escape(formats.snippet(one.title or one.text) or "(no text)")
    if one.url and one.url.startswith(("https://", "http://")):
        return f'<a href="{escape(one.url)}" target="_blank" rel="noopener noreferrer">{words}</a>'
    return words
