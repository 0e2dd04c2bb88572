"""Meta Business Suite: content of Facebook Pages and of Instagram accounts.

Headers of the English interface. Times are MM/DD/YYYY HH:MM without a zone. Rows that give a single day's numbers
(column Date) are no lifetime totals and are refused one by one.
"""

from collections.abc import Callable, Iterator, Sequence

from clientnest.exports import values
from clientnest.exports.container import Document
from clientnest.exports.model import ReadOptions
from clientnest.exports.plan import Context, Plan, zone_warning
from clientnest.exports.table import Cells, Columns, Header, Sheet, Use
from clientnest.exports.values import BadValue
from clientnest.metrics import Grain
from clientnest.records import CaptureRow, PostRow, PostType, RejectedRow

_SHARED = {
    "post id": Use("id"),
    "title": Use("title"),
    "description": Use("text"),
    "duration (sec)": Use("duration_seconds"),
    "publish time": Use("published_at"),
    "permalink": Use("url"),
    "post type": Use("post_type"),
    "date": Use("lifetime"),
    "views": Use("views"),
    "impressions": Use("impressions"),
    "reach": Use("reach"),
    "comments": Use("comments"),
    "shares": Use("shares"),
}
_FACEBOOK = {
    **_SHARED,
    "page id": Use("account_id"),
    "page name": Use("account_name"),
    "viewers": Use("reach"),  # the name of 2026: Meta names its metric as the successor of reach
    "reactions": Use("likes"),
    "total clicks": Use("clicks"),
    "link clicks": Use("link_clicks"),
    "3-second video views": Use("video_views"),
    "seconds viewed": Use("watch_time_seconds"),
    "average seconds viewed": Use("average_view_seconds"),
}
_INSTAGRAM = {
    **_SHARED,
    "account id": Use("account_id"),
    "account username": Use("account_handle"),
    "account name": Use("account_name"),
    "likes": Use("likes"),
    "saves": Use("saves"),
    "follows": Use("follows"),
}
_TYPES = {
    "photo": PostType.IMAGE, "photos": PostType.IMAGE, "image": PostType.IMAGE, "ig image": PostType.IMAGE,
    "ig carousel": PostType.CAROUSEL, "carousel": PostType.CAROUSEL, "multi media": PostType.CAROUSEL,
    "video": PostType.VIDEO, "videos": PostType.VIDEO, "ig video": PostType.VIDEO,
    "reel": PostType.SHORT_VIDEO, "reels": PostType.SHORT_VIDEO, "ig reel": PostType.SHORT_VIDEO,
    "story": PostType.STORY, "stories": PostType.STORY, "ig story": PostType.STORY,
    "link": PostType.LINK, "links": PostType.LINK, "text": PostType.TEXT, "status": PostType.TEXT,
    "live": PostType.LIVE, "live video": PostType.LIVE,
}  # fmt: skip


def recognise(document: Document, sheets: Sequence[Sheet], options: ReadOptions) -> Plan | None:
    for sheet in sheets:
        if header := sheet.header({"post id", "account username", "publish time"}):
            return _plan("meta_instagram", "Instagram (Meta Business Suite)", "instagram", header, document, options)
        if header := sheet.header({"post id", "page id", "publish time"}):
            return _plan("meta_facebook", "Facebook Page (Meta Business Suite)", "facebook", header, document, options)
    return None


def _plan(name: str, label: str, network: str, header: Header, document: Document, options: ReadOptions) -> Plan:
    columns = Columns(header, _INSTAGRAM if network == "instagram" else _FACEBOOK, options, document.file.name)

    def stream(context: Context) -> Iterator[CaptureRow | RejectedRow]:
        return columns.stream(_converter(columns, context, network))

    plan = Plan(name, label, network, columns.uses, stream)
    plan.warnings.append(zone_warning(options))
    return plan


def _converter(columns: Columns, context: Context, network: str) -> Callable[[Cells], PostRow]:
    identifier = columns.identifier("id")
    account_id = columns.identifier("account_id") if columns.has("account_id") else None
    handle, name = columns.text("account_handle"), columns.text("account_name")
    title, text, url, kind = (columns.text(field) for field in ("title", "text", "url", "post_type"))
    moment, metrics = columns.moments("published_at", documented="mdy"), columns.metrics(Grain.POST)
    duration, lifetime = columns.number("duration_seconds", values.seconds), columns.text("lifetime")
    zone = context.options.timezone

    def convert(cells: Cells) -> PostRow:
        post_id = identifier(cells)
        _require_lifetime(lifetime(cells), columns)
        page = account_id(cells) if account_id else None
        shown = handle(cells) or name(cells) or page or ""
        profile = (
            f"https://www.instagram.com/{shown}/" if network == "instagram" else f"https://www.facebook.com/{page}"
        )
        said, length, form = moment(cells), duration(cells), kind(cells)
        heading, words = title(cells), text(cells)  # without a description, the title is the post's text
        if network == "facebook" and page and "_" not in post_id:
            post_id = f"{page}_{post_id}"
        return PostRow(
            context.account(network, page, shown, profile), post_id, context.captured_at, metrics(cells),
            said.instant(zone) if said else None, _TYPES.get(form.casefold(), PostType.OTHER) if form else None,
            title=heading if words else None, text=words or heading, url=url(cells),
            duration_seconds=float(length) if length else None,
            published_time_known=said is None or said.clock is not None,
        )  # fmt: skip

    return convert


def _require_lifetime(said: str | None, columns: Columns) -> None:
    if said is not None and said.casefold() not in ("lifetime", "total"):
        raise BadValue(
            'This row gives one day only; export the numbers with "Lifetime" to import totals.', said,
            columns.title("lifetime"),
        )  # fmt: skip
