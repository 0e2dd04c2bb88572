"""One post in full: its words, how it grew, every metric, and why a value is missing."""

import altair as alt
import streamlit as st

from clientnest.warehouse.serve import PostResult, measures
from dashboards.components import formats, theme
from dashboards.components.formats import escape

_AGES = (("engagement_1h", "1 hour"), ("engagement_24h", "24 hours"), ("engagement_7d", "7 days"))
_FLAGS = {
    "negative_count": "a count below zero was captured",
    "rate_above_100": "more engagement than times seen: the network's counts do not fit together",
}


def show(post: PostResult) -> None:
    """Draw it."""
    words, numbers = st.columns([1, 1], gap="large")
    with words:
        where = f'<a href="{escape(post.url)}" target="_blank" rel="noopener noreferrer">Open the post</a>'
        linked = f" · {where}" if post.url and post.url.startswith(("https://", "http://")) else ""
        published = formats.local_moment(post.published_local, time_known=post.published_time_known)
        clock = "local time" if post.published_time_known else "(time not known)"
        title = f"<p><strong>{escape(post.title)}</strong></p>" if post.title else ""
        st.html(
            f'<p class="cn-note">{escape(post.account_name)} · {formats.post_type(post.post_type)} · '
            f"{published} {clock}{linked}</p>{title}"
            f'<p class="cn-text">{escape(post.text) or "(no text)"}</p>'
        )
        for flag in post.flags:
            st.html(f'<p class="cn-note"><strong>Flagged:</strong> {escape(_FLAGS.get(flag, flag))}.</p>')
        _growth(post)
    with numbers:
        _metrics(post)


def _growth(post: PostResult) -> None:
    points = [{"age": label, "value": post.metrics[name]} for name, label in _AGES if post.metrics[name] is not None]
    if post.metrics["engagement"] is not None:
        points.append({"age": "last captured", "value": post.metrics["engagement"]})
    if len(points) < 2:
        return
    colours = theme.palette()
    for point in points:
        point["label"] = formats.number(round(point["value"]))
    base = alt.Chart(alt.Data(values=points)).encode(
        y=alt.Y("age:N", sort=None, title=None, axis=alt.Axis(grid=False)),
        x=alt.X("value:Q", title=None, axis=None, scale=alt.Scale(zero=True, padding=30)),
    )
    bars = base.mark_bar(color=colours.accent, height=alt.RelativeBandSize(0.6), cornerRadiusEnd=3)
    labels = base.mark_text(align="left", dx=6).encode(text="label:N")
    st.html('<p class="cn-note">Engagement by age</p>')
    theme.show((bars + labels).properties(height=30 * len(points) + 10), alt="Engagement of the post by its age.")


def _metrics(post: PostResult) -> None:
    known, missing = [], []
    reasons = {name: reason for reason, names in post.missing.items() for name in names}
    for name, measure in measures().items():
        value = post.metrics[name]
        label = f'<td title="{escape(measure.description)}">{escape(measure.label)}</td>'
        if value is None:
            reason = escape(reasons.get(name, ""))
            missing.append(f'<tr>{label}<td><span class="cn-missing">— {reason}</span></td></tr>')
        else:
            shown = formats.number(value, measure.unit)
            known.append(f'<tr>{label}<td class="cn-n">{shown}</td></tr>')
    st.html(f'<table class="cn-table"><tbody>{"".join(known)}</tbody></table>')
    with st.expander(f"{len(missing)} values that are missing, and why"):
        st.html(f'<table class="cn-table"><tbody>{"".join(missing)}</tbody></table>')
