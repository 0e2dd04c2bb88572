"""LinkedIn page content: one workbook with the sheets Metrics (by day) and All posts, a banner row above each header.

Headers of the English interface, as written by the page's Analytics > Content > Export.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from clientnest.exports.container import Document
from clientnest.exports.idtimes import linkedin_time
from clientnest.exports.model import ColumnUse, ReadOptions
from clientnest.exports.periods import daily_plan
from clientnest.exports.plan import Context, Plan
from clientnest.exports.table import Cells, Columns, Sheet, Use
from clientnest.exports.values import BadValue
from clientnest.metrics import Grain
from clientnest.records import CaptureRow, PostRow, PostType, RejectedRow

NETWORK = "linkedin"
_URN = re.compile(r"urn:li:(activity|share|ugcPost):(\d+)")
_VANITY = re.compile(r"[-_](activity|share|ugcPost)-(\d{19})(?!\d)")

_POSTS = {
    "post title": Use("text"),
    "post link": Use("url"),
    "content type": Use("post_type"),
    "created date": Use("published_at"),
    "impressions": Use("impressions"),
    "views": Use("video_views"),
    "views (excluding offsite video views)": Use("video_views"),
    "clicks": Use("clicks"),
    "click through rate (ctr)": Use("click_through_rate"),
    "likes": Use("likes"),
    "comments": Use("comments"),
    "reposts": Use("shares"),
    "shares": Use("shares"),
    "follows": Use("follows"),
    "engagement rate": Use("engagement_rate"),
}
_METRICS = {
    "date": Use("date"),
    "impressions (total)": Use("impressions"),
    "unique impressions (organic)": Use("reach"),
    "clicks (total)": Use("clicks"),
    "reactions (total)": Use("likes"),
    "comments (total)": Use("comments"),
    "reposts (total)": Use("shares"),
    "shares (total)": Use("shares"),
    "engagement rate (total)": Use("engagement_rate"),
}
_TYPES = {
    "video": PostType.VIDEO, "image": PostType.IMAGE, "article": PostType.LINK, "document": PostType.CAROUSEL,
    "poll": PostType.POLL, "text": PostType.TEXT, "multi-image": PostType.CAROUSEL,
}  # fmt: skip
_DISAGREE = "day-and-id"


def recognise(document: Document, sheets: Sequence[Sheet], options: ReadOptions) -> Plan | None:
    posts = next((found for s in sheets if (found := s.header({"post link", "created date", "impressions"}))), None)
    days = next((found for s in sheets if (found := s.header({"date", "impressions (total)"}))), None)
    if posts is None and days is None:
        return None
    daily = (
        None
        if days is None
        else daily_plan("linkedin_page", "LinkedIn page content", NETWORK, days, _METRICS, document, options)
    )
    columns = None if posts is None else Columns(posts, _POSTS, options, document.file.name)
    several = posts is not None and days is not None

    def stream(context: Context) -> Iterator[CaptureRow | RejectedRow]:
        if daily is not None:
            yield from daily.stream(context)
        if columns is not None:
            place = f"Sheet {columns.header.sheet.table.name!r}: " if several else ""
            yield from columns.stream(_converter(columns, context), in_sheet=place)

    uses: tuple[ColumnUse, ...] = (*(daily.columns if daily else ()), *(columns.uses if columns else ()))
    return Plan(
        "linkedin_page", "LinkedIn page content", NETWORK, uses, stream, names_account=False,
        captured_at=daily.captured_at if daily else None,
        late={_DISAGREE: "{count} posts have a day that does not fit the time in their link; the file's day was kept."},
    )  # fmt: skip


def _converter(columns: Columns, context: Context) -> Callable[[Cells], PostRow]:
    account = context.account(NETWORK, None)
    link, text, kind = columns.text("url"), columns.text("text"), columns.text("post_type")
    moment, metrics = columns.moments("published_at", documented="mdy"), columns.metrics(Grain.POST)
    zone, title = context.options.timezone, columns.title("url")

    def convert(cells: Cells) -> PostRow:
        url = link(cells)
        match = (_URN.search(url) or _VANITY.search(url)) if url else None
        if match is None:
            raise BadValue("The link names no LinkedIn post, and the post's id is only there.", url, title)
        said, hidden, form = moment(cells), linkedin_time(match[2]), kind(cells)
        published, known = (said.instant(zone), said.clock is not None) if said else (None, True)
        if published is not None and not known and hidden is not None:
            if timedelta(hours=-14) <= hidden - published <= timedelta(hours=38):
                published, known = hidden, True
            else:
                context.late[_DISAGREE] += 1
        return PostRow(
            account, f"urn:li:{match[1]}:{match[2]}", context.captured_at, metrics(cells), published,
            _TYPES.get(form.casefold(), PostType.OTHER) if form else None, text=text(cells), url=url,
            published_time_known=known,
        )  # fmt: skip

    return convert
