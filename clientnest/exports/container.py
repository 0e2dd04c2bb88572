"""What kind of file this is by its first bytes, never by its name, and its tables."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from clientnest import settings
from clientnest.exports import archive, sheets, text
from clientnest.exports.model import ExportFile, UnreadableExport
from clientnest.exports.values import Cell

_LARGEST_JSON = 64 * 1024**2
_NOT_TABLES = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"{\\rtf", "an RTF document"),
)
_HOW = "Import the file the network gave you: CSV, XLS, XLSX, JSON, or a zip of them."


class Table(Protocol):
    """A table of a file. `rows` starts anew at each call; `fixed_width`: every row has all columns."""

    @property
    def name(self) -> str: ...
    @property
    def cut_row(self) -> int | None: ...
    @property
    def fixed_width(self) -> bool: ...
    @property
    def decimal_comma(self) -> bool: ...
    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]: ...


@dataclass(frozen=True, slots=True)
class Document:
    """An opened file: its tables, or the JSON it holds. `warnings` are about how it had to be read."""

    file: ExportFile
    tables: Sequence[Table] = ()
    json: object = None
    warnings: tuple[str, ...] = ()


def documents(file: ExportFile) -> list[Document]:
    """The ways to read this file, the likeliest first (text may be split by several delimiters).

    `UnreadableExport` for files that hold no table at all: empty, images, damaged or far too large.
    """
    limit = settings.imports().import_max_file_bytes
    if file.size > limit:
        raise UnreadableExport(
            f"{file.name} has {file.size:,} bytes; the limit is {limit:,}.",
            advice="Export a shorter period, or raise CLIENTNEST_IMPORT_MAX_FILE_BYTES.",
        )
    with file.path.open("rb") as opened:
        head = opened.read(4096)
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise _empty(file)
    _refuse_other_kinds(file, head)
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return [_workbook(file)]
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return [Document(file, sheets.workbook_tables(file.path, file.name))]
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<?xml") or start.startswith(b"<Workbook"):
        return [_xml(file, head)]
    if start[:1] in (b"{", b"["):
        return [_json(file)]
    return _text(file)


def _empty(file: ExportFile) -> UnreadableExport:
    if file.size == 0:
        return UnreadableExport(f"{file.name} is empty (0 bytes).", advice="The download failed; export it again.")
    return UnreadableExport(f"{file.name} begins with nothing but blanks.", advice="Export the file again.")


def _refuse_other_kinds(file: ExportFile, head: bytes) -> None:
    for magic, kind in _NOT_TABLES:
        if head.startswith(magic):
            raise UnreadableExport(f"{file.name} is {kind}, whatever its name says.", advice=_HOW)
    if head[4:8] == b"ftyp" or head[:4] in (b"RIFF", b"\x1aE\xdf\xa3"):
        raise UnreadableExport(f"{file.name} is an image or a video, whatever its name says.", advice=_HOW)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:14].lower().startswith((b"<!doctype html", b"<html", b"<head")):
        raise UnreadableExport(
            f"{file.name} is a web page, not an export; perhaps a sign-in page was saved in its place.",
            advice="Sign in to the network and export again.",
        )


def _workbook(file: ExportFile) -> Document:
    kind = archive.kind_of_zip(file)
    if kind == "xlsx":
        archive.check_workbook(file, settings.imports())
        return Document(file, sheets.workbook_tables(file.path, file.name))
    if kind == "zip":
        raise UnreadableExport(
            f"{file.name} is a zip, not a file in one.", advice="Import it as a zip; its files are read one by one."
        )
    raise UnreadableExport(
        f"{file.name} is {kind}, which is not read.", advice="Save it as .xlsx or as CSV and import that."
    )


def _xml(file: ExportFile, head: bytes) -> Document:
    if b"urn:schemas-microsoft-com:office:spreadsheet" not in head:
        raise UnreadableExport(f"{file.name} is XML, but not a spreadsheet.", advice=_HOW)
    return Document(file, sheets.spreadsheetml_tables(file.path, file.name))


def _json(file: ExportFile) -> Document:
    if file.size > _LARGEST_JSON:
        raise UnreadableExport(
            f"{file.name} has {file.size:,} bytes of JSON; the limit is {_LARGEST_JSON:,}.",
            advice="Split it into several files.",
        )
    encoding = text.find_encoding(file.path)
    content = file.path.read_text(encoding.name, errors="replace")
    try:
        return Document(file, json=json.loads(content))
    except RecursionError as fault:
        raise UnreadableExport(f"{file.name}: its JSON is nested too deeply.", advice="Save it again.") from fault
    except ValueError as fault:
        lines = _json_lines(content)
        if lines is not None:
            return Document(file, json=lines)
        raise UnreadableExport(
            f"{file.name}: this is not valid JSON ({fault}); the file may have been cut off.",
            advice="Save the network's whole answer again.",
        ) from fault


def _json_lines(content: str) -> list[object] | None:
    """One JSON value per line, as tools write page after page."""
    lines = [line for line in content.splitlines() if line.strip()]
    if len(lines) < 2:
        return None
    try:
        return [json.loads(line) for line in lines]
    except (ValueError, RecursionError):
        return None


def _text(file: ExportFile) -> list[Document]:
    tables, encoding, sample = text.tables_in(file.path, file.name)
    header = sample.lstrip()[:200].split("\n", 1)[0]  # a table may hold any character, but its header is readable
    if sum(1 for character in header if character < " " and character not in "\0\t\r") > 0.05 * len(header):
        raise UnreadableExport(f"{file.name} is not a text file and no spreadsheet.", advice=_HOW)
    if not tables:
        raise UnreadableExport(
            f"{file.name} is text, but not a table: no comma, semicolon or tab separates columns.", advice=_HOW
        )
    warnings = (encoding.warning,) if encoding.warning else ()
    return [Document(file, [table], warnings=warnings) for table in tables]
