"""From the columns of a table to typed values: finding the header, parsing cells, streaming rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from clientnest.exports import dates, months, values
from clientnest.exports.container import Table
from clientnest.exports.dates import DateReader, Moment
from clientnest.exports.model import ColumnUse, DateOrder, ReadOptions, UnreadableExport, shorten
from clientnest.exports.values import BadValue, Cell, Memo
from clientnest.metrics import Grain, Unit, catalogue, columns
from clientnest.records import CaptureRow, RejectedRow

Parser = Callable[..., int | float | None]
Cells = Sequence[Cell]
Convert = Callable[[Cells], CaptureRow | None]
SAMPLE_ROWS = 200
_HEADER_WITHIN = 15
INTERNAL = {"post_id": "id", "account": "account_id"}  # canonical names for people: names that formats use
_TOTALS = frozenset({"total", "totals", "grand total", "sum"})


@dataclass(frozen=True, slots=True)
class Use:
    """The canonical field a column becomes. `parse` where a metric's unit in the file is not the catalogue's."""

    field: str
    parse: Parser | None = None


def normal(header: Cell) -> str:
    """A header as it is compared: without case, byte order mark, quotation marks around it or doubled blanks."""
    return " ".join(str("" if header is None else header).replace("\ufeff", "").split()).strip("\"'").casefold()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its first rows already read."""

    table: Table
    first: tuple[tuple[int, Cells], ...]

    @classmethod
    def of(cls, table: Table) -> "Sheet":
        return cls(table, tuple(islice(table.rows(), SAMPLE_ROWS)))

    def header(self, required: Iterable[str]) -> "Header | None":
        """The first row that has all of these columns (as `normal` writes them); banner rows above it are passed by."""
        wanted = set(required)
        for number, cells in self.first[:_HEADER_WITHIN]:
            names = [normal(cell) for cell in cells]
            if wanted <= set(names):
                return Header(self, number, tuple(str("" if cell is None else cell).strip() for cell in cells))
        return None

    def top(self) -> "Header | None":
        """The first row with more than one filled cell, as the header of a table nobody recognised."""
        for number, cells in self.first[:_HEADER_WITHIN]:
            if sum(1 for cell in cells if normal(cell)) > 1:
                return Header(self, number, tuple(str("" if cell is None else cell).strip() for cell in cells))
        return None


@dataclass(frozen=True, slots=True)
class Header:
    """The header row of a sheet: its number and the names in it."""

    sheet: Sheet
    row: int
    names: tuple[str, ...]

    def position(self, name: str) -> int | None:
        """Where the first column of that name is."""
        for index, found in enumerate(self.names):
            if normal(found) == name:
                return index
        return None

    def sample(self, index: int) -> list[Cell]:
        """The first values of a column."""
        return [cells[index] for number, cells in self.sheet.first if number > self.row and index < len(cells)]

    def whole_column(self, index: int) -> Iterator[Cell]:
        """Every value of a column, read from the file again."""
        return (cells[index] for number, cells in self.sheet.table.rows() if number > self.row and index < len(cells))


class Columns:
    """A header compiled against the fields of a format: parsers for each column that is used."""

    def __init__(self, header: Header, uses: Mapping[str, Use], options: ReadOptions, shown: str) -> None:
        self.header, self.options, self.shown = header, options, shown
        self._at: dict[str, tuple[int, Use]] = {}
        mapped = self._mapped()
        used: list[ColumnUse] = []
        for index, name in enumerate(header.names):
            use = mapped.get(index) or (None if index in mapped else uses.get(normal(name)))
            if use is not None and use.field in self._at:
                use = None
            if use is not None:
                self._at[use.field] = (index, use)
            if name:
                used.append(ColumnUse(name.replace("\ufeff", ""), use.field if use else None))
        self.uses = tuple(used)

    def _mapped(self) -> dict[int, Use]:
        """Columns that the person named by --map."""
        found: dict[int, Use] = {}
        for name, field in self.options.column_map.items():
            index = self.header.position(normal(name))
            if index is None:
                raise UnreadableExport(
                    f"{self.shown} has no column {name!r} that --map speaks of.",
                    advice="Its columns: " + ", ".join(filter(None, self.header.names)) + ".",
                )
            found[index] = Use(INTERNAL.get(field, field))
        return found

    def has(self, field: str) -> bool:
        return field in self._at

    def index(self, field: str) -> int | None:
        return self._at[field][0] if field in self._at else None

    def title(self, field: str) -> str:
        """The column's own name in the file, for messages."""
        return self.header.names[self._at[field][0]].replace("\ufeff", "") if field in self._at else field

    def text(self, field: str) -> Callable[[Cells], str | None]:
        index = self.index(field)
        if index is None:
            return _nothing
        clean, place = values.text, index
        return lambda cells: clean(cells[place])

    def identifier(self, field: str) -> Callable[[Cells], str]:
        """The id in a column; ids that a spreadsheet has rounded are refused, also where zeros hide it."""
        place, title = self._at[field][0], self.title(field)
        rounded = values.looks_rounded(_readable_ids(self.header.sample(place)))

        def read(cells: Cells) -> str:
            try:
                return values.identifier(cells[place], rounded=rounded)
            except BadValue as bad:
                raise values.explain(title, bad) from None

        return read

    def number(self, field: str, parse: Parser) -> Callable[[Cells], float | int | None]:
        """A number that is no metric (a duration)."""
        if field not in self._at:
            return _nothing
        place, use = self._at[field]
        memo, title = Memo(self._parser(use.parse or parse)), self.title(field)

        def read(cells: Cells) -> float | int | None:
            try:
                return memo[cells[place]]
            except BadValue as bad:
                raise values.explain(title, bad) from None

        return read

    def metrics(self, grain: Grain) -> Callable[[Cells], dict[str, int | float | None]]:
        """All metrics of a grain that the table has, by catalogue name."""
        readers = [
            (name, self._at[name][0], Memo(self._parser(self._at[name][1].parse or _default(name))))
            for name in columns(grain)
            if name in self._at
        ]

        def read(cells: Cells) -> dict[str, int | float | None]:
            try:
                return {name: memo[cells[place]] for name, place, memo in readers}
            except BadValue:
                for name, place, memo in readers:
                    try:
                        memo[cells[place]]
                    except BadValue as bad:
                        raise values.explain(self.title(name), bad) from None
                raise

        return read

    def _parser(self, parse: Parser) -> Parser:
        return partial(parse, decimal_comma=True) if self.header.sheet.table.decimal_comma else parse

    def moments(self, field: str, *, documented: DateOrder | None = None) -> Callable[[Cells], Moment | None]:
        """The dates of a column. `documented`: the order of day and month by the network's own documentation."""
        if field not in self._at:
            return _nothing
        place, title = self._at[field][0], self.title(field)
        memo = Memo(self.date_reader(field, documented).read, limit=5_000)

        def read(cells: Cells) -> Moment | None:
            try:
                return memo[cells[place]]
            except BadValue as bad:
                raise values.explain(title, bad) from None

        return read

    def date_reader(self, field: str, documented: DateOrder | None = None) -> DateReader:
        """How this column's dates are read, after looking at what the column itself proves."""
        place = self._at[field][0]
        sample = self.header.sample(place)
        said = self.options.language
        if said and not months.known_language(said):
            raise UnreadableExport(
                f"The language {said!r} is not known here.", advice="Say one of: " + ", ".join(months.LANGUAGES) + "."
            )
        languages = (said,) if said else months.languages_with(dates.month_words(sample))
        return replace(DateReader(languages=languages), order=self._order(place, sample, documented))

    def _order(self, place: int, sample: list[Cell], documented: DateOrder | None) -> DateOrder | None:
        if self.options.date_order:
            return self.options.date_order
        shown = dates.order_shown(sample)
        if shown is None and dates.has_ambiguous(sample):
            shown = dates.order_shown(self.header.whole_column(place)) or documented
        if shown == "both":
            raise self._question(place, sample, "Some of its dates have the month first and others the day first.")
        if shown is None and dates.has_ambiguous(sample):
            raise self._question(place, sample, "It is not clear which number is the month.")
        return shown or documented

    def _question(self, place: int, sample: list[Cell], why: str) -> UnreadableExport:
        example = next((shorten(cell) for cell in sample if not values.missing(cell)), "")
        return UnreadableExport(
            f"{self.shown}: the dates in the column {self.header.names[place]!r} read like {example!r}. {why}",
            advice="Say how the file writes dates: --date-order mdy (03/31/2025) or --date-order dmy (31/03/2025).",
        )

    def stream(self, convert: Convert, *, in_sheet: str = "") -> Iterator[CaptureRow | RejectedRow]:
        """Every data row converted or rejected; blank rows and rows of totals are passed by."""
        table, width, id_column = self.header.sheet.table, len(self.header.names), self.index("id") or 0
        padding: tuple[Cell, ...] = (None,) * width
        for number, found in table.rows():
            if number <= self.header.row or not found or _totals_or_blank(found, id_column):
                continue
            cells = found
            if len(cells) != width or table.cut_row == number:
                if fault := shape_fault(table, number, cells, width):
                    yield RejectedRow(number, None, shorten(cells[0]), in_sheet + fault)
                    continue
                cells = (*cells, *padding[len(cells) :])
            try:
                row = convert(cells)
            except BadValue as bad:
                value = None if bad.value is None else shorten(bad.value)
                yield RejectedRow(number, bad.field, value, in_sheet + bad.reason)
                continue
            if row is not None:
                yield row


def _nothing(_cells: Cells) -> None:
    return None


def _totals_or_blank(cells: Cells, id_column: int) -> bool:
    first = cells[0]
    if first is not None and first != "" and not (isinstance(first, str) and len(first) <= 11):
        return False
    if isinstance(first, str) and first.strip().casefold() in _TOTALS:
        return True
    if id_column and id_column < len(cells) and str(cells[id_column]).strip().casefold() in _TOTALS:
        return True
    return all(cell is None or cell == "" or (isinstance(cell, str) and not cell.strip()) for cell in cells)


def shape_fault(table: Table, number: int, cells: Cells, width: int) -> str | None:
    """Why a row of another width than the header cannot be used."""
    if table.cut_row == number:
        return "The file ends in the middle of this row; it was cut off. Export it again."
    if len(cells) > width and any(cell not in (None, "") for cell in cells[width:]):
        return f"The row has {len(cells)} values for {width} columns; a quotation mark in it is probably wrong."
    if table.fixed_width and len(cells) < width:
        return f"The row has {len(cells)} of {width} values; the file may have been cut off here. Export it again."
    return None


def _readable_ids(sample: list[Cell]) -> list[str]:
    found = []
    for cell in sample:
        try:
            found.append(values.identifier(cell))
        except BadValue:
            continue
    return found


def _default(metric: str) -> Parser:
    unit = catalogue()[metric].unit
    return {Unit.COUNT: values.count, Unit.RATIO: values.ratio, Unit.SECONDS: values.seconds}[unit]
