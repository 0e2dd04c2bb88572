"""Delimited text: its encoding, its delimiter, and its rows, streamed with flat memory."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clientnest.exports.model import UnreadableExport
from clientnest.exports.values import Cell

DELIMITERS = (",", ";", "\t", "|")
_CHUNK = 1 << 20
_SAMPLE = 1 << 16
_LONGEST_LINE = 1 << 22
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNUSED_IN_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes are read. `cut`: the file ends in the middle of a character."""

    name: str
    cut: bool = False
    warning: str | None = None


def find_encoding(path: Path) -> Encoding:
    """By byte order mark, by the zero bytes of UTF-16, else UTF-8 if the whole file is, else Western European."""
    with path.open("rb") as file:
        head = file.read(4096)
        for mark, name in _BOMS:
            if head.startswith(mark):
                return Encoding(name) if name != "utf-8-sig" else _checked_utf8(path, name)
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(len(head) // 2, 1)
    if max(even, odd) > 0.3 * half and min(even, odd) < 0.1 * half:
        return Encoding("utf-16-le" if odd > even else "utf-16-be")
    return _checked_utf8(path, "utf-8")


def _checked_utf8(path: Path, name: str) -> Encoding:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                if not chunk.isascii() or decoder.getstate()[0]:
                    decoder.decode(chunk)
        except UnicodeDecodeError:
            return _not_utf8(path, name)
    return Encoding(name, cut=bool(decoder.getstate()[0]))


def _not_utf8(path: Path, name: str) -> Encoding:
    """UTF-8 with damaged places where most of what is not ASCII is whole, else Windows-1252 (or Latin-1)."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    whole = damaged = 0
    unused: set[int] = set()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            unused |= _UNUSED_IN_1252.intersection(chunk)
            decoded = decoder.decode(chunk)
            if not decoded.isascii():
                bad = decoded.count("\ufffd")
                damaged += bad
                whole += sum(1 for character in decoded if character > "\x7f") - bad
    if name == "utf-8-sig" or whole > 2 * damaged:
        return Encoding(name, warning=f"{damaged} characters of the file are damaged; they are shown as \ufffd.")
    western = "latin-1" if unused else "cp1252"
    return Encoding(
        western,
        warning="The file is not in UTF-8; it was read as Western European text. If letters with accents look wrong, "
        "save it as UTF-8.",
    )


def sample_of(path: Path, encoding: Encoding) -> str:
    """The beginning of the text."""
    with _opened(path, encoding) as file:
        return file.read(_SAMPLE)


def delimiters_by_fit(sample: str) -> list[str]:
    """Delimiters that split the first rows into more than one column, the most even split first."""
    said, _skipped = _declared(sample)
    if said:
        return [said]
    scored: list[tuple[float, str]] = []
    for delimiter in DELIMITERS:
        lines = sample.splitlines(keepends=True)
        if len(sample) >= _SAMPLE:
            lines = lines[:-1]
        widths = [len(row) for row in _parsed(lines[:200], delimiter) if row]
        if widths and max(widths) > 1:
            common = max(set(widths), key=lambda width: (widths.count(width), width))
            if common > 1:
                scored.append((widths.count(common) / len(widths) * common, delimiter))
    return [delimiter for _score, delimiter in sorted(scored, key=lambda pair: -pair[0])]


def _parsed(lines: list[str], delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            rows.append(row)
            if len(rows) >= 30:
                break
    except csv.Error:
        pass  # a field too long for a table: the rows before it still tell the delimiter
    return rows


def _declared(sample: str) -> tuple[str | None, int]:
    """Excel's own first line `sep=;`: the delimiter it names and how many characters it takes."""
    first = sample.lstrip("\ufeff").split("\n", 1)[0]
    named = first.strip().strip('"').lower()
    if named.startswith("sep=") and len(named) <= 5:
        return (first.strip().strip('"')[4:] or "\t"), 1
    return None, 0


@dataclass(slots=True)
class TextTable:
    """A delimited file as one table. `rows` may be called any number of times; each call reads from the start.

    `cut_row`: the number of the last row where the file ends within it, known once that row is given.
    """

    path: Path
    shown: str
    encoding: Encoding
    delimiter: str
    skip_lines: int = 0
    name: str = ""
    cut_row: int | None = None
    fixed_width: bool = True

    @property
    def decimal_comma(self) -> bool:
        """Spreadsheets separate columns by semicolons where the comma marks decimals."""
        return self.delimiter == ";"

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        """Rows with their number as a spreadsheet shows it, the first being 1."""
        with _opened(self.path, self.encoding) as file:
            lines: list[str] = []  # the lines of the last record, to see how the file ends
            reader = csv.reader(self._lines(file, lines), delimiter=self.delimiter)
            number, held, taken = 0, None, 0
            while (row := self._next(reader, number)) is not None:
                if held is not None:
                    yield number, held
                del lines[:taken]
                number, held, taken = number + 1, row, len(lines)
            if held is not None:
                if self.encoding.cut or _unclosed(lines, self.delimiter):
                    self.cut_row = number
                yield number, held

    def _next(self, reader: "Iterator[list[str]]", number: int) -> list[str] | None:
        try:
            return next(reader, None)
        except csv.Error as error:
            raise UnreadableExport(
                f"{self.shown}: row {number + 1} cannot be split into columns ({error}).",
                advice="A quotation mark in this row was probably opened and never closed; export the file again.",
            ) from error

    def _lines(self, file: io.TextIOWrapper, kept: list[str]) -> Iterator[str]:
        read = partial(file.readline, _LONGEST_LINE)
        for _ in range(self.skip_lines):
            read()
        for line in iter(read, ""):
            if len(line) >= _LONGEST_LINE:
                raise UnreadableExport(
                    f"{self.shown}: a line is longer than {_LONGEST_LINE:,} characters, so this is not a table.",
                    advice="Check that it is the file the network gave you.",
                )
            kept.append(line)
            yield line


def _unclosed(lines: list[str], delimiter: str) -> bool:
    """Whether a record stops inside quotation marks."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def tables_in(path: Path, shown: str) -> tuple[list[TextTable], Encoding, str]:
    """The ways to read the file as a table, the likeliest first (none where it has one column), and its beginning."""
    encoding = find_encoding(path)
    sample = sample_of(path, encoding)
    _said, skip = _declared(sample)
    return [TextTable(path, shown, encoding, mark, skip) for mark in delimiters_by_fit(sample)], encoding, sample


def _opened(path: Path, encoding: Encoding) -> io.TextIOWrapper:
    return path.open("r", encoding=encoding.name, errors="replace", newline="", buffering=_CHUNK)
