"""Posts: every post with its results, filtered and ordered; what formats and hashtags go together with."""

from collections.abc import Iterator
from typing import Any

import streamlit as st

from clientnest.warehouse.serve import Filters, PostResult, PostSort, measures
from clientnest.workspaces import Permission
from dashboards import data
from dashboards.components import content_charts, exports, formats, post_detail, states
from dashboards.components.filters import Choice, choose
from dashboards.components.frame import View, heading, section

_PAGE = 50
_MOST_EXPORTED = 20_000
_SORTS = {
    PostSort.PUBLISHED_AT: "Newest first", PostSort.ENGAGEMENT: "Most engagement",
    PostSort.ENGAGEMENT_24H: "Most engagement after 24 hours", PostSort.ENGAGEMENT_7D: "Most engagement after 7 days",
    PostSort.ENGAGEMENT_RATE_BY_IMPRESSIONS: "Most engagement per impression", PostSort.IMPRESSIONS: "Most impressions",
    PostSort.REACH: "Most people reached", PostSort.VIEWS: "Most views", PostSort.COMMENTS: "Most comments",
    PostSort.SHARES: "Most shares", PostSort.SAVES: "Most saves", PostSort.CLICKS: "Most clicks",
}  # fmt: skip
_COLUMNS = {
    "engagement": "Engagement", "impressions": "Impressions", "views": "Views", "likes": "Likes",
    "comments": "Comments", "shares": "Shares", "engagement_24h": "After 24 h",
}  # fmt: skip


def render(view: View) -> None:
    """Draw the page."""
    accounts = data.accounts(view.workspace_id)
    if not accounts:
        heading(view, "Posts")
        states.no_data(view.workspace)
        return
    title = st.container()
    choice = choose(view, accounts)
    with title:
        heading(view, "Posts", formats.period(choice.period))
    table, kinds, tags = st.tabs(["Posts", "Formats", "Hashtags"], key="what", bind="query-params")
    with table:
        _table(view, choice)
    by_id = {account.account_id: account for account in choice.accounts}
    with kinds:
        section(
            "Formats against the account's usual",
            "Median engagement of each type over the median of all posts of the same account, over the whole history. "
            "Seen together in past posts: association, not proof.",
        )
        if not content_charts.formats_heat(data.content_types(view.workspace_id, choice.account_ids), by_id):
            st.html('<p class="cn-note">Too few posts yet: a type is shown from three posts on.</p>')
    with tags:
        section(
            "Hashtags against the account's usual",
            "Median engagement of the posts that carry it, over the account's median, over the whole history. "
            "Larger dots are more posts. Association, not proof.",
        )
        found = data.hashtags(view.workspace_id, choice.account_ids)
        if content_charts.hashtag_dots(found, by_id):
            exports.button("Hashtags as CSV", content_charts.hashtag_rows(found, by_id), "hashtags.csv")
        else:
            st.html('<p class="cn-note">Too few posts yet: a hashtag is shown from three posts on.</p>')


def _table(view: View, choice: Choice) -> None:
    filters, sort = _narrow(choice)
    place = (view.workspace_id, filters, sort)
    if st.session_state.get("posts-place") != place:
        st.session_state["posts-place"], st.session_state["posts-cursors"] = place, [None]
    cursors: list[str | None] = st.session_state["posts-cursors"]
    page = data.posts(view.workspace_id, filters, sort, True, _PAGE, cursors[-1])
    if not page.items:
        states.no_posts_in_period(formats.period(choice.period))
        return
    chosen = st.dataframe(
        [_row(post) for post in page.items],
        column_config=_column_config(), hide_index=True, placeholder=formats.MISSING, on_select="rerun",
        selection_mode="single-row", key=f"posts-{len(cursors)}", height=min(38 * len(page.items) + 40, 560),
        alt="Posts with their results",
    )  # fmt: skip
    _pager(cursors, page.next_cursor, len(page.items))
    exports.lazy_button(
        "These posts as CSV", lambda: exports.to_csv(_all(view, filters, sort)), f"posts-{choice.period.last}.csv"
    )
    rows = chosen["selection"]["rows"]
    if rows:
        section("The chosen post")
        post_detail.show(page.items[rows[0]])
    else:
        st.html(
            '<p class="cn-note">Tick a row to see the post in full, how it grew, and why a value is missing. '
            "— means that the network does not report it, or that it is not known.</p>"
        )


def _narrow(choice: Choice) -> tuple[Filters, PostSort]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Words in the post", key="words", bind="query-params", persist_state="session")
        types = st.multiselect(
            "Types", list(formats.POST_TYPES), placeholder="All types", key="type", bind="query-params",
            persist_state="session",
        )  # fmt: skip
        sort = st.selectbox(
            "Order", [one.value for one in _SORTS], key="order", bind="query-params", persist_state="session",
            format_func=lambda value: _SORTS[PostSort(value)],
        )  # fmt: skip
    filters = Filters(choice.account_ids, types=tuple(types), period=choice.period, text=text.strip() or None)
    return filters, PostSort(sort)


def _pager(cursors: list[str | None], following: str | None, shown: int) -> None:
    first = (len(cursors) - 1) * _PAGE + 1
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Back", icon=":material/chevron_left:", disabled=len(cursors) == 1, key="posts-back"):
            cursors.pop()
            st.rerun()
        if st.button("Next", icon=":material/chevron_right:", disabled=following is None, key="posts-next"):
            cursors.append(following)
            st.rerun()
        st.html(f'<p class="cn-note">Posts {first:,} to {first + shown - 1:,}</p>')


def _row(post: PostResult) -> dict[str, Any]:
    numbers = {name: post.metrics[name] for name in _COLUMNS}
    return {
        "published": _published(post),
        "account": post.account_name,
        "text": formats.snippet(post.title or post.text, 120) or "(no text)",
        **numbers,
        "type": formats.post_type(post.post_type),
        "flags": ", ".join(flag.replace("_", " ") for flag in post.flags) or None,
    }


def _published(post: PostResult) -> str | None:
    """To be sorted as text; the day alone where its time is not known."""
    if post.published_local is None:
        return None
    return f"{post.published_local:%Y-%m-%d %H:%M}" if post.published_time_known else f"{post.published_local:%Y-%m-%d}"


def _column_config() -> dict[str, Any]:
    known = measures()
    text = st.column_config.TextColumn
    return {
        "published": text(
            "Published", width=125, help="In the account's own time zone; the day alone where its time is not known."
        ),
        "account": text("Account", width=125),
        "text": text("Post", width=260),
        "type": text("Type", width=85),
        "flags": text("Flags", width=120, help="What is odd in the captured numbers."),
        **{
            name: st.column_config.NumberColumn(label, format="%,.0f", help=known[name].description, width=78)
            for name, label in _COLUMNS.items()
        },
    }


def _all(view: View, filters: Filters, sort: PostSort) -> Iterator[dict[str, Any]]:
    cursor, given = None, 0
    while given < _MOST_EXPORTED:
        view.check(Permission.RESULTS_READ)
        page = data.posts(view.workspace_id, filters, sort, True, 200, cursor)
        for post in page.items:
            yield {
                "network": post.network,
                "account": post.account_name,
                "post": post.external_id,
                "published_at": post.published_at.isoformat() if post.published_at else None,
                "published_time_known": post.published_time_known,
                "type": post.post_type,
                "title": post.title,
                "text": post.text,
                "url": post.url,
                "captured_at": post.captured_at.isoformat() if post.captured_at else None,
                "flags": " ".join(post.flags),
                **post.metrics,
            }
        given += len(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return
