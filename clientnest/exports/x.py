"""X: the monthly activity files of until 2023 (40 columns), today's content files, and today's account overview.

Headers: of the old file as in the files themselves, of the new ones as in https://x.com/i/account_analytics (see
docs/exports.md). Post ids are exact text; the time that hides in them is used where the file gives the day alone.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from clientnest.exports.container import Document
from clientnest.exports.idtimes import x_time
from clientnest.exports.model import ReadOptions
from clientnest.exports.periods import daily_plan
from clientnest.exports.plan import Context, Plan
from clientnest.exports.table import Cells, Columns, Header, Sheet, Use
from clientnest.exports.values import LOST_ID, BadValue
from clientnest.metrics import Grain
from clientnest.records import AccountRef, CaptureRow, PostRow, RejectedRow

NETWORK = "x"
_LINK = re.compile(r"https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/(\w{1,20})/status(?:es)?/(\d+)")
_NO_HANDLE = frozenset({"i"})

_OLD = {
    "tweet id": Use("id"),
    "tweet permalink": Use("url"),
    "tweet text": Use("text"),
    "time": Use("published_at"),
    "impressions": Use("impressions"),
    "engagements": Use("engagements"),
    "engagement rate": Use("engagement_rate"),
    "retweets": Use("shares"),
    "replies": Use("comments"),
    "likes": Use("likes"),
    "user profile clicks": Use("profile_visits"),
    "url clicks": Use("link_clicks"),
    "hashtag clicks": Use("hashtag_clicks"),
    "detail expands": Use("detail_expands"),
    "follows": Use("follows"),
    "media views": Use("media_views"),
    "promoted impressions": Use("promoted_impressions"),
    "promoted engagements": Use("promoted_engagements"),
}
_NEW = {
    "post id": Use("id"),
    "post link": Use("url"),
    "post text": Use("text"),
    "date": Use("published_at"),
    "impressions": Use("impressions"),
    "engagements": Use("engagements"),
    "likes": Use("likes"),
    "bookmarks": Use("saves"),
    "new follows": Use("follows"),
    "replies": Use("comments"),
    "reposts": Use("shares"),
    "profile visits": Use("profile_visits"),
    "detail expands": Use("detail_expands"),
    "url clicks": Use("link_clicks"),
    "hashtag clicks": Use("hashtag_clicks"),
    "media views": Use("media_views"),
    "video views": Use("video_views"),
}
_OVERVIEW = {
    "date": Use("date"),
    "impressions": Use("impressions"),
    "likes": Use("likes"),
    "engagements": Use("engagements"),
    "bookmarks": Use("saves"),
    "new follows": Use("follows"),
    "unfollows": Use("unfollows"),
    "replies": Use("comments"),
    "reposts": Use("shares"),
    "profile visits": Use("profile_visits"),
    "video views": Use("video_views"),
}
_DISAGREE = "time-and-id"
_LATE = {
    _DISAGREE: "{count} posts have a time that does not fit the time in their id; the file's time was kept.",
}


def recognise(document: Document, sheets: Sequence[Sheet], options: ReadOptions) -> Plan | None:
    for sheet in sheets:
        if header := sheet.header({"tweet id", "tweet permalink", "tweet text", "impressions"}):
            return _posts("x_analytics_2016", "X post activity (until 2023)", header, _OLD, document, options)
        if header := sheet.header({"post id", "post text", "post link", "impressions"}):
            return _posts("x_analytics", "X content analytics", header, _NEW, document, options)
        if header := sheet.header({"date", "impressions", "new follows", "unfollows"}):
            return daily_plan("x_overview", "X account overview", NETWORK, header, _OVERVIEW, document, options)
    return None


def _posts(
    name: str, label: str, header: Header, uses: dict[str, Use], document: Document, options: ReadOptions
) -> Plan:
    columns = Columns(header, uses, options, document.file.name)

    def stream(context: Context) -> Iterator[CaptureRow | RejectedRow]:
        return columns.stream(_converter(columns, context))

    return Plan(name, label, NETWORK, columns.uses, stream, late=_LATE)


def _converter(columns: Columns, context: Context) -> Callable[[Cells], PostRow]:
    identifier, url, text = columns.identifier("id"), columns.text("url"), columns.text("text")
    moment, metrics, zone = columns.moments("published_at"), columns.metrics(Grain.POST), context.options.timezone
    id_title = columns.title("id")

    def convert(cells: Cells) -> PostRow:
        post_id, link = identifier(cells), url(cells)
        if not post_id.isdecimal():
            raise BadValue("An X post id is a number.", post_id, id_title)
        account = _account(context, link, post_id, id_title)
        said, hidden = moment(cells), x_time(post_id)
        published, known = (said.instant(zone), said.clock is not None) if said else (None, True)
        if hidden is not None:
            if published is not None and abs(hidden - published) > timedelta(hours=36 if not known else 14):
                context.late[_DISAGREE] += 1
            elif not known or published is None:
                published, known = hidden, True
        words = text(cells)
        return PostRow(
            account, post_id, context.captured_at, metrics(cells), published,
            text=_unescaped(words) if words and "&" in words else words, url=link, published_time_known=known,
        )  # fmt: skip

    return convert


def _unescaped(words: str) -> str:
    """X writes these three characters as in HTML, and no others."""
    return words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _account(context: Context, link: str | None, post_id: str, id_title: str) -> AccountRef:
    """From the permalink, whose own id must be the row's: Excel rounds the id but not the link."""
    match = _LINK.match(link) if link else None
    if match is None:
        return context.account(NETWORK, None)
    if match[2] != post_id:
        raise BadValue(f"The id is not the one in the post's link ({match[2]}). {LOST_ID}", post_id, id_title)
    handle = match[1]
    if handle.lower() in _NO_HANDLE:
        return context.account(NETWORK, None)
    return context.account(NETWORK, handle.lower(), handle, f"https://x.com/{handle}")
