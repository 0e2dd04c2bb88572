"""Facebook Insights, post level, until 2023: SpreadsheetML named .xls, .xlsx or CSV, in two generations of headers.

Sheet "Key Metrics" has one row per post below a row of descriptions. Likes, comments and shares stand in another sheet
by kind of action, link clicks in one by kind of click; a CSV has them all in one table. Average time
watched and video length are in milliseconds.
"""

from collections.abc import Callable, Iterator, Sequence

from clientnest.exports import values
from clientnest.exports.container import Document
from clientnest.exports.model import ReadOptions
from clientnest.exports.plan import Context, Plan, zone_warning
from clientnest.exports.table import Cells, Columns, Header, Sheet, Use, normal
from clientnest.exports.values import BadValue
from clientnest.metrics import Grain
from clientnest.records import CaptureRow, PostRow, PostType, RejectedRow

NETWORK = "facebook"
_NEW = {
    "post_impressions:lifetime": Use("impressions"),
    "post_impressions_unique:lifetime": Use("reach"),
    "post_impressions_paid:lifetime": Use("promoted_impressions"),
    "post_engaged_users:lifetime": Use("engaged_users"),
    "post_consumptions:lifetime": Use("clicks"),
    "post_negative_feedback:lifetime": Use("negative_feedback"),
    "post_video_views_organic:lifetime": Use("organic_video_views"),
    "post_video_views_paid:lifetime": Use("paid_video_views"),
    "post_video_avg_time_watched:lifetime": Use("average_view_seconds", values.milliseconds),
    "post_video_length:lifetime": Use("duration_seconds", values.milliseconds),
}
_OLD = {
    "lifetime post total impressions": Use("impressions"),
    "lifetime post total reach": Use("reach"),
    "lifetime post paid impressions": Use("promoted_impressions"),
    "lifetime engaged users": Use("engaged_users"),
    "lifetime post consumptions": Use("clicks"),
    "lifetime negative feedback": Use("negative_feedback"),
    "lifetime organic video views": Use("organic_video_views"),
    "lifetime paid video views": Use("paid_video_views"),
    "lifetime average time video viewed": Use("average_view_seconds", values.milliseconds),
    "lifetime video length": Use("duration_seconds", values.milliseconds),
    "lifetime post stories by action type - like": Use("likes"),
    "lifetime post stories by action type - comment": Use("comments"),
    "lifetime post stories by action type - share": Use("shares"),
    "lifetime post consumptions by type - link clicks": Use("link_clicks"),
}
_KEY = {
    "post id": Use("id"),
    "permalink": Use("url"),
    "post message": Use("text"),
    "type": Use("post_type"),
    "posted": Use("published_at"),
    **_NEW,
    **_OLD,
}
_TYPES = {
    "video": PostType.VIDEO, "photo": PostType.IMAGE, "link": PostType.LINK, "status": PostType.TEXT,
    "sharedvideo": PostType.VIDEO, "album": PostType.CAROUSEL,
}  # fmt: skip
# What tells a sheet: the beginning of its name (Excel allows 31 characters) and the columns it has.
_BY_KIND = (
    ("lifetime post stories by act", {"like": "likes", "comment": "comments", "share": "shares"}),
    ("lifetime post consumptions b", {"link clicks": "link_clicks"}),
)
_Extra = dict[str, dict[str, int | float | None]]


def recognise(document: Document, sheets: Sequence[Sheet], options: ReadOptions) -> Plan | None:
    for sheet in sheets:
        header = sheet.header({"post id", "permalink", "posted"})
        if header and any(normal(name) in _NEW or normal(name) in _OLD for name in header.names):
            return _plan(header, sheets, document, options)
    return None


def _plan(header: Header, sheets: Sequence[Sheet], document: Document, options: ReadOptions) -> Plan:
    columns = Columns(header, _KEY, options, document.file.name)

    def stream(context: Context) -> Iterator[CaptureRow | RejectedRow]:
        return columns.stream(_converter(columns, context, _extra(sheets, document, options)))

    plan = Plan("facebook_insights", "Facebook Insights, posts", NETWORK, columns.uses, stream, single_day=True)
    plan.warnings.append(zone_warning(options))
    return plan


def _extra(sheets: Sequence[Sheet], document: Document, options: ReadOptions) -> _Extra:
    """The metrics of the other sheets by post id. These sheets have one row per post, so they are small."""
    found: _Extra = {}
    plain = ReadOptions(timezone=options.timezone)
    for sheet in sheets:
        for beginning, fields in _BY_KIND:
            header = sheet.header({"post id"}) if sheet.table.name.casefold().startswith(beginning) else None
            if header is None:
                continue
            uses = {"post id": Use("id"), **{name: Use(field) for name, field in fields.items()}}
            columns = Columns(header, uses, plain, document.file.name)
            identifier, metrics = columns.identifier("id"), columns.metrics(Grain.POST)
            for number, cells in sheet.table.rows():
                if number <= header.row:
                    continue
                padded = (*cells, *(None,) * (len(header.names) - len(cells)))
                try:
                    found.setdefault(identifier(padded), {}).update(metrics(padded))
                except BadValue:
                    continue  # the row of the key sheet is judged; this one only adds to it
    return found


def _converter(columns: Columns, context: Context, extra: _Extra) -> Callable[[Cells], PostRow | None]:
    identifier = columns.identifier("id")
    url, text, kind = (columns.text(field) for field in ("url", "text", "post_type"))
    moment, metrics = columns.moments("published_at", documented="mdy"), columns.metrics(Grain.POST)
    organic, paid = (columns.number(f"{kind_of}_video_views", values.count) for kind_of in ("organic", "paid"))
    length, zone = columns.number("duration_seconds", values.milliseconds), context.options.timezone
    id_place = columns.index("id") or 0

    def convert(cells: Cells) -> PostRow | None:
        if values.missing(cells[id_place]) and _described(cells):
            return None
        post_id, permalink = identifier(cells), url(cells)
        said, form, duration = moment(cells), kind(cells), length(cells)
        counted = metrics(cells)
        played = (organic(cells), paid(cells))
        if any(part is not None for part in played):
            counted["video_views"] = sum(int(part or 0) for part in played)
        counted.update(extra.get(post_id, {}))
        page = post_id.split("_", 1)[0] if "_" in post_id else None
        name = _page_name(permalink)
        return PostRow(
            context.account(NETWORK, page, name or page or "", f"https://www.facebook.com/{name or page}"),
            post_id, context.captured_at, counted, said.instant(zone) if said else None,
            _TYPES.get(form.casefold(), PostType.OTHER) if form else None, text=text(cells), url=permalink,
            duration_seconds=float(duration) if duration else None,
            published_time_known=said is None or said.clock is not None,
        )  # fmt: skip

    return convert


def _described(cells: Cells) -> bool:
    """Whether this is the row below the header that explains the columns."""
    return any(isinstance(cell, str) and cell.startswith("Lifetime") for cell in cells)


def _page_name(permalink: str | None) -> str | None:
    """The page's name in its address: https://www.facebook.com/<name>/posts/..."""
    parts = (permalink or "").split("/")
    if len(parts) > 4 and parts[2].endswith("facebook.com") and parts[4] in ("posts", "videos", "photos"):
        return parts[3] if not parts[3].isdecimal() else None
    return None
