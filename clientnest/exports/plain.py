"""The plain table for everything else: columns named as in `docs/exports.md`, or mapped to those names by --map.

Three shapes, told by the columns: posts (`post_id`), days or periods of an account (`date` or `period_start`), and
totals of an account (neither). One row may name its own network, account and time of capture.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime

from clientnest import registry
from clientnest.errors import BadInput
from clientnest.exports import values
from clientnest.exports.container import Document
from clientnest.exports.dates import Moment
from clientnest.exports.model import ReadOptions, UnreadableExport
from clientnest.exports.plan import Context, Plan
from clientnest.exports.table import INTERNAL, Cells, Columns, Header, Sheet, Use, normal
from clientnest.exports.values import BadValue
from clientnest.metrics import Grain
from clientnest.metrics import columns as metric_columns
from clientnest.records import AccountRef, AccountRow, CaptureRow, PeriodRow, PostRow, PostType, RejectedRow

ATTRIBUTES = (
    "network", "account", "account_name", "captured_at", "post_id", "published_at", "post_type", "title", "text", "url",
    "link_url", "duration_seconds", "is_repost", "date", "period_start", "period_end", "dimension", "dimension_value",
)  # fmt: skip
_METRICS = tuple(dict.fromkeys(name for grain in Grain for name in metric_columns(grain)))
FIELDS = (*ATTRIBUTES, *_METRICS)
_OTHER_TYPES = "post-types"
_LATE = {
    _OTHER_TYPES: "{count} posts have a type that is not one of " + ", ".join(PostType) + "; they were kept as other."
}
_TRUE, _FALSE = frozenset({"true", "yes", "1", "t", "y"}), frozenset({"false", "no", "0", "f", "n", ""})


def check_column_map(options: ReadOptions) -> ReadOptions:
    """The options with mapped fields as formats know them; `BadInput` for a field that does not exist."""
    for header, field in options.column_map.items():
        if field not in FIELDS:
            raise BadInput(
                f"--map {header!r}={field}: there is no field {field!r}.", advice="Fields: " + ", ".join(FIELDS) + "."
            )
    return options


def recognise(document: Document, sheets: Sequence[Sheet], options: ReadOptions) -> Plan | None:
    """A table that has canonical columns, itself or through --map, enough to be one of the three shapes."""
    uses = {name: Use(INTERNAL.get(name, name)) for name in FIELDS}
    for sheet in sheets:
        header = sheet.top()
        if header is None:
            continue
        mapped = {normal(name): field for name, field in options.column_map.items()}
        fields = {mapped.get(normal(name), normal(name)) for name in header.names}
        if "post_id" in fields:
            return _plan("posts", header, uses, document, options, _posts)
        if (
            fields & {"date", "period_start"}
            and fields & set(metric_columns(Grain.PERIOD))
            and _claims(fields, options)
        ):
            return _plan("periods", header, uses, document, options, _periods)
        if "captured_at" in fields and fields & set(metric_columns(Grain.ACCOUNT)):
            return _plan("account totals", header, uses, document, options, _totals)
    return None


def _claims(fields: set[str], options: ReadOptions) -> bool:
    """Whether a table with a `date` means to be this format; many exports have a column called Date."""
    return bool(fields & {"network", "account", "period_start"}) or options.network is not None


Build = Callable[[Columns, Context], Callable[[Cells], CaptureRow]]


def _plan(
    shape: str, header: Header, uses: dict[str, Use], document: Document, options: ReadOptions, build: Build
) -> Plan:
    columns = Columns(header, uses, options, document.file.name)
    if options.network is not None:
        registry.network(options.network)
    elif not columns.has("network"):
        raise UnreadableExport(
            f"{document.file.name} does not say which network it is from.",
            advice="Say it with --network, or add a column `network`. Networks: "
            + ", ".join(known.name for known in registry.networks()) + ".",
        )  # fmt: skip

    def stream(context: Context) -> Iterator[CaptureRow | RejectedRow]:
        return columns.stream(build(columns, context))

    return Plan(
        "plain_csv", f"Table of {shape}", options.network if not columns.has("network") else None, columns.uses, stream,
        captured_at=_first_capture(columns, options), names_account=columns.has("account_id"), late=_LATE,
    )  # fmt: skip


def _first_capture(columns: Columns, options: ReadOptions) -> datetime | None:
    """The first time in the column captured_at, if there is one."""
    place = columns.index("captured_at")
    if place is None:
        return None
    reader = columns.date_reader("captured_at")
    for cell in columns.header.sample(place):
        try:
            moment = reader.read(cell)
        except BadValue:
            continue
        if moment is not None:
            return moment.instant(options.timezone)
    return None


def _account(columns: Columns, context: Context) -> Callable[[Cells], AccountRef]:
    network_of, name = columns.text("network"), columns.text("account_name")
    identifier = columns.identifier("account_id") if columns.has("account_id") else None
    known = {network.name for network in registry.networks()}

    def read(cells: Cells) -> AccountRef:
        said = network_of(cells)
        network = said.lower() if said else context.options.network
        if network not in known:
            raise BadValue(
                "This network is not known. Known: " + ", ".join(sorted(known)) + ".", network, columns.title("network")
            )
        account = identifier(cells).removeprefix("@") if identifier else None
        return context.account(network, account.lower() if account else None, name(cells) or account or "")

    return read


def _captured(columns: Columns, context: Context) -> Callable[[Cells], datetime]:
    moment, zone = columns.moments("captured_at"), context.options.timezone

    def read(cells: Cells) -> datetime:
        said = moment(cells)
        return said.instant(zone) if said else context.captured_at

    return read


def _posts(columns: Columns, context: Context) -> Callable[[Cells], PostRow]:
    account, captured, identifier = _account(columns, context), _captured(columns, context), columns.identifier("id")
    moment, metrics, zone = columns.moments("published_at"), columns.metrics(Grain.POST), context.options.timezone
    title, text, url, link = (columns.text(field) for field in ("title", "text", "url", "link_url"))
    kind, repost = columns.text("post_type"), columns.text("is_repost")
    duration = columns.number("duration_seconds", values.seconds)

    def convert(cells: Cells) -> PostRow:
        said, length = moment(cells), duration(cells)
        return PostRow(
            account(cells), identifier(cells), captured(cells), metrics(cells), said.instant(zone) if said else None,
            _post_type(kind(cells), context), title=title(cells), text=text(cells), url=url(cells),
            link_url=link(cells), duration_seconds=None if length is None else float(length),
            is_repost=_flag(repost(cells), columns),
            published_time_known=said is None or said.clock is not None,
        )  # fmt: skip

    return convert


def _post_type(said: str | None, context: Context) -> PostType | None:
    if said is None:
        return None
    try:
        return PostType(said.casefold())
    except ValueError:
        context.late[_OTHER_TYPES] += 1
        return PostType.OTHER


def _flag(said: str | None, columns: Columns) -> bool:
    value = (said or "").casefold()
    if value not in _TRUE | _FALSE:
        raise BadValue("Say true or false.", said, columns.title("is_repost"))
    return value in _TRUE


def _periods(columns: Columns, context: Context) -> Callable[[Cells], PeriodRow]:
    account, captured, metrics = _account(columns, context), _captured(columns, context), columns.metrics(Grain.PERIOD)
    first = "period_start" if columns.has("period_start") else "date"
    start, end = columns.moments(first), columns.moments("period_end")
    dimension, value = columns.text("dimension"), columns.text("dimension_value")

    def convert(cells: Cells) -> PeriodRow:
        begins = _day(start(cells), first, columns)
        closes = end(cells)
        ends = closes.day if closes else begins
        if ends < begins:
            raise BadValue("The period ends before it begins.", str(ends), columns.title("period_end"))
        return PeriodRow(
            account(cells), begins, ends, captured(cells), metrics(cells), dimension(cells) or "", value(cells) or ""
        )

    return convert


def _day(moment: Moment | None, field: str, columns: Columns) -> date:
    if moment is None:
        raise BadValue("The date is missing.", None, columns.title(field))
    return moment.day


def _totals(columns: Columns, context: Context) -> Callable[[Cells], AccountRow]:
    account, captured, metrics = _account(columns, context), _captured(columns, context), columns.metrics(Grain.ACCOUNT)

    def convert(cells: Cells) -> AccountRow:
        return AccountRow(account(cells), captured(cells), metrics(cells))

    return convert
