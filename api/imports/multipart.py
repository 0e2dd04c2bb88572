"""A multipart upload, written to disk as it arrives: memory stays small however large the files are."""

import errno
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.errors import BodyTooLarge
from clientnest.errors import BadInput, Unavailable
from clientnest.words import is_shown

_MOST_FIELDS = 100
_LONGEST_FIELD = 64 * 1024
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """Most files in one upload, most bytes of one file, the name of their parts, and what to do about large ones."""

    files: int
    file_bytes: int
    part: str = "files"
    advice: str = "Export a shorter period, or raise CLIENTNEST_IMPORT_MAX_FILE_BYTES."


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file as it arrived: where it lies now, and the name it came with (no folders, nothing unprintable)."""

    path: Path
    name: str


@dataclass(slots=True)
class _Part:
    name: str = ""
    filename: str | None = None
    size: int = 0
    value: bytearray = field(default_factory=bytearray)
    file: BinaryIO | None = None


class Receiver:
    """Takes the body in chunks with `write`; after `finish`, `files` and `fields` (name to values, in order) hold all.

    Every error is `BadInput` or `BodyTooLarge` and names the part.
    """

    def __init__(self, content_type: str, folder: Path, limits: Limits) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or b"boundary" not in options:
            raise BadInput(
                "An upload has to come as multipart/form-data.",
                advice=f"Send each file as a part named `{limits.part}`, for example `curl -F {limits.part}=@FILE`.",
            )
        self.files: list[ReceivedFile] = []
        self.fields: dict[str, list[str]] = defaultdict(list)
        self._folder = folder
        self._limits = limits
        self._part = _Part()
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._disposition = b""
        self._complete = False
        try:
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_part_begin": self._begin,
                    "on_header_field": lambda data, start, end: self._header_name.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._open,
                    "on_part_data": self._data,
                    "on_part_end": self._close,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise _broken() from error

    def write(self, chunk: bytes) -> None:
        """Take the next piece of the body."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _broken() from error
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise Unavailable(
                    "The server's disk has no room for this upload.", advice="Ask the operator to free some space."
                ) from error
            raise

    def finish(self) -> None:
        """Say that the body is over; `BadInput` where it stopped in the middle."""
        if not self._complete:
            raise BadInput("The upload ended before its last part did.", advice="Send it again.")

    def abandon(self) -> None:
        """Close what is still open."""
        if self._part.file is not None:
            self._part.file.close()

    def _begin(self) -> None:
        self._part = _Part()
        self._disposition = b""

    def _end_header(self) -> None:
        if bytes(self._header_name).lower() == b"content-disposition":
            self._disposition = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _open(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._part.name = _text(options.get(b"name", b""))
        if b"filename" not in options:
            if sum(len(values) for values in self.fields.values()) >= _MOST_FIELDS:
                raise BadInput(f"The upload has more than {_MOST_FIELDS} fields.")
            return
        expected = self._limits.part
        if self._part.name != expected:
            raise BadInput(
                f"A file came as the part {self._part.name!r}.", advice=f"Send each file as a part named `{expected}`.",
                details={"field": f"body.{expected}"},
            )  # fmt: skip
        if len(self.files) >= self._limits.files:
            raise BadInput(
                f"The upload has more than {self._limits.files:,} files.", advice="Upload fewer at once.",
                details={"field": f"body.{expected}"},
            )  # fmt: skip
        number = len(self.files) + 1
        self._part.filename = _plain_name(_text(options[b"filename"])) or f"file {number}"
        path = self._folder / f"{number:05d}"
        self._part.file = path.open("wb")
        self.files.append(ReceivedFile(path, self._part.filename))

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        part.size += end - start
        if part.file is not None:
            if part.size > self._limits.file_bytes:
                raise BodyTooLarge(
                    f"{part.filename} is larger than the {self._limits.file_bytes:,} bytes that one file may have.",
                    advice=self._limits.advice,
                    details={"field": f"body.{self._limits.part}"},
                )
            part.file.write(data[start:end])
        elif part.size > _LONGEST_FIELD:
            raise BadInput(f"The field {part.name!r} is too long.", details={"field": f"body.{part.name}"})
        else:
            part.value.extend(data[start:end])

    def _close(self) -> None:
        if self._part.file is not None:
            self._part.file.close()
            self._part.file = None
        else:
            self.fields[self._part.name].append(_text(bytes(self._part.value)))

    def _end(self) -> None:
        self._complete = True


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _plain_name(name: str) -> str:
    """The last part of a path of any system, without what a screen or a log could trip over: marks of direction make
    an `exe` look like a `csv`."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(character for character in last if is_shown(character)).strip()[-_LONGEST_NAME:]


def _broken() -> BadInput:
    return BadInput("The multipart body is not well formed.", advice="Let curl or a library build it.")
