"""Tables with one row per day, week or month of an account: movements within the period, not lifetime totals."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from clientnest.exports import values
from clientnest.exports.container import Document
from clientnest.exports.model import ReadOptions
from clientnest.exports.plan import Context, Plan
from clientnest.exports.table import Cells, Columns, Header, Use
from clientnest.exports.values import BadValue
from clientnest.metrics import Grain
from clientnest.records import CaptureRow, PeriodRow, RejectedRow


def daily_plan(
    name: str, label: str, network: str, header: Header, uses: Mapping[str, Use], document: Document,
    options: ReadOptions, *, dimension: str = "", names_account: bool = False,
) -> Plan:  # fmt: skip
    """A plan for a table with a `date` field and, where `dimension` is given, a `dimension_value` field.

    The file's own time is the end of its last day: numbers of a day that is over move little afterwards.
    """
    columns = Columns(header, uses, options, document.file.name)
    day_of = _days(columns)
    last, length = _span(columns, day_of)

    def stream(context: Context) -> Iterator[CaptureRow | RejectedRow]:
        account = context.account(network, None)
        metrics, value_of = columns.metrics(Grain.PERIOD), columns.text("dimension_value")

        def convert(cells: Cells) -> PeriodRow:
            start = day_of(cells)
            value = (value_of(cells) or "") if dimension else ""
            if dimension and not value:
                raise BadValue("The value is missing.", None, columns.title("dimension_value"))
            end = period_end(start, length)
            return PeriodRow(account, start, end, context.captured_at, metrics(cells), dimension, value)

        return columns.stream(convert)

    plan = Plan(name, label, network, columns.uses, stream, names_account=names_account)
    if last is not None:
        plan.captured_at = midnight_after(period_end(last, length))
    return plan


def midnight_after(day: date) -> datetime:
    """The instant a day ends, in UTC."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def _days(columns: Columns) -> Callable[[Cells], date]:
    moments, title = columns.moments("date"), columns.title("date")

    def read(cells: Cells) -> date:
        moment = moments(cells)
        if moment is None:
            raise BadValue("The date is missing.", None, title)
        return moment.day

    return read


def _span(columns: Columns, day_of: Callable[[Cells], date]) -> tuple[date | None, str]:
    """The last date of the whole table, and how long its periods are: "day", "week" or "month"."""
    place = columns.index("date")
    days: set[date] = set()
    width = len(columns.header.names)
    for cell in columns.header.whole_column(place or 0):
        padded: list[values.Cell] = [None] * width
        padded[place or 0] = cell
        try:
            days.add(day_of(padded))
        except BadValue:
            continue
    ordered = sorted(days)
    gaps = {(later - earlier).days for earlier, later in pairwise(ordered)}
    length = "day"
    if len(ordered) > 2 and gaps == {7}:
        length = "week"
    elif len(ordered) > 2 and gaps <= {28, 29, 30, 31} and all(day.day == 1 for day in ordered):
        length = "month"
    return (ordered[-1] if ordered else None), length


def period_end(start: date, length: str) -> date:
    """The last day of a period that begins on `start`."""
    if length == "week":
        return start + timedelta(days=6)
    if length == "month":
        return date(start.year + start.month // 12, start.month % 12 + 1, 1) - timedelta(days=1)
    return start
