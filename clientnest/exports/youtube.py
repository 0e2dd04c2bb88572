"""YouTube Studio: the three tables of an export (table, chart, totals), by content, by geography and by date.

Headers as in the files of Studio's advanced mode with an English interface. Durations come in seconds or h:mm:ss,
rates in percent. Row `Total` is not data. Studio writes a blank before ids that begin with a dash, which would
be formulas in a spreadsheet.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from clientnest.exports import values
from clientnest.exports.container import Document
from clientnest.exports.model import ReadOptions
from clientnest.exports.names import period_in_name
from clientnest.exports.periods import daily_plan
from clientnest.exports.plan import Context, Plan
from clientnest.exports.table import Cells, Columns, Header, Sheet, Use, normal
from clientnest.exports.values import BadValue
from clientnest.metrics import Grain
from clientnest.records import CaptureRow, PeriodRow, PostRow, PostType, RejectedRow

NETWORK = "youtube"
_VIDEO_ID = re.compile(r"[\w-]{11}")
_FIRST_DAY = date(2005, 2, 14)  # youtube.com was registered; no video is older

_METRICS = {
    "views": Use("views"),
    "engaged views": Use("engaged_views"),
    "unique viewers": Use("unique_viewers"),
    "likes": Use("likes"),
    "dislikes": Use("dislikes"),
    "comments added": Use("comments"),
    "shares": Use("shares"),
    "subscribers gained": Use("follows"),
    "subscribers lost": Use("unfollows"),
    "impressions": Use("impressions"),
    "impressions click-through rate (%)": Use("click_through_rate", values.percent),
    "stayed to watch (%)": Use("retention_rate", values.percent),
    "watch time (hours)": Use("watch_time_seconds", values.hours),
    "average view duration": Use("average_view_seconds"),
}
_CONTENT = {
    "content": Use("id"),
    "video title": Use("title"),
    "video publish time": Use("published_at"),
    "duration": Use("duration_seconds"),
    **_METRICS,
}
_DIMENSIONS = {"geography": "country", "content": "post"}
_GEOGRAPHY = {"geography": Use("dimension_value"), "date": Use("date"), **_METRICS}
_CHART = {"content": Use("dimension_value"), "date": Use("date"), **_METRICS}
_TOTALS = {"date": Use("date"), **_METRICS}


def recognise(document: Document, sheets: Sequence[Sheet], options: ReadOptions) -> Plan | None:
    for sheet in sheets:
        plan = _recognise_sheet(document, sheet, options)
        if plan is not None:
            return plan
    return None


def _recognise_sheet(document: Document, sheet: Sheet, options: ReadOptions) -> Plan | None:
    if header := _header(sheet, {"date", "geography"}):
        return _daily("youtube_geography", "YouTube by country and day", header, _GEOGRAPHY, document, options)
    if header := _header(sheet, {"geography"}):
        return _by_country(header, document, options)
    if header := _header(sheet, {"date", "content", "video title"}):
        return _daily("youtube_daily", "YouTube by video and day", header, _CHART, document, options)
    if header := sheet.header({"content", "video title", "video publish time"}):
        return _content(header, document, options)
    header = _header(sheet, {"date"})
    if header and {normal(name) for name in header.names if name} <= {"date", *_METRICS, *_UNUSED_TOTALS}:
        return _daily("youtube_daily", "YouTube by day", header, _TOTALS, document, options)
    return None


_UNUSED_TOTALS = frozenset({"subscribers", "average percentage viewed (%)", "estimated revenue (usd)"})


def _header(sheet: Sheet, required: set[str]) -> Header | None:
    """The header with these columns and at least one metric."""
    header = sheet.header(required)
    return header if header and any(normal(name) in _METRICS for name in header.names) else None


def _daily(
    name: str, label: str, header: Header, uses: dict[str, Use], document: Document, options: ReadOptions
) -> Plan:
    dimension = _DIMENSIONS.get(next(iter(uses)), "")
    return daily_plan(name, label, NETWORK, header, uses, document, options, dimension=dimension)


def _content(header: Header, document: Document, options: ReadOptions) -> Plan:
    columns = Columns(header, _CONTENT, options, document.file.name)

    def stream(context: Context) -> Iterator[CaptureRow | RejectedRow]:
        account = context.account(NETWORK, None)
        identifier, title = columns.identifier("id"), columns.text("title")
        moment, metrics = columns.moments("published_at"), columns.metrics(Grain.POST)
        duration, zone = columns.number("duration_seconds", values.seconds), options.timezone

        def convert(cells: Cells) -> PostRow:
            video = identifier(cells)
            if not _VIDEO_ID.fullmatch(video):
                raise BadValue("A YouTube video id has 11 letters, digits, - or _.", video, columns.title("id"))
            said, length = moment(cells), duration(cells)
            return PostRow(
                account, video, context.captured_at, metrics(cells), said.instant(zone) if said else None,
                PostType.VIDEO, title=title(cells), url=f"https://www.youtube.com/watch?v={video}",
                duration_seconds=None if length is None else float(length),
                published_time_known=said is None or said.clock is not None,
            )  # fmt: skip

        return columns.stream(convert)

    plan = Plan("youtube_content", "YouTube Studio content", NETWORK, columns.uses, stream, end_included=False)
    plan.names_account = False
    plan.warnings.append(
        "YouTube Studio gives the totals of the period chosen when exporting; they are kept as totals since "
        'publication, so choose "Lifetime" (or "Since published") there.'
    )
    return plan


def _by_country(header: Header, document: Document, options: ReadOptions) -> Plan:
    """Totals by country of one period, which only the name tells; without it, of everything until the capture."""
    columns = Columns(header, _GEOGRAPHY, options, document.file.name)
    named = period_in_name(document.file.name, end_included=False)

    def stream(context: Context) -> Iterator[CaptureRow | RejectedRow]:
        account = context.account(NETWORK, None)
        metrics, country = columns.metrics(Grain.PERIOD), columns.text("dimension_value")
        start = named.start if named and named.start else _FIRST_DAY
        end = named.end if named else (context.captured_at - timedelta(microseconds=1)).date()

        def convert(cells: Cells) -> PeriodRow:
            value = country(cells)
            if value is None:
                raise BadValue("The country is missing.", None, columns.title("dimension_value"))
            return PeriodRow(account, start, end, context.captured_at, metrics(cells), "country", value)

        return columns.stream(convert)

    plan = Plan("youtube_geography", "YouTube by country", NETWORK, columns.uses, stream, end_included=False)
    plan.names_account = False
    if named is None:
        plan.says_period = False
        plan.warnings.append(
            "The file does not say which period its totals cover; they are kept as totals of everything until the "
            "capture. The zip as YouTube Studio gives it names the period."
        )
    return plan
