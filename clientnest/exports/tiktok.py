"""TikTok Studio: the content table and the overview by day.

Dates are in the account's language and carry no year ("April 12", "8 de marzo"). A video's id holds the second of its
publication; for days the latest possible year before the capture is taken, with a warning.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from clientnest.exports import values
from clientnest.exports.container import Document
from clientnest.exports.dates import DateReader, Moment
from clientnest.exports.idtimes import tiktok_time
from clientnest.exports.model import ReadOptions
from clientnest.exports.plan import Context, Plan
from clientnest.exports.table import Cells, Columns, Header, Sheet, Use
from clientnest.exports.values import BadValue, Cell
from clientnest.metrics import Grain
from clientnest.records import CaptureRow, PeriodRow, PostRow, PostType, RejectedRow

NETWORK = "tiktok"
_LINK = re.compile(r"https?://(?:www\.|m\.)?tiktok\.com/@([\w.-]+)/(video|photo)/(\d+)")

_CONTENT = {
    "video title": Use("text"),
    "video link": Use("url"),
    "post time": Use("published_at"),
    "total likes": Use("likes"),
    "total comments": Use("comments"),
    "total shares": Use("shares"),
    "total views": Use("views"),
}
_OVERVIEW = {
    "date": Use("date"),
    "video views": Use("views"),
    "profile views": Use("profile_visits"),
    "likes": Use("likes"),
    "comments": Use("comments"),
    "shares": Use("shares"),
}
_DISAGREE = "day-and-id"
_LATE = {_DISAGREE: "{count} posts have a day that does not fit the time in their link; the link's time was kept."}


def recognise(document: Document, sheets: Sequence[Sheet], options: ReadOptions) -> Plan | None:
    for sheet in sheets:
        if header := sheet.header({"video link", "post time", "total views"}):
            return _content(header, document, options)
        if header := sheet.header({"date", "video views", "profile views", "likes", "comments", "shares"}):
            return _overview(header, document, options)
    return None


def _content(header: Header, document: Document, options: ReadOptions) -> Plan:
    columns = Columns(header, _CONTENT, options, document.file.name)

    def stream(context: Context) -> Iterator[CaptureRow | RejectedRow]:
        return columns.stream(_video(columns, context))

    return Plan("tiktok_content", "TikTok content", NETWORK, columns.uses, stream, late=_LATE)


def _video(columns: Columns, context: Context) -> Callable[[Cells], PostRow]:
    link, words, metrics = columns.text("url"), columns.text("text"), columns.metrics(Grain.POST)
    place, reader, title = columns.index("published_at"), columns.date_reader("published_at"), columns.title("url")

    def convert(cells: Cells) -> PostRow:
        url = link(cells)
        match = _LINK.match(url) if url else None
        if match is None:
            raise BadValue("The link names no TikTok video, and the video's id is only there.", url, title)
        handle, kind, video = match.groups()
        published = tiktok_time(video)
        said = _day_without_year(reader, cells[place] if place is not None else None)
        known = published is not None
        if published is None and isinstance(said, Moment):
            published, known = said.instant(context.options.timezone), said.clock is not None
        elif published is not None and said is not None and not _near(published.date(), said):
            context.late[_DISAGREE] += 1
        return PostRow(
            context.account(NETWORK, handle.lower(), handle, f"https://www.tiktok.com/@{handle}"), video,
            context.captured_at, metrics(cells), published,
            PostType.CAROUSEL if kind == "photo" else PostType.SHORT_VIDEO, text=words(cells),
            url=f"https://www.tiktok.com/@{handle}/{kind}/{video}", published_time_known=known,
        )  # fmt: skip

    return convert


def _day_without_year(reader: DateReader, cell: Cell) -> Moment | tuple[int, int] | None:
    """What the post-time column says: a whole date, or month and day; None where it cannot be read."""
    try:
        if isinstance(cell, str) and not values.missing(cell):
            partial, _clock = reader.day_and_month(" ".join(cell.split()))
            if partial is not None and partial.year is None:
                return partial.month, partial.day
        return reader.read(cell)
    except BadValue:
        return None


def _near(day: date, said: Moment | tuple[int, int]) -> bool:
    """Whether two days are the same give or take a time zone."""
    around = [day + timedelta(days=shift) for shift in (-1, 0, 1)]
    if isinstance(said, Moment):
        return said.day in around
    return said in [(close.month, close.day) for close in around]


def _overview(header: Header, document: Document, options: ReadOptions) -> Plan:
    columns = Columns(header, _OVERVIEW, options, document.file.name)
    yearless = any(
        isinstance(_day_without_year(columns.date_reader("date"), cell), tuple)
        for cell in header.sample(columns.index("date") or 0)
    )

    def stream(context: Context) -> Iterator[CaptureRow | RejectedRow]:
        account, metrics, day_of = context.account(NETWORK, None), columns.metrics(Grain.PERIOD), _day(columns, context)
        seen: set[date] = set()

        def convert(cells: Cells) -> PeriodRow:
            day = day_of(cells)
            if yearless and day in seen:
                raise BadValue(
                    "The day occurs twice in a file without years, so its year cannot be told. Export at most a year.",
                    cells[columns.index("date") or 0], columns.title("date"),
                )  # fmt: skip
            seen.add(day)
            return PeriodRow(account, day, day, context.captured_at, metrics(cells))

        return columns.stream(convert)

    plan = Plan("tiktok_overview", "TikTok overview", NETWORK, columns.uses, stream, names_account=False)
    if yearless:
        plan.warnings.append(
            "The file's days have no year: each was taken as the last such day before the capture. If the export is "
            "older, say when it was made (--captured-at)."
        )
    return plan


def _day(columns: Columns, context: Context) -> Callable[[Cells], date]:
    place, reader, title = columns.index("date") or 0, columns.date_reader("date"), columns.title("date")
    last = context.captured_at.date()

    def read(cells: Cells) -> date:
        cell = cells[place]
        try:
            if isinstance(cell, str):
                partial, _clock = reader.day_and_month(" ".join(cell.split()))
                if partial is not None and partial.year is None:
                    return partial.latest_until(last)
            moment = reader.read(cell)
        except BadValue as bad:
            raise values.explain(title, bad) from None
        if moment is None:
            raise BadValue("The date is missing.", None, title)
        return moment.day

    return read
